import { Executor } from "../executor/executor.ts";
import { requests } from "../executor/requests.ts";
import type { DocumentArray } from "../document/document_array.ts";
import { Dispatcher } from "./dispatch.ts";
import { loadExecutor } from "./load.ts";

/** An Executor like a user's, for a rehearsal. */
export class Rehearsal extends Executor {
  /** Touches what nearly every handler does. */
  @requests()
  rehearse(docs: DocumentArray): void {
    for (const doc of docs) doc.text = `${doc.text}!`;
  }
}

/** What it is asked. */
const BODY = JSON.stringify({ data: [{ id: "0", text: "a", tags: { a: 1 } }], parameters: { a: 1 } });
/** Enough for the engine to have compiled what a request needs. */
const TIMES = 20;
/** Deno notes each URL that it parsed in its cache: a new one is parsed, and there will never be more than these. */
const URLS = 65_536;

/**
 * Loads an Executor and has it answer, for nothing: whatever a thread does for the first time takes several times as
 * long, and the first request after a save is not to wait for that.
 */
export async function warmUp(): Promise<void> {
  const version = await loadExecutor({
    deployment: "rehearsal",
    replica: 0,
    version: Math.floor(Math.random() * URLS),
    modules: [{ url: import.meta.url.replace(/\?.*$/, ""), required: true }],
    mayRename: false,
    known: [],
    with: {},
    metas: {},
    workspace: "",
  }, () => {});
  const dispatcher = new Dispatcher(version, "rehearsal", 0, () => ({ name: "", message: "", stack: "" }));
  for (let id = 0; id < TIMES; id++) await dispatcher.call(id, { body: BODY, requestId: "0" });
}
