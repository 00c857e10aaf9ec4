import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { assertEquals, assertRejects } from "@std/assert";
import { CancelToken } from "../../src/async/cancel_token.ts";
import { StreamQueue } from "../../src/protocol/stream_queue.ts";
import type { Call, LoadOrder } from "../../src/protocol/protocol.ts";
import { Replica } from "../../src/replica/replica.ts";
import { WorkerLink, YIELD_MS } from "../../src/replica/worker_link.ts";
import { Logger } from "../../src/log/logger.ts";
import { CutError } from "../../src/errors/mod.ts";
import { LogTrap } from "../support/log_trap.ts";
import { FakeTime, settled } from "../support/fake_time.ts";
import { broken, FakeLauncher, type FakeMethods, hang } from "../support/fake_worker.ts";

const ORDER = { deployment: "executor0", version: 1 } as LoadOrder;
const CALL: Call = { body: "[]", requestId: "1" };

/** A replica over a fake worker, its log, and why it died. */
function start(methods: Partial<FakeMethods> = {}, { killable = true, stuckMs = Infinity } = {}) {
  const launcher = new FakeLauncher(methods);
  launcher.killable = killable;
  const replica = new Replica(new WorkerLink(launcher, { stuckMs, closeMs: 1_000 }));
  const trap = new LogTrap();
  replica.link.log = new Logger("executor0/rep-0", trap.sink);
  const deaths: string[] = [];
  replica.onDeath = (reason) => deaths.push(reason);
  return { replica, worker: launcher.last, trap, deaths };
}

const context = (cancel = new CancelToken()) => ({ id: "1", cancel });

Deno.test("Replica goes from starting to ready", async () => {
  const { replica } = start();
  assertEquals(replica.state, "starting");
  assertEquals((await replica.load(ORDER)).kind, "ready");
  assertEquals(replica.state, "ready");
});

Deno.test("Replica.load() answers with the failure of the user's code", async () => {
  const { replica } = start({ load: () => broken("Unexpected token") });
  assertEquals(await replica.load(ORDER), broken("Unexpected token"));
  assertEquals(replica.state, "loading");
});

Deno.test("Replica.construct() makes a load ready that paused", async () => {
  const { replica } = start({ load: () => ({ kind: "imported", exclusive: true, files: [] }) });
  assertEquals((await replica.load(ORDER)).kind, "imported");
  assertEquals(replica.state, "loading");
  await replica.construct(1_000);
  assertEquals(replica.state, "ready");
});

Deno.test("Replica.call() counts as in flight until it is answered", async () => {
  const { replica } = start();
  await replica.load(ORDER);
  const answer = replica.call(CALL, context());
  assertEquals(replica.calls, 1);
  assertEquals(await answer, { kind: "done", endpoint: "/", docs: "[]" });
  assertEquals(replica.calls, 0);
});

Deno.test("Replica.call() rejects with the worker's error, and when its token is cancelled", async () => {
  const { replica, worker } = start({
    call: ({ body }) => {
      if (body === "[1]") throw new TypeError("no such document");
      return hang();
    },
  });
  await replica.load(ORDER);
  await assertRejects(() => replica.call({ ...CALL, body: "[1]" }, context()), Error, "no such document");
  const cancel = new CancelToken();
  const answer = replica.call(CALL, context(cancel));
  await settled();
  cancel.cancel(new Error("the client is gone"));
  await assertRejects(() => answer, Error, "the client is gone");
  await settled();
  assertEquals([replica.calls, worker.kinds.at(-1)], [0, "abort"]);
});

Deno.test("Replica.call() rejects what cannot be cloned, and nothing else that was sent with it", async () => {
  const { replica } = start();
  await replica.load(ORDER);
  const odd = { ...CALL, body: (() => {}) as unknown as string, length: 0 };
  const [refused, answered] = await Promise.allSettled([
    replica.call(odd, context()),
    replica.call(CALL, context()),
  ]);
  assertEquals([refused.status, answered.status], ["rejected", "fulfilled"]);
});

