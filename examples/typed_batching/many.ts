// deno-lint-ignore-file no-console -- a script that tells its user how long it took
/** Sends 320 reviews, each in a request of its own, over 64 connections. */
import { Client, Document, DocumentArray } from "@hotflow/hotflow";

const client = new Client({ port: Number(Deno.env.get("PORT") ?? 12345) });
const reviews = new DocumentArray(
  ...Array.from({ length: 320 }, (_, index) => new Document({ text: `review ${index}: great, but slow` })),
);
const startedAt = performance.now();
const answers = await client.post("/classify", reviews, { requestSize: 1, concurrency: 64 });
console.log(`${answers.length} reviews in ${Math.round(performance.now() - startedAt)} ms`);
