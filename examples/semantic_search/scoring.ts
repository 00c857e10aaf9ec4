/** A fact to find. */
export interface Fact {
  readonly topic: string;
  readonly text: string;
  readonly embedding: Float32Array;
}

/** How well a fact answers a query. Edit it while the service runs: the next search ranks by it. */
export function score(query: Float32Array, fact: Fact): number {
  return similarity(query, fact.embedding);
}

/** The cosine of the angle between two embeddings, which have the length 1. */
function similarity(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, index) => sum + value * other[index], 0);
}