Deno.test("Replica.call() pushes the documents of a stream, and reports what was consumed", async () => {
  const { replica, worker } = start({ call: hang });
  await replica.load(ORDER);
  const stream = new StreamQueue();
  const answer = replica.call(CALL, { ...context(), stream });
  await settled();
  const { id } = worker.received.at(-1)!;
  worker.send({ kind: "stream-start", id, stream: { endpoint: "/", requestId: "1" } });
  worker.send({ kind: "stream-chunk", id, doc: "{}" });
  assertEquals([stream.hasBegun, await stream.take()], [true, ["{}"]]);
  await settled();
  assertEquals(worker.received.at(-1), { kind: "window-update", id, credit: 1 });
  assertEquals(replica.cutStreams("the version was closed"), [{ endpoint: "/", requestId: "1" }]);
  await assertRejects(() => answer, DOMException, "the version was closed");
  assertEquals(replica.cutStreams("again"), []);
});

Deno.test("Replica.cutCalls() rejects all calls in flight, and the worker lives on", async () => {
  const { replica } = start({ call: hang });
  await replica.load(ORDER);
  const answers = [replica.call(CALL, context()), replica.call(CALL, context())];
  assertEquals(replica.cutCalls(new Error("cut")), 2);
  for (const answer of answers) await assertRejects(() => answer, Error, "cut");
  assertEquals([replica.calls, replica.alive], [0, true]);
});

Deno.test("Replica.drained() waits for the calls in flight", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { replica } = start({
    call: async () => {
      await promise;
      return { kind: "done", endpoint: "/", docs: "[]" };
    },
  });
  await replica.load(ORDER);
  const answer = replica.call(CALL, context());
  let isDrained = false;
  const drained = replica.drained().then(() => isDrained = true);
  await settled();
  assertEquals([replica.state, isDrained], ["draining", false]);
  resolve();
  await Promise.all([answer, drained]);
});

Deno.test("Replica.closeExecutor() returns the message of its error", async () => {
  const { replica, worker } = start({
    close: () => {
      throw new Error("the database is gone");
    },
  });
  await replica.load(ORDER);
  assertEquals(await replica.closeExecutor(1_000), "Error: the database is gone");
  replica.end("the version was replaced");
  assertEquals([replica.state, await replica.link.gone, worker.isTerminated], ["closed", true, true]);
});

Deno.test("Replica.closeExecutor() ends a worker whose close() takes too long", async () => {
  using time = new FakeTime();
  const { replica } = start({ close: hang });
  await replica.load(ORDER);
  const closing = replica.closeExecutor(1_000);
  await time.tick(1_000);
  assertEquals(await closing, "close() did not end within 1000 ms; `closeTimeout` gives it more time");
  assertEquals(replica.alive, false);
});

Deno.test("Replica.closeExecutor() does not invoke close() where no Executor was loaded", async () => {
  const { replica, worker } = start();
  await replica.link.started;
  await replica.closeExecutor(1_000);
  assertEquals(worker.kinds, []);
});

Deno.test("Replica.abandon() leaves a worker usable whose load has not begun, and belongs to no deployment then", async () => {
  const { replica, worker, trap, deaths } = start();
  const load = replica.load(ORDER);
  replica.abandon("a newer change came in");
  await assertRejects(() => load, Error, "a newer change came in");
  assertEquals((await replica.load(ORDER)).kind, "ready");
  worker.onMessage("posted by the Executor");
  worker.onDeath("out of memory");
  assertEquals([replica.name, trap.lines, deaths], ["a standby worker", [], []]);
});

Deno.test("Replica.abandon() ends a worker whose load has begun", async () => {
  const { replica } = start({ load: hang });
  const load = replica.load(ORDER);
  await settled();
  replica.abandon("a newer change came in");
  await assertRejects(() => load, Error, "a newer change came in");
  assertEquals(replica.state, "closed");
});

Deno.test("Replica reports the death of its worker once, and rejects what is pending", async () => {
  const { replica, worker, deaths } = start({ call: hang });
  await replica.load(ORDER);
  const answer = replica.call(CALL, context());
  worker.onDeath("out of memory");
  worker.onDeath("again");
  const lost =
    "the request was lost: executor0/rep-0 ended because its worker ended: out of memory; a client may";
  await assertRejects(() => answer, CutError, lost);
  assertEquals(deaths, ["its worker ended: out of memory"]);
  await assertRejects(() => replica.call(CALL, context()), Error, "Cannot use a worker that is dead");
});

