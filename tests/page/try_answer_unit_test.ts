/** Answers, charts and differences: pure logic of "Try it". */
import { assert, assertEquals } from "@std/assert";
import { type Answer, Documents, failureOf, issuesOf, stationsOf } from "../../src/page/client/try/answer.ts";
import { differences } from "../../src/page/client/try/diff.ts";
import { latest } from "../../src/page/client/try/latest.ts";
import { RecentRequests } from "../../src/page/client/try/recent.ts";
import { Resender, type Resent } from "../../src/page/client/try/resend.ts";
import { numbersIn, shapeOf, sparkline } from "../../src/page/client/try/sparkline.ts";
import { eventsIn } from "../../src/page/client/try/sse.ts";

const NOW = Date.UTC(2026, 0, 1);

function answer(docs: readonly unknown[], rest: object = {}, at = NOW, status = 200): Answer {
  const all = new Documents();
  for (const doc of docs) all.add(doc);
  return {
    status,
    note: "OK",
    ms: 1,
    at,
    docs: all,
    rest: { header: {}, parameters: {}, routes: [], ...rest },
  };
}

const ids = ["a", "b"].map((one) => one.repeat(32));

Deno.test("differences() says nothing of new ids and of the times of the requests", () => {
  const doc = (id = "", time = 0, ref = "") => ({
    id,
    text: "x",
    tags: { at: new Date(time).toISOString(), ms: time, s: Math.floor(time / 1000) },
    scores: { cos: { value: 1, ref_id: ref } },
    chunks: [{ id: ref, parent_id: id, text: "part" }],
  });
  const before = answer([doc(ids[0], NOW, ids[0])], { routes: [1] });
  const after = answer([doc(ids[1], NOW + 5_000_000, ids[1])], { routes: [2] }, NOW + 5_000_000);
  assertEquals(differences(before, after), []);
  const old = answer([{ tags: { born: "1999-01-01T00:00:00Z" } }]);
  const now = answer([{ tags: { born: "1998-01-01T00:00:00Z" } }]);
  assertEquals(differences(old, now).map(({ place }) => place), ["documents[0].tags.born"]);
});

Deno.test("differences() names fields that were added, removed and changed", () => {
  const before = answer([{ text: "old", tags: { a: 1, "b c": 2 } }, { text: "gone" }]);
  const after = answer([{ text: "new", tags: { a: 1 }, uri: "u" }]);
  assertEquals(differences(before, after), [
    { place: "documents[0].text", before: "old", after: "new" },
    { place: 'documents[0].tags["b c"]', before: "2" },
    { place: "documents[0].uri", after: "u" },
    { place: "documents[1]", before: '{"text":"gone"}' },
    { place: "number of documents", before: "2", after: "1" },
  ]);
});

Deno.test("differences() compares documents by the ids that both answers have", () => {
  const before = answer([{ id: "1", text: "one" }, { id: "2", text: "two" }]);
  const after = answer([{ id: "2", text: "two" }, { id: "1", text: "uno" }, { id: "3" }]);
  assertEquals(differences(before, after).map(({ place }) => place), [
    "order of documents",
    "documents[0].text",
    "documents[2]",
    "number of documents",
  ]);
});

Deno.test("differences() shortens long texts and counts numbers", () => {
  const long = (word: string) => "x".repeat(500) + word + "y".repeat(500);
  const vector = (last: number) => [...Array.from({ length: 9 }, () => 0.5), last];
  const before = answer([{ text: long("old"), embedding: vector(1) }]);
  const after = answer([{ text: long("new"), embedding: vector(1.25) }]);
  const [text, embedding] = differences(before, after);
  assertEquals(text?.after, `…${"x".repeat(40)}new${"y".repeat(40)}…`);
  assertEquals(embedding?.after, "1 of 10 numbers differ, by up to 0.25");
});

