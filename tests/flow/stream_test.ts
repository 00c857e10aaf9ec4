/** Handlers that are generators, over HTTP. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { BadServerError } from "../../mod.ts";
import { askForEvents, eventsOf, type Seen } from "../support/events.ts";
import { inTime } from "../support/in_time.ts";
import { Served } from "./_serve.ts";
import { Marks, Streams, Twice } from "./_streams.ts";

async function events(served: Served, path: string, body: object = {}): Promise<Seen[]> {
  return await Array.fromAsync(eventsOf(await askForEvents(served.at(path), body)));
}

const names = (seen: Seen[]) => seen.map(({ name }) => name);
const texts = (seen: Seen[]) => seen.filter(({ name }) => name === "update").map(({ data }) => data.text);

/** How many generators are open, and how many documents the endless one has made. */
async function state(served: Served): Promise<{ open: number; made: number }> {
  const { body } = await served.post("/state", {});
  return Object.values(body.parameters.__results__)[0] as { open: number; made: number };
}

/** Waits until so many generators are open. */
async function open(served: Served, count: number): Promise<void> {
  const until = async () => {
    while ((await state(served)).open !== count);
  };
  await inTime(until(), `${count} open generators`);
}

Deno.test("Flow streams what a generator yields, then the rest of an ordinary answer", async () => {
  await using served = await Served.start({ uses: Streams }, { cors: true });
  const body = { data: [{ text: "n" }], parameters: { n: 3 }, header: { requestId: "r" } };
  const response = await askForEvents(served.at("/count"), body);
  const { status, headers } = response;
  const wanted = { "content-type": "text/event-stream", "cache-control": "no-store" };
  assertEquals(status, 200);
  assertEquals(
    Object.fromEntries(Object.keys(wanted).map((name) => [name, headers.get(name)])),
    wanted,
  );
  assertEquals(headers.get("access-control-allow-origin"), "*");
  const seen = await Array.fromAsync(eventsOf(response));
  assertEquals(names(seen), ["update", "update", "update", "end"]);
  assertEquals(seen[1].data, { id: "1", text: "n1\n" });
  const { header, parameters, routes, ...rest } = seen[3].data;
  assertEquals([header.requestId, header.execEndpoint, rest], ["r", "/count", {}]);
  assertEquals(parameters, { n: 3, __results__: { "executor0/rep-0": { made: 3 } } });
  assertEquals(routes.map(({ executor }: { executor: string }) => executor), ["gateway", "executor0"]);
});

Deno.test("Flow streams to whoever writes the media type in capitals", async () => {
  await using served = await Served.start({ uses: Streams });
  const headers = { "content-type": "application/json", accept: "TEXT/EVENT-STREAM" };
  const response = await fetch(served.at("/sync"), {
    method: "POST",
    headers,
    body: '{"data":[{"text":"a"}]}',
  });
  assertEquals(response.headers.get("content-type"), "text/event-stream");
  assertEquals(texts(await Array.fromAsync(eventsOf(response))), ["a", "last"]);
});

Deno.test("Flow answers with all that a generator yields when no stream is asked for", async () => {
  await using served = await Served.start({ uses: Streams });
  const { status, body } = await served.post("/count", { data: [{ text: "n" }], parameters: { n: 40 } });
  assertEquals([status, body.data.length, body.data[39]], [200, 40, { id: "39", text: "n39\n" }]);
  assertEquals(body.parameters.__results__, { "executor0/rep-0": { made: 40 } });
  assertEquals((await served.post("/none", { data: [{ text: "n" }] })).body.data, []);
  const failed = await served.post("/throws", { data: [{ id: "a" }] });
  assertEquals([failed.status, failed.body.data], [500, [{ id: "a" }]], "the documents as they came");
});

Deno.test("Flow streams generators of all kinds, and documents as they were when they were yielded", async () => {
  await using served = await Served.start({ uses: Streams });
  const data = [{ text: "in" }];
  for (
    const [path, wanted] of [
      ["/sync", ["in", "last"]],
      ["/given", ["in", "last"]],
      ["/web", ["one", "two"]],
      ["/none", []],
      ["/grow", ["ina", "inab", "inabc"]],
    ] as const
  ) {
    assertEquals(texts(await events(served, path, { data })), [...wanted], path);
    const { body } = await served.post(path, { data });
    assertEquals(body.data.map(({ text }: { text: string }) => text), [...wanted], path);
  }
});

Deno.test("Flow streams the documents of a handler that is no generator when it is done", async () => {
  await using served = await Served.start({ uses: Streams });
  const seen = await events(served, "/post", {
    data: [{ text: "a" }, { text: "b" }],
    execEndpoint: "/plain",
  });
  assertEquals([names(seen), texts(seen)], [["update", "update", "end"], ["a!", "b!"]]);
  assertEquals(seen[2].data.parameters.__results__, { "executor0/rep-0": { some: "result" } });
});

