/** Batches over HTTP: who shares one, what each client gets, and what happens to those that fail or go. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Served } from "../flow/_serve.ts";
import { Batches } from "./_batches.ts";

interface Tags {
  readonly call: number;
  readonly documents: number;
  readonly requests: number;
}

function docsOf(id: string, count: number, text = "") {
  return Array.from({ length: count }, (_, index) => ({ id: `${id}-${index}`, ...(text && { text }) }));
}

Deno.test("requests that come together are handled in batches of whole requests, each gets its own back", async () => {
  await using served = await Served.start({ uses: Batches });
  const sizes = Array.from({ length: 40 }, (_, index) => index % 4);
  const answers = await Promise.all(
    sizes.map((count, index) => served.post("/number", { data: docsOf(`r${index}`, count) })),
  );
  const calls = new Map<number, Tags>();
  let documents = 0;
  for (const [index, { status, body }] of answers.entries()) {
    assertEquals(status, 200);
    assertEquals(
      body.data.map(({ id }: { id: string }) => id),
      docsOf(`r${index}`, sizes[index]).map(({ id }) => id),
    );
    for (const { tags } of body.data) calls.set(tags.call, tags);
    documents += body.data.length;
  }
  const all = [...calls.values()];
  assert(all.every(({ documents }) => documents <= 8));
  assert(all.some(({ requests }) => requests > 1), "some requests share a batch");
  assertEquals(all.reduce((sum, { documents }) => sum + documents, 0), documents);
});

Deno.test("one request with more documents than a batch has is a batch of its own", async () => {
  await using served = await Served.start({ uses: Batches });
  const { body } = await served.post("/number", { data: docsOf("a", 20) });
  assertEquals(new Set(body.data.map(({ tags }: { tags: Tags }) => tags.documents)), new Set([20]));
});

Deno.test("documents find their requests by id; a list that fits none is each request's error", async () => {
  await using served = await Served.start({ uses: Batches });
  const reversed = await Promise.all(
    ["a", "b", "c"].map((id) => served.post("/reverse", { data: docsOf(id, 2) })),
  );
  assertEquals(reversed.map(({ body }) => body.data.map(({ id }: { id: string }) => id)), [
    ["a-1", "a-0"],
    ["b-1", "b-0"],
    ["c-1", "c-0"],
  ]);
  const lost = await Promise.all(["a", "b"].map((id) => served.post("/lose", { data: docsOf(id, 2) })));
  for (const [index, { status, body }] of lost.entries()) {
    assertEquals([status, body.data], [500, docsOf("ab"[index], 2)]);
    assertMatch(body.header.status.description, /Cannot divide 1 documents/);
  }
});

Deno.test("an error or a refusal answers each request of its batch, with the documents as they came", async () => {
  await using served = await Served.start({ uses: Batches });
  for (const [text, expected] of [["fail", 500], ["refuse", 409]] as const) {
    const answers = await Promise.all(
      ["a", "b", "c"].map((id) => served.post("/number", { data: docsOf(id, 1, text) })),
    );
    for (const [index, { status, body }] of answers.entries()) {
      assertEquals(status, expected);
      if (status === 500) assertEquals(body.data, docsOf("abc"[index], 1, text));
      else assertEquals(body, { detail: "this batch is refused" });
    }
  }
});

Deno.test("clients that go are left out; every document of the others comes back once", async () => {
  await using served = await Served.start({ uses: Batches });
  const body = (index: number) =>
    JSON.stringify({ data: docsOf(`r${index}`, 1 + index % 3), parameters: { ms: index % 5 } });
  const headers = { "content-type": "application/json" };
  const outcomes = await Promise.all(Array.from({ length: 120 }, async (_, index) => {
    const signal = index % 3 === 0 ? AbortSignal.timeout(index % 7) : undefined;
    try {
      const request = { method: "POST", headers, body: body(index), ...(signal && { signal }) };
      const response = await fetch(served.at("/number"), request);
      assertEquals(response.status, 200);
      const { data } = await response.json();
      assertEquals(
        data.map(({ id }: { id: string }) => id),
        docsOf(`r${index}`, 1 + index % 3).map(({ id }) => id),
      );
      return "answered";
    } catch (error) {
      if (signal?.aborted) return "gone";
      throw error;
    }
  }));
  assert(outcomes.filter((one) => one === "answered").length >= 80);
  assertEquals((await served.post("/number", { data: docsOf("last", 1) })).body.data.length, 1);
});

Deno.test("a client that asks for a stream gets the documents of its part of the batch", async () => {
  await using served = await Served.start({ uses: Batches });
  const texts = await Promise.all(["a", "b"].map(async (id) => {
    const response = await fetch(served.at("/number"), {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({ data: docsOf(id, 3) }),
    });
    return await response.text();
  }));
  for (const [index, text] of texts.entries()) {
    const ids = [...text.matchAll(/event: update\ndata: \{"id":"([^"]+)"/g)].map(([, id]) => id);
    assertEquals(ids, docsOf("ab"[index], 3).map(({ id }) => id));
  }
});
