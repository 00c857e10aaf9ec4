import type { DocumentArray } from "../document/document_array.ts";
import { construct, Executor } from "../executor/executor.ts";
import { bindingsOf } from "../executor/bindings.ts";
import { Dispatcher, invokeOn } from "./dispatcher.ts";
import { instrumentModule } from "./_instrument.ts";

class WarmUp extends Executor {
  static readonly requests = { default: "handle" };

  /** Does what nearly every handler does. */
  handle(docs: DocumentArray): void {
    for (const doc of docs) doc.text = `${doc.text}!`;
  }
}

const CODE = "export class WarmUp extends Executor {}\n";
const BODY = JSON.stringify({ data: [{ id: "0", text: "a", tags: { a: 1 } }], parameters: { a: 1 } });
const TIMES = 5;

/**
 * Instruments a module and handles requests whose answers are discarded: a thread's first run of code is slow. Warming
 * up an import as well would save another millisecond, and cost 20 MB after some hundred reloads.
 */
export async function warmUp(): Promise<void> {
  const deployment = "warm-up";
  const runtime = { deployment, replica: 0, version: 0 };
  const executor = construct(WarmUp, {}, { runtime, metas: { name: deployment }, workspace: "" });
  const dispatcher = new Dispatcher({
    deployment,
    replica: "warm-up/rep-0",
    className: "WarmUp",
    bindings: bindingsOf(WarmUp),
    invoke: invokeOn(executor),
    send: () => {},
  });
  instrumentModule("", CODE);
  for (let id = 0; id < TIMES; id++) await dispatcher.call(id, { body: BODY, requestId: "0" });
}
