import { Executor, type RequestContext, requests, type Typed } from "@hotflow/hotflow";
import type { z } from "zod";
import { moodsOf } from "./model.ts";
import { opinion, review, settings } from "./schemas.ts";

/** Classifies reviews, those of concurrent requests together. */
export class Classifier extends Executor {
  @requests({
    on: "/classify",
    input: review,
    output: opinion,
    parameters: settings,
    batch: { size: 32, wait: 10 },
  })
  classify(docs: Typed<typeof review>[], { parameters }: RequestContext<z.output<typeof settings>>) {
    const moods = moodsOf(docs.map(({ text }) => text));
    return docs.map(({ id, text, stars }, index) => {
      const mood = moods[index] || Math.sign(stars - 3);
      const certainty = Math.abs(mood);
      const isCertain = certainty >= parameters.threshold;
      return { id, text, mood: !isCertain ? "neutral" : mood > 0 ? "good" : "bad", certainty };
    });
  }
}
