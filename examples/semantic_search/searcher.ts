import { createHash } from "node:crypto";
import { Document, type DocumentArray, Executor, type RequestContext, requests } from "@hotflow/hotflow";
import { EmbeddingModel, MODEL } from "./embedding_model.ts";
import topics from "./facts.json" with { type: "json" };
import { type Fact, score } from "./scoring.ts";

/** Finds the facts whose meaning is nearest to a query's. */
export class Searcher extends Executor {
  #model!: EmbeddingModel;
  #facts!: readonly Fact[];

  /** Keeps what is slow to make: a reload finds the model again, and the index too while the facts are the same. */
  override async setup() {
    this.#model = await this.keep(`model:${MODEL}`, () => {
      this.logger.info(`loads the model ${MODEL}`);
      return EmbeddingModel.load();
    });
    const hash = createHash("sha256").update(JSON.stringify(topics)).digest("hex").slice(0, 8);
    this.#facts = await this.keep(`index:${MODEL}:${hash}`, () => this.#index());
  }

  @requests({ on: "/search" })
  async search(docs: DocumentArray, { parameters: { limit = 3 } }: RequestContext) {
    for (const doc of docs) {
      const query = await this.#model.embed(doc.text);
      const found = this.#facts
        .map((fact) => ({ fact, value: score(query, fact) }))
        .sort((one, other) => other.value - one.value)
        .slice(0, Number(limit));
      for (const { fact: { text, topic }, value } of found) {
        doc.matches.push(new Document({ text, tags: { topic }, scores: { score: { value } } }));
      }
    }
  }

  async #index(): Promise<Fact[]> {
    const facts: Fact[] = [];
    for (const [topic, texts] of Object.entries(topics)) {
      for (const text of texts) facts.push({ topic, text, embedding: await this.#model.embed(text) });
    }
    this.logger.info(`indexed ${facts.length} facts`);
    return facts;
  }
}
