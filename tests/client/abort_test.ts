/** Requests that are given up: by their signal, or because their time is over. */
import { assert, assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import { Client, ConnectionError, type DocumentInit } from "../../mod.ts";
import { Served } from "../flow/_serve.ts";
import { Slow } from "../flow/_slow.ts";
import { inTime } from "../support/in_time.ts";
import { echo, Holding, many, Sockets } from "./_servers.ts";

Deno.test("Client.post() throws the signal's reason, and the handlers of all requests in flight are told", async () => {
  await using served = await Served.start({ uses: Slow });
  const giveUp = new AbortController();
  const asked = served.flow.post("/wait", many(9), {
    requestSize: 1,
    concurrency: 3,
    signal: giveUp.signal,
    onError: () => {
      throw new Error("nobody is told of a request that was given up");
    },
  });
  let mark = 0;
  const waiting = new Set<string>();
  while (waiting.size < 3) {
    const { message } = await served.log.waitFor(/ waits$/, mark);
    waiting.add(message);
    mark = served.log.records.findIndex((record) => record.message === message) + 1;
  }
  const reason = new Error("enough");
  giveUp.abort(reason);
  assertStrictEquals(await asked.catch((error) => error), reason);
  for (const message of waiting) {
    await served.log.waitFor(new RegExp(`${message.split(" ")[0]} was given up: AbortError`));
  }
  assertEquals(served.log.count(/ waits$/), 3);
});

Deno.test("Client.post() calls return() of its inputs when it is aborted, and takes no more", async () => {
  await using server = new Holding();
  const giveUp = new AbortController();
  let [taken, returned] = [0, false];
  function* inputs(): Generator<DocumentInit> {
    try {
      for (const item of many(100)) {
        taken++;
        yield item;
      }
    } finally {
      returned = true;
    }
  }
  const asked = server.client.post("/", inputs(), { requestSize: 1, concurrency: 2, signal: giveUp.signal });
  await server.came(2);
  giveUp.abort();
  await assertRejects(() => asked, DOMException, "aborted");
  assertEquals([taken, returned, server.held.size], [2, true, 2]);
});

Deno.test("Client.post() is aborted at once, even when the inputs owe a document", async () => {
  await using server = echo();
  const giveUp = new AbortController();
  const owed = Promise.withResolvers<void>();
  let returned = false;
  const inputs: AsyncIterableIterator<DocumentInit> = {
    next: () => {
      owed.resolve();
      return new Promise(() => {});
    },
    return: () => {
      returned = true;
      return new Promise(() => {});
    },
    [Symbol.asyncIterator]: () => inputs,
  };
  const asked = server.client.post("/", inputs, { signal: giveUp.signal });
  await owed.promise;
  giveUp.abort(new Error("enough"));
  await assertRejects(() => inTime(asked, "giving up"), Error, "enough");
  assertEquals(returned, true);
});

Deno.test("Client.post() sends and takes nothing when its signal was aborted before", async () => {
  await using server = echo();
  let taken = 0;
  const inputs = many(10).map((item) => (taken++, item));
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => server.client.post("/", inputs, { signal }), Error, "enough");
  await assertRejects(() => server.client.isFlowReady({ signal }), Error, "enough");
  assertEquals([taken, server.bodies.length], [0, 0]);
});

Deno.test("Client.post() is aborted while it waits to try again", async () => {
  const giveUp = new AbortController();
  await using sockets = new Sockets((_, count) =>
    count === 2 ? giveUp.abort(new Error("enough")) : undefined
  );
  const asked = new Client({ port: sockets.port }).post("/", [], { retries: 1_000, signal: giveUp.signal });
  await assertRejects(() => inTime(asked, "giving up"), Error, "enough");
});

Deno.test("Client.post() listens to its signal no longer than it runs", async () => {
  await using server = echo();
  const { signal } = new AbortController();
  const listening = new Set<unknown>();
  signal.addEventListener = (_: string, listener: unknown) => void listening.add(listener);
  signal.removeEventListener = (_: string, listener: unknown) => void listening.delete(listener);
  await server.client.post("/", many(10), { requestSize: 1, signal });
  assertEquals(listening.size, 0);
});

Deno.test("Client.post() throws a ConnectionError when a request takes longer than its timeout", async () => {
  await using served = await Served.start({ uses: Slow });
  const asked = served.flow.post("/wait", {}, { timeout: 500 });
  const error = await assertRejects(() => asked, ConnectionError);
  assertMatch(error.message, /^Cannot get an answer from http:\S+ within 500 ms: .*`timeout`$/);
  assert(error.cause instanceof DOMException && error.cause.name === "TimeoutError");
  await served.log.waitFor(new RegExp(`${error.requestId} was given up: AbortError`));
});

Deno.test("Client.post() counts its tries into the timeout", async () => {
  await using sockets = new Sockets(() => {});
  const asked = new Client({ port: sockets.port }).post("/", [], { timeout: 50, retries: 1_000_000 });
  await assertRejects(() => inTime(asked, "the timeout"), ConnectionError, "within 50 ms");
});

Deno.test("Client.post() gives each request its own time", async () => {
  await using server = echo();
  const options = { requestSize: 1, concurrency: 1, timeout: 2 ** 40 };
  assertEquals((await server.client.post("/", many(3), options)).length, 3);
  let failed = 0;
  await using holding = new Holding();
  await holding.client.post("/", many(3), { ...options, timeout: 20, onError: () => failed++ });
  assertEquals(failed, 3);
});

Deno.test("Client.isFlowReady() is false when nothing answers in time", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = new Client({ port: listener.addr.port });
  assertEquals(await inTime(client.isFlowReady({ timeout: 20 }), "the timeout"), false);
  listener.close();
});
