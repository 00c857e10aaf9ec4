import { assertEquals } from "@std/assert";
import { Example } from "./_example.ts";

/** The texts found for a query, the best one first. */
async function search(example: Example, text: string, limit = 3): Promise<string[]> {
  const { data: [{ matches = [] }] } = await example.post("/search", {
    data: { text },
    parameters: { limit },
  });
  return matches.map(({ text }) => text);
}

const SOLAR_PANELS = "Solar panels turn light into electricity without moving parts.";
const LEAVES = "Leaves turn sunlight, water and carbon dioxide into sugar and oxygen.";
const STEAM_ENGINE = "A steam engine turns the heat of burning coal into motion.";

const LOADED = /loads the model/;
const INDEXED = /indexed \d+ facts/;

Deno.test("examples/semantic_search ranks by a saved scoring.ts, with the same model and index", async () => {
  await using example = await Example.run("semantic_search");
  assertEquals(await search(example, "renewable energy"), [SOLAR_PANELS, LEAVES, STEAM_ENGINE]);

  await example.edit(
    "scoring.ts",
    "return similarity(query, fact.embedding);",
    'return similarity(query, fact.embedding) + (fact.topic === "space" ? 0.2 : 0);',
  );
  await example.log.waitFor(/searcher\/rep-0@\d+ version 2 serves .*\(in place, kept: .*model:/);
  const [first] = await search(example, "renewable energy");
  assertEquals(first, "Stars like the Sun shine by fusing hydrogen into helium.");
  assertEquals([example.log.count(LOADED), example.log.count(INDEXED)], [1, 1]);
  assertEquals(await example.interrupt(), 0);
});

Deno.test("examples/semantic_search indexes a saved facts.json, with the same model", async () => {
  await using example = await Example.run("semantic_search");
  // It shares no word with the query.
  assertEquals(await search(example, "medicine against bacteria", 1), [
    "Penicillin, the first antibiotic in wide use, comes from a mould.",
  ]);

  await example.edit("facts.json", '"The skin is', '"Soap kills many germs.", "The skin is');
  await example.log.waitFor(/searcher\/rep-0@\d+ version 2 serves/);
  const found = await search(example, "washing hands", 1);
  assertEquals(found, ["Soap kills many germs."]);
  assertEquals([example.log.count(LOADED), example.log.count(INDEXED)], [1, 2]);
});

Deno.test("examples/semantic_search answers texts that have no words", async () => {
  await using example = await Example.run("semantic_search");
  assertEquals((await search(example, "")).length, 3);
  assertEquals((await search(example, "日本語 🦊")).length, 3);
});
