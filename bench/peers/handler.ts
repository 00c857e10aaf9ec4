interface Doc {
  text?: string;
}

/** What the peers run in place of an Executor, and what is edited while they serve. */
export class MyHandler {
  foo(docs: Doc[]) {
    for (const doc of docs) doc.text = "version 0.";
  }
}
