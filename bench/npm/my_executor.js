import { Executor } from "../../mod.ts";

export class MyExecutor extends Executor {
  static source = import.meta.url;
  static requests = { default: "foo" };
  foo(docs) {
    for (const doc of docs) doc.text = "version 0.";
  }
}
