import { type DocumentArray, Executor, requests } from "../../mod.ts";

interface Options {
  version?: number;
}

export class EvenExecutor extends Executor {
  readonly #version: number;

  constructor(options: Options = {}) {
    super();
    this.#version = options.version ?? 0;
  }

  @requests()
  foo(docs: DocumentArray) {
    for (const doc of docs) doc.text = `version ${this.#version}.`;
  }
}

export class OddExecutor extends EvenExecutor {}
