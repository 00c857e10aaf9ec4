/** Batches over HTTP: who shares one, what each client gets, and what happens to those that fail or go. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { LoadError } from "../../mod.ts";
import { Served } from "../flow/_serve.ts";
import { Batches, Generates } from "./_batches.ts";
import { docsOf } from "./_clients.ts";
import { Random } from "./_random.ts";

interface Tags {
  readonly call: number;
  readonly documents: number;
  readonly requests: number;
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

Deno.test("clients that send the same ids get their own documents, whatever the handler returns", async () => {
  await using served = await Served.start({ uses: Batches });
  for (const path of ["/renew", "/reverse", "/number"]) {
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(Array.from({ length: 12 }, async (_, client) => {
        const docs = Array.from(
          { length: 1 + client % 3 },
          (_, index) => ({ id: `${index}`, text: `${client}` }),
        );
        return await served.post(path, { data: docs });
      }));
      for (const [client, { status, body }] of answers.entries()) {
        assertEquals(status, 200);
        assertEquals(
          body.data.map(({ text }: { text: string }) => text),
          Array(1 + client % 3).fill(`${client}`),
        );
      }
    }
  }
});

Deno.test("each replica has batches of its own", async () => {
  await using served = await Served.start({ uses: Batches, replicas: 2 });
  const answers = await Promise.all(
    Array.from({ length: 32 }, (_, index) => served.post("/number", { data: docsOf(`r${index}`, 1) })),
  );
  const batches = new Map<string, Tags[]>();
  for (const [index, { body: { data: [{ id, tags }] } }] of answers.entries()) {
    assertEquals(id, `r${index}-0`);
    const key = `${tags.replica} ${tags.call}`;
    batches.set(key, [...batches.get(key) ?? [], tags]);
  }
  for (const all of batches.values()) {
    assertEquals(
      all.map(({ documents }) => documents),
      all.map(() => all.length),
    );
  }
  assertEquals(new Set([...batches.keys()].map((key) => key[0])), new Set(["0", "1"]));
});

Deno.test("a generator cannot be batched: the load fails", async () => {
  await assertRejects(() => Served.start({ uses: Generates }), LoadError, "its handler is a generator");
});

for (const seed of [1, 2, 3]) {
  Deno.test(`cancels, errors and sizes at random: every document is accounted for, none runs twice (${seed})`, async () => {
    await using served = await Served.start({ uses: Batches });
    const random = new Random(seed);
    const clients = Array.from({ length: 150 }, (_, index) => ({
      docs: docsOf(
        `r${index}`,
        random.below(5),
        ["", "", "", "", "", "", "", "fail", "refuse"][random.below(9)],
      ),
      ms: random.below(4),
      signal: random.below(3) === 0 ? AbortSignal.timeout(random.below(40)) : undefined,
    }));
    const outcomes = await Promise.all(clients.map(async ({ docs, ms, signal }) => {
      const body = JSON.stringify({ data: docs, parameters: { ms } });
      const request = { method: "POST", headers: { "content-type": "application/json" }, body };
      try {
        const response = await fetch(served.at("/number"), { ...request, ...(signal && { signal }) });
        return { status: response.status, body: await response.json() };
      } catch (error) {
        if (signal?.aborted) return undefined;
        throw error;
      }
    }));
    const { body } = await served.post("/seen", {});
    const seen: string[] = body.data.map(({ id }: { id: string }) => id);
    assertEquals(seen.length, new Set(seen).size, "no document runs twice");
    for (const [index, outcome] of outcomes.entries()) {
      const ids = clients[index].docs.map(({ id }) => id);
      const ran = ids.filter((id) => seen.includes(id));
      // A client that is gone may have been in a batch, with all of its documents.
      if (outcome === undefined) assert(ran.length === 0 || ran.length === ids.length);
      else assertEquals(ran, ids);
      if (outcome === undefined || outcome.status === 409) continue;
      assertEquals(outcome.body.data.map(({ id }: { id: string }) => id), ids);
      const tags: Tags[] = outcome.body.data.map(({ tags }: { tags: Tags }) => tags);
      if (outcome.status === 200) assert(tags.every(({ documents }) => documents <= 8));
      else assertEquals([outcome.status, tags.filter((tags) => tags)], [500, []]);
    }
    assert(outcomes.some((outcome) => outcome?.status === 200));
  });
}

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
