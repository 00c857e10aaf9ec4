import { assertEquals, assertStringIncludes } from "@std/assert";
import { Example } from "./_example.ts";

Deno.test("examples/search ranks anew, without indexing anew, when scoring.ts is saved", async () => {
  await using example = await Example.run("search");
  const search = async () =>
    (await example.post("/search", { data: { text: "tea water" } })).data[0].matches ?? [];
  const before = await search();
  assertEquals(before.map(({ uri }) => uri), ["green_tea.md", "kettle.md", "tomatoes.md"]);
  assertStringIncludes(before[0].text, "# Green tea");
  assertEquals(before.every(({ scores }) => scores.score.value > 0 && scores.score.value < 1), true);

  await example.edit(
    "scoring.ts",
    "return dot(query, note) / (length(query) * length(note) || 1);",
    "return dot(query, note);",
  );
  await example.log.waitFor(/indexer\/rep-0@\d+ version 2 serves/);
  const after = await search();
  assertEquals(after.map(({ uri }) => uri), ["kettle.md", "green_tea.md", "tomatoes.md"]);
  assertEquals(after.every(({ scores }) => Number.isInteger(scores.score.value)), true);
  assertEquals(await example.interrupt(), 0);
});

Deno.test("examples/search finds a note under its new text when it is indexed again", async () => {
  await using example = await Example.run("search");
  const data = [{ uri: "kettle.md", text: "The samovar is polished with brass polish." }];
  assertEquals((await example.post("/index", { data })).status, 200);
  const { data: [{ matches = [] }] } = await example.post("/search", {
    data: { text: "samovar brass" },
    parameters: { limit: 1 },
  });
  assertEquals(matches.map(({ uri }) => uri), ["kettle.md"]);
  assertStringIncludes(matches[0].text, "samovar");
});
