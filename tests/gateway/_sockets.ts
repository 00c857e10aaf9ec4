/** What the tests of WebSockets have in common. */
import type { FlowOptions } from "../../mod.ts";
import { FlowFixture, PACKAGE } from "../support/flow_fixture.ts";

export const FILE = "my_executor.ts";

/** Handlers that answer, wait at a latch, throw, answer much, and count their calls. */
export const SOURCE = `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
let [calls, aborted] = [0, ""];
export class MyExecutor extends Executor {
  @requests({ on: "/echo" })
  echo(docs) { for (const doc of docs) doc.text += "!"; }
  @requests({ on: "/slow" })
  async slow(docs, { parameters, signal }) {
    signal.addEventListener("abort", () => aborted = signal.reason.message);
    await (await fetch(parameters.latch)).text();
    for (const doc of docs) doc.text = "slow";
  }
  @requests({ on: "/raise" })
  raise() { throw new RangeError("no such model"); }
  @requests({ on: "/large" })
  large(docs) { calls++; for (const doc of docs) doc.text = "x".repeat(1_000_000); }
  @requests({ on: "/seen" })
  seen(docs) { for (const doc of docs) doc.text = JSON.stringify([calls, aborted]); }
}
`;

/** A test with a Flow of its own. */
export function socketTest(
  name: string,
  run: (fixture: FlowFixture) => Promise<void>,
  options: FlowOptions = {},
): void {
  Deno.test(name, async () => {
    await using fixture = await FlowFixture.make();
    await fixture.folder.write(FILE, SOURCE);
    await fixture.serve({ uses: FILE }, options);
    await run(fixture);
  });
}

/** The JSON of a request. */
export function request(execEndpoint: string, text = "x", parameters: object = {}): string {
  return JSON.stringify({ data: [{ text }], execEndpoint, parameters });
}

/** Asks until the answer is as expected. */
export async function seen(fixture: FlowFixture, isExpected: (calls: number, aborted: string) => boolean) {
  for (;;) {
    const [calls, aborted] = JSON.parse((await fixture.ask("/seen")).text);
    if (isExpected(calls, aborted)) return;
  }
}
