import { type DocumentArray, Executor, requests } from "@hotflow/hotflow";

/** How many numbers stand for a text. */
const SIZE = 512;

/** Turns text into a vector: each word is counted in one of its places, which the word's hash chooses. */
export class Encoder extends Executor {
  @requests({ on: ["/index", "/search"] })
  encode(docs: DocumentArray) {
    for (const doc of docs) doc.embedding = countWords(doc.text);
  }
}

function countWords(text: string): Float32Array {
  const counts = new Float32Array(SIZE);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []) counts[placeOf(word)]++;
  return counts;
}

function placeOf(word: string): number {
  let hash = 0;
  for (const letter of word) hash = Math.imul(hash, 31) + letter.charCodeAt(0);
  return (hash >>> 0) % SIZE;
}
