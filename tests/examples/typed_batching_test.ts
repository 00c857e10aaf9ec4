import { assertEquals, assertMatch } from "@std/assert";
import { Example } from "./_example.ts";
import { send } from "./_send.ts";

/** The value of a metric of the endpoint; 0 when there is none. */
async function metric(example: Example, name: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${example.port}/metrics`);
  const text = await response.text();
  const line = text.split("\n").find((line) => line.startsWith(`${name}{`) && line.includes('"/classify"'));
  return Number(line?.split(" ").at(-1) ?? 0);
}

Deno.test("examples/typed_batching classifies what fits its schema, and reloads the schema", async () => {
  await using example = await Example.run("typed_batching");
  const ask = (doc: unknown, parameters = {}) => example.post("/classify", { data: [doc], parameters });
  const text = "great sound";
  assertEquals((await ask({ id: "a", text: `  ${text} ` })).data, [
    { id: "a", text, mood: "good", certainty: 1 },
  ]);
  assertEquals((await ask({ id: "a", text: "good, but slow" })).data[0].mood, "neutral");
  assertEquals((await ask({ id: "a", text: "a bit slow" }, { threshold: 0.7 })).data[0].mood, "neutral");
  assertEquals((await ask({ id: "a", text: "a bit slow" })).data[0].mood, "bad");

  const refused = await ask({ text, stars: 7 });
  assertEquals([refused.status, refused.detail?.[0].loc], [422, ["body", "data", 0, "stars"]]);
  await example.edit("schemas.ts", "max(5)", "max(10)");
  await example.log.waitFor(/classifier\/rep-0@\d+ version 2 serves/);
  assertEquals((await ask({ text, stars: 7 })).data[0].mood, "good");
  assertEquals(await example.interrupt(), 0);
});

Deno.test("examples/typed_batching handles concurrent requests in batches, as its metrics show", async () => {
  await using example = await Example.run("typed_batching");
  const words = ["great", "broken"];
  const answers = await Promise.all(
    Array.from({ length: 64 }, (_, index) => {
      const text = `${words[index % 2]} ${index}`;
      return send(example.port, "/classify", { data: { id: String(index % 7), text } });
    }),
  );
  const moods = ["good", "bad"];
  for (const [index, { data: [{ id, text, mood }] }] of answers.entries()) {
    const expected = [String(index % 7), `${words[index % 2]} ${index}`, moods[index % 2]];
    assertEquals([id, text, mood], expected);
  }
  assertEquals(await metric(example, "hotflow_batch_documents_sum"), 64);
  assertEquals(await metric(example, "hotflow_batch_requests_sum"), 64);
  const batches = await metric(example, "hotflow_batch_documents_count");
  assertEquals(batches >= 2 && batches < 32, true, `64 requests in ${batches} batches`);
  assertEquals(await metric(example, "hotflow_documents_total"), 64);
  assertEquals(await example.interrupt(), 0);
});

Deno.test("examples/typed_batching sends many reviews with many.ts", async () => {
  await using example = await Example.run("typed_batching");
  assertMatch(await example.script("many.ts"), /^320 reviews in \d+ ms$/m);
  assertEquals(await metric(example, "hotflow_requests_total"), 320);
});
