import { type DocumentArray, Executor } from "../../mod.ts";

/** Blocks its worker for 20 ms a call, whatever the number of documents. */
export class OneByOne extends Executor {
  static readonly source = import.meta.url;
  static readonly requests: Record<
    string,
    string | { method: string; batch: { size: number; wait: number } }
  > = {
    default: "model",
  };
  model(docs: DocumentArray) {
    for (const end = performance.now() + 20; performance.now() < end;);
    for (const doc of docs) doc.text = `${doc.text}!`;
  }
}

export class Batched extends OneByOne {
  static override readonly source = import.meta.url;
  static override readonly requests = { default: { method: "model", batch: { size: 64, wait: 10 } } };
}
