import { z } from "zod";
import { type DocumentArray, Executor, type RequestContext, requests } from "../../mod.ts";

const document = z.object({ text: z.string() });

export class Plain extends Executor {
  @requests()
  foo(docs: DocumentArray) {
    for (const doc of docs) doc.text = `${doc.text}!`;
  }
}

export class WithHeaders extends Executor {
  @requests({ headers: ["host"] })
  foo(docs: DocumentArray, { headers }: RequestContext) {
    for (const doc of docs) doc.text = `${doc.text}${headers.host && "!"}`;
  }
}

export class WithSchema extends Executor {
  @requests({ input: document })
  foo(docs: { text: string }[]) {
    for (const doc of docs) doc.text = `${doc.text}!`;
  }
}

export class WithBatches extends Executor {
  @requests({ batch: { size: 32, wait: 10 } })
  foo(docs: DocumentArray) {
    for (const doc of docs) doc.text = `${doc.text}!`;
  }
}
