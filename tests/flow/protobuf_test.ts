/** Requests as protobuf through real workers, without a front. */
import { assert, assertEquals } from "@std/assert";
import type { AddOptions } from "../../mod.ts";
import { CancelToken } from "../../src/async/cancel_token.ts";
import { TopologyManager } from "../../src/flow/topology_manager.ts";
import type { FlowAnswer, FlowResult } from "../../src/gateway/backend.ts";
import { FlowBuilder } from "../../src/graph/flow_builder.ts";
import { Logger } from "../../src/log/logger.ts";
import { settingsOf } from "../../src/options/settings.ts";
import { decodeDocument1, decodeDocuments1, encodeDocuments1 } from "../../src/protobuf/documents_v1.ts";
import { readRequest, writeRequest } from "../../src/protobuf/messages.ts";
import { readStruct, writeStruct } from "../../src/protobuf/struct.ts";
import { StreamQueue } from "../../src/protocol/stream_queue.ts";
import { MIN_TRANSFER } from "../../src/protocol/transfer.ts";
import { threadLauncher } from "../../src/replica/worker_launcher.ts";
import { LogTrap } from "../support/log_trap.ts";
import { contentOf, DOCUMENTS, recordings } from "../protobuf/_recordings.ts";
import { observerOf } from "../../src/metrics/request_observer.ts";
import { Marks } from "./_protobuf.ts";

/** The Executors of a Flow in workers. */
class Workers implements AsyncDisposable {
  private constructor(readonly topologies: TopologyManager) {}

  /** Starts Executors, each with what it needs; without needs, a chain. */
  static async start(names: Record<string, string[] | undefined>, joined = false): Promise<Workers> {
    const builder = new FlowBuilder();
    for (const [name, needs] of Object.entries(names)) {
      builder.add({ uses: Marks, name, needs } as AddOptions & { name: string });
    }
    if (joined) builder.join();
    const log = new Logger("Flow", new LogTrap().sink);
    const { executors } = builder;
    const topologies = new TopologyManager(
      executors,
      builder.graph(),
      settingsOf({}),
      log,
      false,
      threadLauncher,
      observerOf(undefined),
    );
    await topologies.reloads.start();
    return new Workers(topologies);
  }

  /** Sends documents, or a whole request. */
  async run(
    endpoint: string,
    docs: unknown[] | Uint8Array,
    { stream, cancel = new CancelToken(), parameters = {}, codec = "protobuf-1" }: {
      stream?: StreamQueue<Uint8Array>;
      cancel?: CancelToken;
      parameters?: object;
      codec?: string;
    } = {},
  ): Promise<FlowAnswer<Uint8Array>> {
    const body = docs instanceof Uint8Array
      ? docs
      : writeRequest({ requestId: "own", docs: encodeDocuments1(docs), parameters: writeStruct(parameters) });
    return await this.topologies.run({ body, codec, endpoint }, { id: "r", cancel, stream });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.topologies.close();
    await this.topologies.pools.close();
  }
}

function done(answer: FlowAnswer<Uint8Array>): FlowResult<Uint8Array> & { docs: Uint8Array } {
  assert(answer.kind === "done" && answer.docs !== undefined, JSON.stringify(answer));
  return answer as FlowResult<Uint8Array> & { docs: Uint8Array };
}

const FLOATS = Float32Array.from({ length: 768 }, (_, index) => index / 7);

Deno.test("a chain passes protobuf on, and each Executor gets typed arrays", async () => {
  await using workers = await Workers.start({ a: undefined, b: undefined });
  const answer = done(await workers.run("/", [{ id: "1", text: "x", embedding: FLOATS }]));
  const [doc] = decodeDocuments1(answer.docs);
  assertEquals([doc.text, doc.embedding], ["xab", FLOATS]);
  assertEquals([answer.requestId, answer.endpoint, answer.routes.length], ["own", "/", 2]);
  const { results } = done(await workers.run("/types", [{ id: "1", embedding: FLOATS }, { id: "2" }]));
  assertEquals(results.map(([replica, result]) => [replica, readStruct(result)]), [
    ["a/rep-0", { types: ["Float32Array", null] }],
    ["b/rep-0", { types: ["Float32Array", null] }],
  ]);
  // Requests of both kinds at once.
  const answers = await Promise.all([
    workers.run("/", [{ id: "1" }]),
    workers.topologies.run({ body: '{"data":[{"id":"1"}]}', endpoint: "/" }, {
      id: "r",
      cancel: new CancelToken(),
    }),
  ]);
  assertEquals([decodeDocuments1(done(answers[0]).docs)[0].text, (answers[1] as FlowResult).docs], [
    "ab",
    '[{"id":"1","text":"ab"}]',
  ]);
});

Deno.test("documents of the second generation pass a chain unchanged but for what handlers change", async () => {
  await using workers = await Workers.start({ a: undefined, b: undefined });
  const { request } = recordings.find(({ name }) => name === "2_rich") as { request: Uint8Array };
  const { docs } = done(await workers.run("/", request, { codec: "protobuf-2" }));
  const before = contentOf(readRequest(request).docs as Uint8Array, DOCUMENTS[2]);
  const expected = JSON.stringify(before).replace('"text":{"text":"t"}', '"text":{"text":"tab"}');
  assertEquals(contentOf(docs, DOCUMENTS[2]), JSON.parse(expected));
});