Deno.test("Replica dies when its code ends the process", async () => {
  const { replica, worker, deaths } = start();
  await replica.load(ORDER);
  worker.send({ kind: "exit", how: "process.exit(1)" });
  assertEquals(deaths, ["process.exit(1) was called"]);
});

Deno.test("Replica logs what its worker sends, and warns of what is not the entry's", async () => {
  const { replica, worker, trap } = start();
  await replica.load(ORDER);
  const imported: string[] = [];
  replica.onImported = ([path]) => imported.push(path);
  worker.send({ kind: "log", record: { level: "info", name: "", message: "hello", time: new Date() } });
  worker.send({ kind: "output", stream: "stdout", text: "printed" });
  worker.send({ kind: "output", stream: "stderr", text: "printed" });
  worker.send({ kind: "uncaught", error: { name: "TypeError", message: "x is not a function", stack: "" } });
  worker.send({ kind: "imported", file: ["/app/late.ts", "1"] });
  worker.onMessage("posted by the Executor");
  assertEquals(imported, ["/app/late.ts"]);
  assertEquals(trap.lines, [
    "INFO executor0/rep-0 hello",
    "INFO executor0/rep-0 printed",
    "WARNING executor0/rep-0 printed",
    "ERROR executor0/rep-0 an error outside of any request: TypeError: x is not a function",
    "WARNING executor0/rep-0 posted a message that nothing receives: in an Executor's worker, postMessage() is " +
    "hotflow's own",
  ]);
});

Deno.test("Replica is stuck while a worker with calls does not answer pings", async () => {
  using time = new FakeTime();
  const pings: (() => void)[] = [];
  const ping = () => new Promise<null>((resolve) => pings.push(() => resolve(null)));
  const { replica, trap } = start({ call: hang, ping }, { stuckMs: 1_000, killable: false });
  await replica.load(ORDER);
  const changes: boolean[] = [];
  replica.onStuckChange = () => changes.push(replica.stuck);
  const cut = assertRejects(() => replica.call(CALL, context()), CutError, "has not yielded for 1000 ms");
  await time.tick(1_000);
  assertEquals(replica.stuck, false);
  await time.tick(200);
  await cut;
  assertEquals([replica.stuck, trap.lines], [true, [
    "ERROR executor0/rep-0 has not yielded for too long: it gets no more requests, and the one in it got 503. " +
    "Save a version that yields, or restart the process; the limit is stuckAfter, 1000 ms",
  ]]);
  pings.forEach((answer) => answer());
  await settled();
  assertEquals([changes, trap.lines.at(-1)], [[true, false], "INFO executor0/rep-0 yields again"]);
  replica.end("the test is over");
  assertEquals(time.pending, 1, "only the wait for a worker with calls that ends is left");
  await time.tick(YIELD_MS);
  assertEquals(time.pending, 0);
});

for (const killable of [true, false]) {
  Deno.test(`Replica.gone is ${killable} for a worker that does not yield, and killable is ${killable}`, async () => {
    using time = new FakeTime();
    const { replica } = start({ call: hang, ping: hang }, { killable });
    await replica.load(ORDER);
    replica.call(CALL, context()).catch(() => {});
    replica.end("the Flow is closed");
    await time.tick(YIELD_MS);
    assertEquals(await replica.link.gone, killable);
  });
}

Deno.test("Replica publishes its states in the channel hotflow:replica", async () => {
  const messages: unknown[] = [];
  const listener = (message: unknown) => messages.push(message);
  subscribe("hotflow:replica", listener);
  try {
    const { replica } = start();
    await replica.load(ORDER);
    assertEquals(
      messages,
      ["standby", "loading", "ready"].map((state) => ({ replica: "executor0/rep-0", state })),
    );
  } finally {
    unsubscribe("hotflow:replica", listener);
  }
});