Deno.test("Flow ends a stream with the error that a generator threw in the middle, and logs it", async () => {
  await using served = await Served.start({ uses: Streams });
  const seen = await events(served, "/throws", { data: [{ id: "a" }] });
  assertEquals([names(seen), texts(seen)], [["update", "error"], ["fine"]]);
  const { status, header, data } = seen[1].data;
  assertEquals([status, header.status.exception.name, header.status.exception.executor], [
    500,
    "RangeError",
    "Streams",
  ]);
  assertEquals([header.status.description, data], ["RangeError: in the middle", [{ id: "a" }]]);
  await served.log.waitFor(
    /ERROR executor0\/rep-0 a request for \/throws failed: RangeError: in the middle at .*_streams\.ts/,
  );
});

Deno.test("Flow answers with a status of its own what goes wrong before a stream begins", async () => {
  await using served = await Served.start({ uses: Streams });
  const failed = await askForEvents(served.at("/throws-first"));
  assertEquals([failed.status, failed.headers.get("content-type")], [500, "text/event-stream"]);
  const [{ name, data }] = await Array.fromAsync(eventsOf(failed));
  assertEquals([name, data.status, data.header.status.description], ["error", 500, "RangeError: at once"]);
  for (const [path, body, status] of [["/nope", {}, 404], ["/count", { data: 5 }, 422]] as const) {
    const refused = await askForEvents(served.at(path), body);
    assertEquals([refused.status, refused.headers.get("content-type")], [status, "application/json"]);
    assert("detail" in await refused.json());
  }
});

Deno.test("Flow says what a generator yielded that is no Document, and lets it clean up", async () => {
  await using served = await Served.start({ uses: Streams });
  for (
    const [odd, what] of [
      [5, "5"],
      ["text", "text"],
      [null, "null"],
      [[{ text: "a" }], /\[\{"text":"a"\}\].*yield\* docs/],
      [{ answer: 5 }, /\{"answer":5\}/],
    ] as const
  ) {
    const seen = await events(served, "/odd", { parameters: { odd } });
    assertEquals(names(seen), ["update", "error"]);
    const said = seen[1].data.header.status.description;
    assertMatch(said, /^TypeError: Cannot stream .*yields Documents/);
    assertMatch(said, new RegExp(what));
    assertEquals((await served.post("/odd", { parameters: { odd } })).status, 500);
  }
  assertMatch(
    (await events(served, "/ends-odd"))[1].data.header.status.description,
    /a generator yields its/,
  );
  assertEquals((await state(served)).open, 0);
});

Deno.test("Flow streams from the last Executor that handles a request; what comes before is collected", async () => {
  const ask = { data: [{ text: "n" }], parameters: { n: 2 } };
  await using served = await Served.start([{ uses: Streams, name: "first" }, { uses: Twice, name: "last" }]);
  assertEquals(texts(await events(served, "/count", ask)), ["a n0", "b n0", "a n1", "b n1"]);
  // The second one does not bind this one, and the first one streams.
  const seen = await events(served, "/sync", ask);
  assertEquals(texts(seen), ["n", "last"]);
  const { routes } = seen[2].data;
  assertEquals(routes.map(({ executor }: { executor: string }) => executor), ["gateway", "first", "last"]);
  await using marked = await Served.start([{ uses: Streams, name: "first" }, { uses: Marks, name: "last" }]);
  assertEquals(texts(await events(marked, "/count", ask)), ["n0>2", "n1>2"]);
  const target = { ...ask, targetExecutor: "first" };
  assertEquals(texts(await events(marked, "/post", { ...target, execEndpoint: "/count" })), ["n0\n", "n1\n"]);
  const nobody = await events(marked, "/count", { ...ask, targetExecutor: "nobody" });
  assertEquals([names(nobody), texts(nobody)], [["update", "end"], ["n"]]);
});

Deno.test("Flow streams from where branches meet, with and without an Executor there", async () => {
  const ask = { data: [{ id: "d", text: "n" }] };
  const adds = [
    { uses: Streams, name: "a", needs: "gateway" },
    { uses: Marks, name: "b", needs: "gateway" },
  ];
  await using open = await Served.start(adds, {}, (flow) => flow.needsAll());
  const merged = await events(open, "/plain", ask);
  assertEquals([names(merged), texts(merged)], [["update", "end"], ["n>1"]]);
  await using closed = await Served.start(adds, {}, (flow) => flow.needsAll({ uses: Twice }));
  assertEquals(texts(await events(closed, "/plain", ask)), ["a n>1", "b n>1"]);
});

