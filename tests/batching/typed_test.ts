/** Batches of endpoints with schemas: validated before, divided as plain documents, checked after. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { askForEvents, eventsOf } from "../support/events.ts";
import { Served } from "../flow/_serve.ts";
import { Batches } from "./_batches.ts";

const typed = (served: Served, words: string[], parameters = {}, id = "") =>
  served.post("/typed", { data: words.map((word, index) => ({ id: `${id}${index}`, word })), parameters });

Deno.test("requests with schemas share batches, and get their own documents as the schemas make them", async () => {
  await using served = await Served.start({ uses: Batches });
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, index) => typed(served, ["ab", "c"], { times: "2" }, `r${index}-`)),
  );
  let shared = 0;
  for (const [index, { status, body: { data } }] of answers.entries()) {
    assertEquals(status, 200);
    assertEquals(data.map(({ id, length }: { id: string; length: number }) => [id, length]), [
      [`r${index}-1`, 1],
      [`r${index}-0`, 2],
    ]);
    assertMatch(data[0].word, /^CC of \d$/);
    shared = Math.max(shared, Number(data[0].word.slice(6)));
  }
  assert(shared > 1, "some requests share a batch");
});

Deno.test("clients with schemas that send the same ids get their own documents", async () => {
  await using served = await Served.start({ uses: Batches });
  for (let round = 0; round < 3; round++) {
    const words = Array.from({ length: 12 }, (_, index) => "abcdefghijkl"[index].repeat(1 + index % 4));
    const answers = await Promise.all(words.map((word) => typed(served, [word])));
    for (const [index, { body: { data } }] of answers.entries()) {
      assertEquals(data.map(({ word }: { word: string }) => word.split(" ")[0]), [
        words[index].toUpperCase(),
      ]);
    }
  }
});

Deno.test("a request that does not fit is refused alone, also what is answered to it; a handler's error is of all", async () => {
  await using served = await Served.start({ uses: Batches });
  const [good, invalid, tooLong, other] = await Promise.all([
    typed(served, ["ab"], {}, "a"),
    served.post("/typed", { data: [{ word: 5 }] }),
    typed(served, ["ab", "abcde"], {}, "b"),
    typed(served, ["c"], {}, "c"),
  ]);
  assertEquals([good, other].map(({ status }) => status), [200, 200]);
  assertEquals([invalid.status, invalid.body.detail[0].loc], [422, ["body", "data", 0, "word"]]);
  assertEquals([tooLong.status, tooLong.body.data], [500, [{ id: "b0", word: "ab" }, {
    id: "b1",
    word: "abcde",
  }]]);
  assertMatch(tooLong.body.header.status.description, /docs\[0\]\.length/);
  const failed = await Promise.all([typed(served, ["fail"], {}, "a"), typed(served, ["fail"], {}, "b")]);
  for (const { status } of failed) assertEquals(status, 500);
});

Deno.test("a client with a schema that asks for a stream gets its part of the batch", async () => {
  await using served = await Served.start({ uses: Batches });
  await Promise.all(["a", "b"].map(async (id) => {
    const body = { data: [{ id: `${id}0`, word: "x" }, { id: `${id}1`, word: "y" }] };
    const seen = await Array.fromAsync(eventsOf(await askForEvents(served.at("/typed"), body)));
    const updates = seen.filter(({ name }) => name === "update").map(({ data }) => data.id);
    assertEquals(updates, [`${id}1`, `${id}0`]);
  }));
});
