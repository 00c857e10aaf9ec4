import { CutError } from "../../src/errors/mod.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { cutCalls, drain } from "../../src/deployment/_version_drain.ts";
import type { Version } from "../../src/deployment/version.ts";
import type { FakeWorker } from "../support/fake_worker.ts";
import { FakeTime, settled } from "../support/fake_time.ts";
import { hang } from "../support/fake_worker.ts";
import { CALL, context, ENTRY, LOAD, Surroundings } from "./_fakes.ts";

/** A version that serves. */
async function serving(around: Surroundings): Promise<Version> {
  const loader = around.loader();
  const version = loader.prepare(1, ENTRY);
  await loader.load(version, LOAD);
  version.become("serving");
  return version;
}

/** Begins a stream as the answer of the call that was sent last. */
async function beginStream(worker: FakeWorker): Promise<void> {
  await settled();
  const { id } = worker.received.findLast(({ kind }) => kind === "call")!;
  worker.send({ kind: "stream-start", id, stream: { endpoint: "/tokens", requestId: "1" } });
}

Deno.test("drain() lets calls finish, then closes the Executors and ends the workers", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using around = new Surroundings({
    call: async () => {
      await promise;
      return { kind: "done", endpoint: "/", docs: "[]" };
    },
  });
  const version = await serving(around);
  const answer = version.replicas[0].call(CALL, context());
  const drained = drain(version, 1_000);
  await settled();
  assertEquals([version.state, around.launcher.last.kinds], ["draining", ["load", "call"]]);
  resolve();
  await answer;
  await drained;
  assertEquals([version.state, around.launcher.last.kinds], ["closed", ["load", "call", "close"]]);
  assertEquals(around.launcher.last.isTerminated, true);
});

Deno.test("drain() logs a close() that failed", async () => {
  await using around = new Surroundings({
    close: () => {
      throw new Error("the disk is full");
    },
  });
  await drain(await serving(around), 1_000);
  assertEquals(around.warnings, ["close() of version 1 failed: Error: the disk is full"]);
});

Deno.test("drain() cuts streams that go on for too long", async () => {
  using time = new FakeTime();
  await using around = new Surroundings({ call: hang });
  const version = await serving(around);
  const answer = version.replicas[0].call(CALL, context());
  await beginStream(around.launcher.last);
  const drained = drain(version, 1_000, 2_000);
  const cut = assertRejects(() => answer, DOMException, "cut by a restart");
  await time.tick(2_000);
  await cut;
  await time.tick(1_000);
  await drained;
  assertEquals(around.warnings, ["streams that a restart has cut after 2000 ms: /tokens (request 1)"]);
});

Deno.test("cutCalls() ends a worker with calls, and leaves one with streams only", async () => {
  using time = new FakeTime();
  await using around = new Surroundings({ call: hang });
  const [streaming, busy] = [await serving(around), await serving(around)];
  const stream = streaming.replicas[0].call(CALL, context());
  await beginStream(around.launcher.workers[0]);
  const call = busy.replicas[0].call(CALL, context());
  for (const { replicas: [replica] } of [streaming, busy]) cutCalls(replica);
  await assertRejects(() => stream, DOMException, "its version was closed before it was over");
  await assertRejects(() => call, CutError, "its version was closed before it answered");
  assertEquals([streaming.replicas[0].alive, busy.replicas[0].alive], [true, false]);
  assertEquals(around.warnings, [
    "requests in flight that were cut: 1, streams: /tokens (request 1)",
    "requests in flight that were cut: 1",
  ]);
  streaming.replicas[0].end("the test is over");
  await time.tick(1_000);
});
