import { Executor } from "../../mod.ts";

/** Handles one endpoint only. */
export class Second extends Executor {
  static readonly source = import.meta.url;
  static requests = { "/foo": "foo" };
  foo() {}
}