Deno.test("Flow ends the generators of clients that go away, 50 at once", async () => {
  await using served = await Served.start({ uses: Streams, replicas: 1 });
  const clients = Array.from({ length: 50 }, () => new AbortController());
  const streams = await Promise.all(clients.map(async ({ signal }, index) => {
    const stream = eventsOf(await askForEvents(served.at(index % 2 ? "/wait" : "/endless"), {}, signal));
    assertEquals((await stream.next()).value?.name, "update");
    return stream;
  }));
  assertEquals((await state(served)).open, 50);
  for (const client of clients) client.abort();
  for (const stream of streams) await Array.fromAsync(stream).catch(() => {});
  await open(served, 0);
});

Deno.test("Flow ends a generator within 100 ms after its client is gone, also while it waits", async () => {
  await using served = await Served.start({ uses: Streams });
  const times: number[] = [];
  for (const _ of Array(9)) {
    const client = new AbortController();
    const stream = eventsOf(await askForEvents(served.at("/wait"), {}, client.signal));
    await stream.next();
    const from = performance.now();
    client.abort();
    await open(served, 0);
    times.push(performance.now() - from);
    await stream.next().catch(() => {});
  }
  const median = times.sort((a, b) => a - b)[4];
  assert(median < 100, `median of ${times}`);
});

Deno.test("Flow lets a generator wait for a client that does not read, and go on when it does", async () => {
  await using served = await Served.start({ uses: Streams });
  const client = new AbortController();
  const size = 1_000_000;
  const stream = eventsOf(await askForEvents(served.at("/endless"), { parameters: { size } }, client.signal));
  await stream.next();
  // The connection itself takes some MB. When nothing has moved for a hundred other requests, nothing moves.
  let [made, still] = [0, 0];
  const settle = async () => {
    while (still < 100) {
      const now = (await state(served)).made;
      still = now === made ? still + 1 : 0;
      made = now;
    }
  };
  await inTime(settle(), "A generator that waits");
  assert(made < 40, `${made} documents of 1 MB were made for a client that reads none`);
  for (let n = 1; n < made + 20; n++) assertEquals((await stream.next()).value?.data.tags.n, n);
  client.abort();
  await stream.next().catch(() => {});
  await open(served, 0);
});

Deno.test("Flow ends a generator that never ends after timeout when no stream is asked for", async () => {
  await using served = await Served.start({ uses: Streams }, { timeout: 200 });
  const { status } = await served.post("/endless", {});
  assertEquals(status, 504);
  await open(served, 0);
});

Deno.test("Flow ends a generator that never ends at 64 MiB of documents when no stream is asked for", async () => {
  await using served = await Served.start({ uses: Streams });
  for (const size of [1 << 20, 1 << 16]) {
    const { status, body } = await served.post("/endless", { parameters: { size } });
    assertEquals(status, 500);
    assertMatch(
      body.header.status.description,
      /Cannot collect what a generator yields: it came to more than 64 MiB of documents/,
    );
  }
  await open(served, 0);
});

Deno.test("Flow cuts a stream that stands still for timeout, and no other", async () => {
  await using served = await Served.start({ uses: Streams }, { timeout: 300 });
  const seen = await events(served, "/wait");
  assertEquals(names(seen), ["update", "error"]);
  assertEquals([seen[1].data.status, seen[1].data.header.status.exception.name], [504, "TimeoutError"]);
  assertMatch(seen[1].data.header.status.description, /stood still for more than 300 ms/);
  const client = new AbortController();
  const from = performance.now();
  let count = 0;
  const stream = eventsOf(await askForEvents(served.at("/endless"), {}, client.signal));
  while (performance.now() - from < 700) assertEquals((await stream.next()).value?.data.tags.n, count++);
  client.abort();
  await stream.next().catch(() => {});
  await open(served, 0);
});

Deno.test("Flow.stream() gives documents one by one, throws typed errors, and ends a generator that is left", async () => {
  await using served = await Served.start({ uses: Streams });
  const { flow } = served;
  const got: string[] = [];
  for await (const doc of flow.stream("/count", { text: "n" }, { parameters: { n: 100 } })) {
    got.push(doc.text);
  }
  assertEquals([got.length, got[99]], [100, "n99\n"]);
  const failing = flow.stream("/throws", { text: "n" });
  assertEquals((await failing.next()).done, false);
  const error = await assertRejects(() => failing.next(), BadServerError, "in the middle");
  assertEquals([error.status, error.executor], [500, "Streams"]);
  for await (const doc of flow.stream("/wait")) {
    assertEquals(doc.text, "first");
    await open(served, 1);
    break;
  }
  await open(served, 0);
});
