import { setTimeout as pause } from "node:timers/promises";
import { type DocumentArray, Executor, type RequestContext, requests } from "@hotflow/hotflow";

/** How long it thinks about each word. */
const PACE_MS = 120;

function story(hero: string): string {
  return `Once upon a time there was ${hero} that wanted to be read before it was written to its end. ` +
    "So it gave away each word as soon as it had one, and waited politely when nobody was listening.";
}

/** Tells a story about whatever it is given, word by word. */
export class Writer extends Executor {
  @requests({ on: "/generate" })
  async *generate(docs: DocumentArray, { signal }: RequestContext) {
    for (const word of story(docs[0]?.text || "a sentence").split(" ")) {
      // A reader who has gone away ends the pause, and with it the story.
      await pause(PACE_MS, undefined, { signal });
      yield { text: word };
    }
  }
}
