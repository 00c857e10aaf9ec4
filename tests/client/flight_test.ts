/** Several requests in flight, and inputs that are taken no faster than they are sent. */
import { assertEquals, assertRejects } from "@std/assert";
import { Document, type DocumentArray, type DocumentInit } from "../../mod.ts";
import { Served } from "../flow/_serve.ts";
import { A, Ex } from "../flow/_executors.ts";
import { echo, Holding, many } from "./_servers.ts";

/** Inputs that count how many of them were taken, and say whether they were told to stop. */
class Counted {
  taken = 0;
  returned = false;

  *[Symbol.iterator]() {
    try {
      for (const item of many(1_000)) {
        this.taken++;
        yield item;
      }
    } finally {
      this.returned = true;
    }
  }

  async *[Symbol.asyncIterator]() {
    yield* this[Symbol.iterator]();
    await Promise.resolve();
  }
}

const ids = (docs: DocumentArray) => docs.map(({ id }) => id);

Deno.test("Client.post() has four requests in flight, and takes inputs only when there is room", async () => {
  await using server = new Holding();
  const inputs = new Counted();
  const posted = server.client.post("/", inputs, { requestSize: 10 });
  await server.came(4);
  assertEquals(inputs.taken, 40);
  server.answer(20);
  await server.came(5);
  assertEquals(inputs.taken, 50);
  server.answer(0);
  server.answer(10);
  await server.came(7);
  assertEquals(inputs.taken, 70);
  for (let count = 7; count <= 100; count++) {
    await server.came(count);
    for (const id of server.held.keys()) server.answer(id);
  }
  assertEquals(ids(await posted), ids(await echoed(1_000)));
});

async function echoed(count: number): Promise<DocumentArray> {
  await using server = echo();
  return await server.client.post("/", many(count));
}

Deno.test("Client.post() waits for each answer when concurrency is 1", async () => {
  await using server = new Holding();
  const inputs = new Counted();
  const posted = server.client.post("/", inputs, { requestSize: 100, concurrency: 1 });
  for (let count = 1; count <= 10; count++) {
    await server.came(count);
    assertEquals([inputs.taken, server.held.size], [count * 100, count]);
    server.answer((count - 1) * 100);
  }
  assertEquals((await posted).length, 1_000);
});

Deno.test("Client.post() keeps the order of the inputs when answers come in another one", async () => {
  await using server = new Holding();
  const posted = server.client.post("/", many(6), { requestSize: 2, concurrency: 3 });
  await server.came(3);
  for (const id of [4, 2, 0]) server.answer(id);
  assertEquals(ids(await posted), ["0", "1", "2", "3", "4", "5"]);
});

Deno.test("Client.post() sends a chunk of an async iterable while the next one is still to come", async () => {
  await using server = new Holding();
  async function* slowly(): AsyncGenerator<DocumentInit> {
    yield* many(2);
    await server.came(1);
    server.answer(0);
    yield new Document({ id: "2" });
  }
  const posted = server.client.post("/", slowly(), { requestSize: 2 });
  await server.came(2);
  server.answer(2);
  assertEquals(ids(await posted), ["0", "1", "2"]);
});

Deno.test("Client.post() ends with the first failure: no more inputs are taken, the others in flight are given up", async () => {
  await using server = new Holding();
  const inputs = new Counted();
  const late = server.client.post("/", inputs, { requestSize: 1, concurrency: 3, timeout: 1 });
  await assertRejects(() => late, Error, "Cannot get an answer");
  assertEquals(inputs.returned, true);
  await Promise.all([...server.held.values()].map(({ gone }) => gone()));
});

Deno.test("Client.post() throws what the inputs throw, and gives up what is in flight", async () => {
  await using server = new Holding();
  async function* broken(): AsyncGenerator<DocumentInit> {
    yield* many(2);
    await server.came(2);
    throw new Error("the disk is gone");
  }
  await assertRejects(() => server.client.post("/", broken(), { requestSize: 1 }), Error, "the disk is gone");
  await Promise.all([...server.held.values()].map(({ gone }) => gone()));
});

Deno.test("Flow.post() sends 1000 documents in many requests, in order, to several replicas", async () => {
  await using served = await Served.start({ uses: A, replicas: 2 });
  const indices = new Set<number>();
  const docs = await served.flow.post("/", new Counted(), {
    requestSize: 7,
    concurrency: 8,
    onDone: (_, { index }) => indices.add(index),
  });
  assertEquals(ids(docs), Array.from({ length: 1_000 }, (_, index) => String(index)));
  assertEquals(new Set(docs.map(({ text }) => text)), new Set([">A"]));
  assertEquals(indices, new Set(Array.from({ length: 143 }, (_, index) => index)));
});

Deno.test("Flow.post() sends each request with an id of its own, which its errors have", async () => {
  await using served = await Served.start({ uses: Ex });
  const failed = new Map<string, string | undefined>();
  await served.flow.post("/raise", many(3), {
    requestSize: 1,
    onError: (error, { requestId }) => failed.set(requestId, error.requestId),
  });
  assertEquals([...failed.keys()], [...failed.values()]);
  assertEquals(failed.size, 3);
});