Deno.test("differences() tells of another status, error and result", () => {
  const status = { code: 1, description: "TypeError: no", exception: { stacks: [], executor: "Mine" } };
  const failed = answer([], { header: { status } }, NOW, 500);
  assertEquals(differences(answer([]), failed), [
    { place: "status", before: "200", after: "500" },
    { place: "error", after: "TypeError: no" },
  ]);
  const results = (n: number) => ({ parameters: { __results__: { "executor0/rep-0": { n } } } });
  assertEquals(differences(answer([], results(1)), answer([], results(2))), [
    { place: 'parameters.__results__["executor0/rep-0"].n', before: "1", after: "2" },
  ]);
});

Deno.test("differences() finds at most 100", () => {
  const docs = (text: string) => Array.from({ length: 150 }, () => ({ text }));
  assertEquals(differences(answer(docs("a")), answer(docs("b"))).length, 100);
});

Deno.test("Documents keeps the first and the last ones of a stream without an end", () => {
  const docs = new Documents();
  for (let index = 0; index < 10_000; index++) docs.add(index);
  assertEquals(docs.count, 10_000);
  assertEquals(docs.kept.length, 200);
  assertEquals(docs.kept[99], [99, 99]);
  assertEquals(docs.kept[100], [9_900, 9_900]);
  assertEquals(docs.kept.at(-1), [9_999, 9_999]);
});

Deno.test("failureOf() finds the place, issuesOf() the fields, stationsOf() the times", () => {
  const stacks = ["TypeError: no", "    at Mine.handle (/app/mine.ts:4:9)", "    at run (/lib/x.ts:1:1)"];
  const exception = { name: "TypeError", args: ["no"], stacks, executor: "Mine" };
  const header = { status: { code: 1, description: "TypeError: no", exception } };
  const { place, executor } = failureOf(answer([], { header })) ?? {};
  assertEquals([place, executor], [{ file: "/app/mine.ts", line: 4, column: 9 }, "Mine"]);
  assertEquals(failureOf(answer([])), undefined);
  const detail = [
    { loc: ["body", "data", "docs", 0, "price"], msg: "too small" },
    { loc: ["header", "x"], msg: "no" },
  ];
  assertEquals(issuesOf({ rest: { detail } }), [
    { steps: ["data", "0", "price"], message: "too small" },
    { steps: ["header", "x"], message: "no" },
  ]);
  const time = (ms: number) => new Date(ms).toISOString();
  const routes = [
    { executor: "gateway", startTime: time(1000), endTime: time(1010) },
    { executor: "executor0", startTime: time(1002), endTime: time(1009), status: {} },
  ];
  assertEquals(stationsOf(answer([], { routes })), [
    { name: "gateway", from: 0, ms: 10, failed: false },
    { name: "executor0", from: 2, ms: 7, failed: true },
  ]);
});

Deno.test("sparkline() keeps each peak, and has few points", () => {
  const numbers = Array.from({ length: 100_000 }, (_, index) => index === 54_321 ? 9 : Math.sin(index));
  const line = sparkline(numbers, 100, 30);
  assertEquals([line?.length, line?.max], [100_000, 9]);
  const points = line?.points.split(" ") ?? [];
  assert(points.length <= 200, String(points.length));
  assert(points.some((point) => point.endsWith(",0")), "the peak is drawn");
  assertEquals(sparkline([], 100, 30), undefined);
  assertEquals(sparkline([5], 100, 30)?.points, "50,15");
  assertEquals([shapeOf([[1, 2, 3], [4, 5, 6]]), shapeOf(1)], [[2, 3], []]);
  assertEquals(numbersIn([[1, "x", [2]], null, 3]), [1, 2, 3]);
});

Deno.test("eventsIn() reads events across the borders of chunks", async () => {
  const text =
    'event: update\r\ndata: {"text":"ä"}\r\n\r\n: a comment\n\ndata: a\ndata: b\n\nevent: end\ndata: cut';
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  assertEquals(await Array.fromAsync(eventsIn(body)), [
    { event: "update", data: '{"text":"ä"}' },
    { event: "message", data: "a\nb" },
  ]);
});

