/** What the tests of a Flow's YAML have in common. */
import { FlowFixture, PACKAGE } from "../support/flow_fixture.ts";

/** The Flow's YAML in a stand's folder. */
export const FLOW = "flow.yml";

/** A module of an Executor that adds what it is called, and its word, to the text; it counts what it has seen. */
export const ADDER = `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Adder extends Executor {
  constructor({ word = "", fail = false } = {}) {
    super();
    if (fail) throw new RangeError("no such model");
    this.word = word;
    this.count = 0;
  }
  @requests()
  async add(docs, { parameters }) {
    this.count++;
    if (parameters.latch) await (await fetch(parameters.latch)).text();
    for (const doc of docs) doc.text += ">" + this.runtime.deployment + this.word;
  }
  @requests({ on: "/count" })
  tell(docs) { for (const doc of docs) doc.text += " " + this.runtime.deployment + ":" + (this.count > 0); }
}
`;

/** A Flow's YAML of Adders; each is a line of an Executor's keys. */
export function flowOf(executors: readonly string[], options = "{}"): string {
  return `jtype: Flow\nwith: ${options}\nexecutors:\n` +
    executors.map((keys) => `  - { uses: adder/adder.ts, ${keys} }\n`).join("");
}

/** A test with a stand of its own, whose folder has the module of the Adder. */
export function yamlTest(name: string, run: (fixture: FlowFixture) => Promise<void>): void {
  Deno.test(name, async () => {
    await using fixture = await FlowFixture.make();
    await fixture.folder.write("adder/adder.ts", ADDER);
    await run(fixture);
  });
}

/** Saves the Flow's YAML; waits until what it says is answered, and logged. Answers the line that says what changed. */
export async function saved(fixture: FlowFixture, yaml: string, text: string): Promise<string> {
  const { log } = fixture;
  const mark = log.mark;
  await fixture.folder.write(FLOW, yaml);
  const { message } = await log.waitFor(/INFO Flow applied after [\d.]+ ms: /, mark);
  const answer = await fixture.ask();
  if (answer.text !== text) throw new Error(`"${text}" is wanted, not ${answer.status} "${answer.text}"`);
  return message.replace(/^applied after [\d.]+ ms: /, "");
}