Deno.test("branches of protobuf are merged without loss", async () => {
  for (const [needs, joined] of [[["gateway"], true], [["start"], true]] as const) {
    const nodes = { ...(needs[0] === "start" && { start: ["gateway"] }), a: [...needs], b: [...needs] };
    await using workers = await Workers.start(nodes, joined);
    const [doc] = decodeDocuments1(done(await workers.run("/branch", [{ text: "x" }])).docs);
    assertEquals<unknown>([doc.text, doc.embedding, doc.blob], [
      "x",
      Float32Array.of(0.1, NaN),
      Uint8Array.of(1, 2),
    ]);
    assertEquals([doc.tags.a, doc.tags.b], [1, 1]);
  }
});

Deno.test("a handler that fails gives the documents as they were", async () => {
  await using workers = await Workers.start({ a: undefined, b: undefined });
  const docs = Array.from({ length: 100 }, (_, index) => ({ id: `${index}`, text: "x", embedding: FLOATS }));
  const answer = done(await workers.run("/raise", docs));
  assertEquals([answer.error?.info.name, answer.error?.executor, answer.error?.reason], [
    "RangeError",
    "Marks",
    "failed",
  ]);
  // The first Executor's change counts.
  assertEquals(decodeDocuments1(answer.docs).map(({ text }) => text), docs.map(() => "touched"));
  const alone = await Workers.start({ b: undefined });
  await using _ = alone;
  const { docs: original } = done(await alone.run("/raise", docs));
  assertEquals(original, encodeDocuments1(docs));
  const unfit = done(await alone.run("/unfit", docs));
  assert(
    unfit.error?.info.message.includes("docs[0].embedding[1]: expected a row of 2"),
    unfit.error?.info.message,
  );
  assertEquals(unfit.docs, encodeDocuments1(docs));
});

Deno.test("a request that is malformed is invalid, with the place", async () => {
  await using workers = await Workers.start({ a: undefined });
  const body = writeRequest({ requestId: "", docs: Uint8Array.of(10, 2, 10, 9) });
  const answer = await workers.run("/", body);
  assertEquals(answer.kind === "invalid" && answer.issues.map(({ loc }) => loc), [[
    "body",
    "data",
    "docs",
    0,
    "id",
  ]]);
  const unknown = await workers.run("/", body, { codec: "protobuf-3" });
  assert(unknown.kind === "invalid" && unknown.issues[0].msg.includes('unknown codec "protobuf-3"'));
});

Deno.test("a generator streams protobuf, and its documents are collected without a stream", async () => {
  await using workers = await Workers.start({ a: undefined });
  const stream = new StreamQueue<Uint8Array>();
  const parameters = { count: 50 };
  const running = workers.run("/stream", [{ text: "x" }], { stream, parameters });
  await stream.begun;
  const texts: string[] = [];
  running.then(() => stream.end());
  for (let docs = await stream.take(); docs.length > 0; docs = await stream.take()) {
    texts.push(...docs.map((doc) => decodeDocument1(doc).text));
  }
  assertEquals(texts, Array.from({ length: 50 }, (_, index) => `x${index}`));
  const { docs } = done(await workers.run("/stream", [{ text: "x" }], { parameters }));
  assertEquals(decodeDocuments1(docs).map(({ text }) => text), texts);
});

Deno.test("a call that is cancelled while its codec is loaded does not run", async () => {
  await using workers = await Workers.start({ a: undefined });
  const cancel = new CancelToken();
  const stream = new StreamQueue<Uint8Array>();
  const running = workers.run("/endless", [{}], { cancel, stream });
  await new Promise((resolve) => setImmediate(resolve));
  cancel.cancel(new DOMException("gone", "AbortError"));
  assertEquals(
    done({ ...await running, docs: new Uint8Array() } as FlowResult<Uint8Array>).error?.info.message,
    "gone",
  );
  // The worker answers the next one, and no generator is left: close() would wait for it.
  done(await workers.run("/", [{}]));
});

Deno.test("large documents are transferred: the host keeps its own, and the answer owns its bytes", async () => {
  await using workers = await Workers.start({ a: undefined, b: undefined });
  for (const count of [1, 100]) {
    const docs = Array.from({ length: count }, (_, index) => ({ id: `${index}`, embedding: FLOATS }));
    const body = writeRequest({ requestId: "", docs: encodeDocuments1(docs) });
    assertEquals(body.length >= MIN_TRANSFER, count === 100);
    const before = body.slice();
    const answer = done(await workers.run("/", body));
    assertEquals(body, before);
    assertEquals(answer.docs.byteLength, answer.docs.buffer.byteLength);
    assertEquals(decodeDocuments1(answer.docs).map(({ text }) => text), docs.map(() => "ab"));
  }
});
