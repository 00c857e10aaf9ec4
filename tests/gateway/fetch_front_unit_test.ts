import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { compress } from "hono/compress";
import type { MiddlewareHandler } from "hono";
import { FetchFront } from "../../src/gateway/fetch_front.ts";
import { Logger } from "../../src/log/logger.ts";
import { done, FakeBackend, json } from "./_backend.ts";

const LONG = JSON.stringify([{ text: "x".repeat(200_000) }]);
const EVENTS = { accept: "text/event-stream" };
const ENDLESS = 100_000;

async function opened(
  backend = new FakeBackend(),
  middleware: readonly MiddlewareHandler[] = [],
) {
  const front = new FetchFront({ bodyLimit: 1_000, middleware }, new Logger("Flow", () => {}));
  const open = await front.start(backend);
  const post = (headers: Record<string, string> = {}, path = "/foo") =>
    front.fetch(new Request(`http://outer.example${path}`, json({}, headers)));
  return { front, open, post };
}

/** Whether a promise is pending after all that can happen at once has happened. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol();
  const turn = new Promise((resolve) => setTimeout(resolve, 0, pending));
  return await Promise.race([promise, turn]) === pending;
}

/** A backend whose answers are long, or a stream of two documents. */
function longBackend(): FakeBackend {
  const backend = new FakeBackend();
  backend.answer = () => done({ docs: LONG });
  return backend;
}

/** A backend that streams documents, until it may end. */
function streamBackend(end: Promise<unknown>): FakeBackend {
  const backend = new FakeBackend();
  backend.run = async (_request, { stream }) => {
    stream?.begin();
    for (const text of ["one", "two"]) stream?.push(JSON.stringify({ text }) as never);
    await end;
    return done() as never;
  };
  return backend;
}

Deno.test("FetchFront.close() waits for a request that runs, and then answers 503", async () => {
  const backend = new FakeBackend();
  const answer = Promise.withResolvers<ReturnType<typeof done>>();
  backend.answer = () => answer.promise;
  const { open, post } = await opened(backend);
  const response = post();
  const closed = open.close(ENDLESS);
  assertEquals([await isPending(closed), (await post()).status], [true, 503]);
  answer.resolve(done());
  assertEquals((await response).status, 200);
  await closed;
});

Deno.test("FetchFront.close() waits until a stream of events was taken to its end", async () => {
  const end = Promise.withResolvers<void>();
  const { open, post } = await opened(streamBackend(end.promise));
  const response = await post(EVENTS);
  const closed = open.close(ENDLESS);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  assertStringIncludes((await reader.read()).value!, "one");
  assertEquals(await isPending(closed), true);
  end.resolve();
  assertStringIncludes((await reader.read()).value!, "event: end");
  assertEquals((await reader.read()).done, true);
  await closed;
});

for (const middleware of [[], [compress()]]) {
  const what = middleware.length > 0 ? "a compressed answer" : "a long answer";
  Deno.test(`FetchFront.close() waits until ${what} was taken to its end`, async () => {
    const { open, post } = await opened(longBackend(), middleware);
    const response = await post({ "accept-encoding": "gzip" });
    assertEquals(response.headers.has("content-encoding"), middleware.length > 0);
    const closed = open.close(ENDLESS);
    assertEquals(await isPending(closed), true);
    await response.body!.pipeTo(new WritableStream());
    await closed;
  });
}

Deno.test("FetchFront.close() does not wait for a stream that its client has given up", async () => {
  const { open, post } = await opened(streamBackend(new Promise(() => {})));
  const response = await post(EVENTS);
  const closed = open.close(ENDLESS);
  await response.body!.cancel();
  await closed;
});

Deno.test("FetchFront.close() waits no longer than its grace for a stream that nothing takes", async () => {
  const { open, post } = await opened(longBackend());
  await post();
  await open.close(1);
});

Deno.test("FetchFront.fetch() gives up a stream with the error of its source", async () => {
  const broken: MiddlewareHandler = async (c, next) => {
    await next();
    const body = new ReadableStream({ pull: () => Promise.reject(new Error("broken")) });
    c.res = new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  const { open, post } = await opened(new FakeBackend(), [broken]);
  const response = await post();
  await assertRejects(() => response.text(), Error, "broken");
  await open.close(ENDLESS);
});

Deno.test("FetchFront.fetch() names the cause when the body was read before", async () => {
  const { front } = await opened();
  const headers = { "content-type": "application/json", "content-length": "2" };
  const request = new Request("http://outer.example/foo", { method: "POST", headers });
  const response = await front.fetch(request);
  assertEquals(response.status, 400);
  assertStringIncludes(
    (await response.json()).detail,
    "such as by express.json(); mount the Flow before that",
  );
});