Deno.test("latest() runs one call at a time, and of the others the last", async () => {
  const ran: number[] = [];
  const gate = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  const run = latest(async (value: number) => {
    ran.push(value);
    await gate.promise;
    if (value === 3) done.resolve();
  });
  for (const value of [1, 2, 3]) run(value);
  gate.resolve();
  await done.promise;
  assertEquals(ran, [1, 3]);
});

Deno.test("Resender compares each answer with the one before, and drops one that a newer load overtakes", async () => {
  const request = { key: "POST /a", body: "{}", stream: true };
  const shown: Resent[] = [];
  let next = Promise.withResolvers<void>();
  const waiting: { text: string; signal: AbortSignal; reply(): void }[] = [];
  let text = "";
  const resender = new Resender(
    (_, signal) => {
      const { promise, resolve } = Promise.withResolvers<Answer>();
      const own = text;
      waiting.push({ text, signal, reply: () => resolve(answer([{ text: own }])) });
      return promise;
    },
    (resent) => {
      shown.push(resent);
      next.resolve();
      next = Promise.withResolvers();
    },
  );
  const sent = async (count: number) => {
    while (waiting.length < count) await Promise.resolve();
  };
  const reply = async (count: number) => {
    await sent(count);
    const done = next.promise;
    waiting.at(-1)?.reply();
    await done;
  };
  resender.again("version 1");
  assertEquals(waiting.length, 0, "nothing is chosen");
  text = "one";
  resender.pin(request);
  await reply(1);
  assertEquals(shown.at(-1)?.changes, undefined);
  resender.again("version 2");
  await reply(2);
  assertEquals(shown.at(-1)?.changes, []);
  text = "two";
  resender.again("version 3");
  await sent(3);
  const overtaken = waiting.at(-1);
  text = "three";
  resender.again("version 4");
  assertEquals(overtaken?.signal.aborted, true);
  overtaken?.reply();
  await reply(4);
  assertEquals(shown.length, 3);
  assertEquals(shown.at(-1)?.cause, "version 4");
  assertEquals(shown.at(-1)?.changes, [{ place: "documents[0].text", before: "one", after: "three" }]);
});

class Memory {
  readonly kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
  removeItem = (key: string) => void this.kept.delete(key);
}

const recent = (key: string, body = "{}") => ({ key, body, stream: true, ms: 1, at: 0, status: 200 });

Deno.test("RecentRequests keeps equal requests once, the newest first, and few", () => {
  const store = new Memory();
  const requests = new RecentRequests(() => store);
  for (let index = 0; index < 30; index++) requests.add(recent(`POST /${index}`));
  requests.add(recent("POST /20"));
  assertEquals(requests.all.length, 20);
  assertEquals(requests.all.slice(0, 2).map(({ key }) => key), ["POST /20", "POST /29"]);
  assertEquals(new RecentRequests(() => store).all, requests.all, "another page reads them");
  requests.add(recent("POST /large", "x".repeat(100_000)));
  assertEquals(requests.all[0]?.key, "POST /large");
  assertEquals(new RecentRequests(() => store).all[0]?.key, "POST /20", "large ones are not stored");
  requests.clear();
  assertEquals([requests.all, store.kept.size], [[], 0]);
});

Deno.test("RecentRequests works where nothing can be stored, and with what others have stored", () => {
  const denied = () => {
    throw new DOMException("denied", "SecurityError");
  };
  const requests = new RecentRequests(denied);
  requests.add(recent("POST /a"));
  assertEquals(requests.all.length, 1);
  const full = Object.assign(new Memory(), { setItem: denied });
  new RecentRequests(() => full).add(recent("POST /a"));
  for (const text of ["{", "1", "null", '[1, {"key": 1}, null]']) {
    const store = new Memory();
    store.setItem("hotflow.try", text);
    assertEquals(new RecentRequests(() => store).all, [], text);
  }
});
