/** What the tests of reload have in common. */
import { FlowFixture, PACKAGE } from "../support/flow_fixture.ts";

/** A test with a stand of its own. */
export function reloadTest(name: string, run: (fixture: FlowFixture) => Promise<void>, ignore = false): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      await using fixture = await FlowFixture.make();
      await run(fixture);
    },
  });
}

/** The source of an Executor with this body. */
export function executorWith(body: string, top = ""): string {
  return `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
${top}
export class MyExecutor extends Executor {
${body}
}
`;
}

/** A default handler that answers with a text. */
export function answering(text: string): string {
  return `  @requests()
  foo(docs) { for (const doc of docs) doc.text = ${JSON.stringify(text)}; }
`;
}

/** A default handler, bound without decorators, that answers with the value of an expression. */
export function saying(expression: string): string {
  return `  static requests = { default: "foo" };
  foo(docs) { for (const doc of docs) doc.text = String(${expression}); }`;
}

/** A handler that waits at the latch of its parameters, then answers with a text. */
export function waitingAtGate(text: string): string {
  return `  @requests({ on: "/slow" })
  async slow(docs, { parameters }) {
    await (await fetch(parameters.latch)).text();
    for (const doc of docs) doc.text = ${JSON.stringify(text)};
  }
`;
}
