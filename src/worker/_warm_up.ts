import type { DocumentArray } from "../document/document_array.ts";
import { construct, Executor } from "../executor/executor.ts";
import { bindingsOf } from "../executor/requests.ts";
import { Dispatcher } from "./dispatcher.ts";
import { instrumentModule } from "./_instrument.ts";

/** An Executor like a user's. */
class WarmUp extends Executor {
  static readonly requests = { default: "handle" };

  /** Touches what nearly every handler does. */
  handle(docs: DocumentArray): void {
    for (const doc of docs) doc.text = `${doc.text}!`;
  }
}

/** What is amended, what is asked, and how often. */
const CODE = "export class WarmUp extends Executor {}\n";
const BODY = JSON.stringify({ data: [{ id: "0", text: "a", tags: { a: 1 } }], parameters: { a: 1 } });
const TIMES = 5;

/**
 * Has code amended and an Executor answer for nothing: whatever a thread does for the first time takes several times
 * as long, and the first request after a save is not to wait for that. To warm up an import as well would save another
 * millisecond, and cost 20 MB after some hundred reloads.
 */
export async function warmUp(): Promise<void> {
  const runtime = { deployment: "warm-up", replica: 0, version: 0 };
  const executor = construct(WarmUp, {}, {
    runtime,
    metas: { name: "warm-up" },
    workspace: "",
    sink: () => {},
  });
  const version = { executor, className: "WarmUp", bindings: bindingsOf(WarmUp) };
  const dispatcher = new Dispatcher(version, "warm-up", 0, () => ({ name: "", message: "", stack: "" }));
  instrumentModule("", CODE);
  for (let id = 0; id < TIMES; id++) await dispatcher.call(id, { body: BODY, requestId: "0" });
}
