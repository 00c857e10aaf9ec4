/** An Executor that keeps its thread from one file on until another one is there, and then ends its worker. */
import { type DocumentArray, Executor, type RequestContext, requests } from "../../mod.ts";

export class Mortal extends Executor {
  @requests
  tag(docs: DocumentArray) {
    for (const doc of docs) doc.tags.mortal = true;
  }
  @requests({ on: "/die" })
  die(_docs: DocumentArray, { parameters }: RequestContext) {
    Deno.writeTextFileSync(`${parameters.folder}/spins`, "");
    while (!isThere(`${parameters.folder}/end`));
    self.close();
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
