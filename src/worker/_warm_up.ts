import type { DocumentArray } from "../document/document_array.ts";
import { construct, Executor } from "../executor/executor.ts";
import { bindingsOf } from "../executor/requests.ts";
import { Dispatcher } from "./dispatch.ts";
import { amendModule } from "./_instrument.ts";

/** An Executor like a user's. */
class Rehearsal extends Executor {
  static readonly requests = { default: "rehearse" };

  /** Touches what nearly every handler does. */
  rehearse(docs: DocumentArray): void {
    for (const doc of docs) doc.text = `${doc.text}!`;
  }
}

/** What is amended, what is asked, and how often. */
const CODE = "export class Rehearsal extends Executor {}\n";
const BODY = JSON.stringify({ data: [{ id: "0", text: "a", tags: { a: 1 } }], parameters: { a: 1 } });
const TIMES = 5;

/**
 * Has code amended and an Executor answer for nothing: whatever a thread does for the first time takes several times
 * as long, and the first request after a save is not to wait for that. To rehearse an import as well would save another
 * millisecond, and cost 20 MB after some hundred reloads.
 */
export async function rehearse(): Promise<void> {
  const runtime = { deployment: "rehearsal", replica: 0, version: 0 };
  const executor = construct(Rehearsal, {}, {
    runtime,
    metas: { name: "rehearsal" },
    workspace: "",
    sink: () => {},
  });
  const version = { executor, className: "Rehearsal", bindings: bindingsOf(Rehearsal) };
  const dispatcher = new Dispatcher(version, "rehearsal", 0, () => ({ name: "", message: "", stack: "" }));
  amendModule("", CODE);
  for (let id = 0; id < TIMES; id++) await dispatcher.call(id, { body: BODY, requestId: "0" });
}
