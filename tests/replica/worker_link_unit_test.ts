/** Several replicas, versions of one Executor, that share a worker. */
import { assertEquals, assertRejects } from "@std/assert";
import { CancelToken } from "../../src/async/cancel_token.ts";
import { CutError } from "../../src/errors/mod.ts";
import { Logger } from "../../src/log/logger.ts";
import type { Call, LoadOrder } from "../../src/protocol/protocol.ts";
import { Replica } from "../../src/replica/replica.ts";
import { WorkerLink } from "../../src/replica/worker_link.ts";
import { FakeTime, settled } from "../support/fake_time.ts";
import { FakeLauncher, type FakeMethods, hang } from "../support/fake_worker.ts";
import { LogTrap } from "../support/log_trap.ts";

const ORDER = { deployment: "executor0", version: 1 } as LoadOrder;
const CALL: Call = { body: "[]", requestId: "1" };
const context = () => ({ id: "1", cancel: new CancelToken() });

/** A worker with a version that serves. */
async function start(methods: Partial<FakeMethods> = {}, { killable = false, stuckMs = Infinity } = {}) {
  const launcher = new FakeLauncher(methods);
  launcher.killable = killable;
  const link = new WorkerLink(launcher, { stuckMs, closeMs: 1_000 });
  const trap = new LogTrap();
  link.log = new Logger("executor0/rep-0", trap.sink);
  const first = new Replica(link);
  await first.load(ORDER);
  const deaths: string[] = [];
  first.onDeath = (reason) => deaths.push(reason);
  return { link, first, trap, deaths, worker: launcher.last };
}

Deno.test("Replica.next() loads in the same worker, from the version before", async () => {
  const { first, worker } = await start();
  const second = first.next();
  assertEquals([second.link === first.link, second.state, second.isFresh], [true, "loading", false]);
  assertEquals((await second.load({ ...ORDER, version: 2 })).kind, "ready");
  assertEquals(second.state, "ready");
  const third = second.next();
  await third.load({ ...ORDER, version: 3 });
  const loads = worker.received.flatMap((message) => message.kind === "load" ? [message] : []);
  assertEquals(loads.map(({ instance, params }) => [instance, params.base]), [
    [undefined, undefined],
    [1, 0],
    [2, 1],
  ]);
});

Deno.test("WorkerLink passes the messages of an instance to its replica", async () => {
  const { first, worker } = await start({ call: hang });
  const second = first.next();
  await second.load(ORDER);
  const imported: string[] = [];
  first.onImported = ([path]) => imported.push(`first ${path}`);
  second.onImported = ([path]) => imported.push(`second ${path}`);
  worker.send({ kind: "imported", file: ["/app/a.ts", "1"] });
  worker.send({ kind: "imported", file: ["/app/b.ts", "1"], instance: 1 });
  worker.send({ kind: "imported", file: ["/app/c.ts", "1"], instance: 7 });
  assertEquals(imported, ["first /app/a.ts", "second /app/b.ts"]);
  const calls = [first.call(CALL, context()), second.call(CALL, context())];
  await settled();
  const [one, two] = worker.received.filter(({ kind }) => kind === "call");
  worker.send({
    kind: "answer",
    id: two.id,
    instance: 1,
    result: { kind: "done", endpoint: "/", docs: "two" },
  });
  worker.send({ kind: "answer", id: one.id, result: { kind: "done", endpoint: "/", docs: "one" } });
  assertEquals((await Promise.all(calls)).map((answer) => (answer as { docs?: string }).docs), [
    "one",
    "two",
  ]);
});

Deno.test("WorkerLink ends its worker with the last replica, and releases the others", async () => {
  const { link, first, worker, deaths } = await start();
  const second = first.next();
  await second.load(ORDER);
  first.end("the version was replaced");
  await settled();
  assertEquals([first.state, second.alive, worker.isTerminated], ["closed", true, false]);
  assertEquals(worker.received.at(-1), { kind: "release", id: 0, params: { overtaken: false }, instance: 0 });
  second.end("the Flow is closed");
  assertEquals([worker.isTerminated, await link.gone, deaths], [true, true, []]);
});

Deno.test("Replica.abandon() releases a load in place as overtaken, and the worker lives on", async () => {
  let loads = 0;
  const { first, worker } = await start({ load: () => loads++ === 0 ? LOADED : hang() });
  const second = first.next();
  const load = second.load(ORDER);
  await settled();
  second.abandon("a newer change came in");
  await assertRejects(() => load, Error, "a newer change came in");
  await settled();
  assertEquals([first.state, second.state, worker.isTerminated], ["ready", "closed", false]);
  const release = worker.received.find(({ kind }) => kind === "release");
  assertEquals(release, { kind: "release", id: 0, params: { overtaken: true }, instance: 1 });
});

Deno.test("WorkerLink.die() ends all replicas, and each reports it", async () => {
  const { first, worker, deaths } = await start();
  const second = first.next();
  second.onDeath = (reason) => deaths.push(`second: ${reason}`);
  const load = second.load(ORDER);
  worker.onDeath("out of memory");
  await assertRejects(() => load, Error, "out of memory");
  const reason = "its worker ended: out of memory";
  assertEquals([first.state, second.state, deaths], ["dead", "dead", [reason, `second: ${reason}`]]);
  assertEquals(second.wasHeldUp, true);
});

Deno.test("Replica.wasHeldUp is false once the worker has begun with a load in place", async () => {
  const { first, link, worker } = await start();
  const second = first.next();
  worker.send({ kind: "loading", instance: 1, contents: [["/app/a.ts", "1", new Uint8Array([7])]] });
  assertEquals([first.wasHeldUp, second.wasHeldUp], [false, false]);
  assertEquals([...link.contents], [["/app/a.ts", ["1", new Uint8Array([7])]]]);
});

Deno.test("WorkerLink.kept is what the worker keeps, and Replica.found what others have made", async () => {
  const { first, link, worker } = await start();
  assertEquals(link.kept, []);
  worker.send({ kind: "kept", values: [["model", 0, true], ["index", 1, false]], disposing: [] });
  assertEquals(link.kept.map(([name]) => name), ["model", "index"]);
  assertEquals([first.found, first.next().found], [["index"], ["model"]]);
  assertEquals(link.making, ["index"]);
  assertEquals((await start()).link.kept, []);
});

Deno.test("Replica.wasHeldUp is true when the worker dies of a call that is older than the load", async () => {
  for (const answers of [true, false]) {
    const { first, worker } = await start(answers ? {} : { call: hang });
    const call = first.call(CALL, context());
    if (answers) await call;
    const second = first.next();
    const load = second.load(ORDER);
    worker.send({ kind: "loading", instance: 1, contents: [] });
    worker.onDeath("out of memory");
    await Promise.allSettled([call, load]);
    assertEquals(second.wasHeldUp, !answers);
  }
});

const LOADED = await new FakeLauncher().methods.load(ORDER, new FakeLauncher().launch());

/** A worker that does not answer from its second load on. */
function looping(): Partial<FakeMethods> {
  let loads = 0;
  const isStuck = () => loads > 1;
  return {
    load: () => ++loads === 1 ? LOADED : hang(),
    ping: () => isStuck() ? hang() : null,
    release: () => isStuck() ? hang() : null,
    call: () => isStuck() ? hang() : { kind: "done", endpoint: "/", docs: "[]" },
  };
}

Deno.test("WorkerLink ends a worker that does not yield during a load in place, killable or not", async () => {
  using time = new FakeTime();
  const { first, deaths, trap, worker } = await start(looping(), { stuckMs: 1_000 });
  const load = first.next().load(ORDER);
  const cut = assertRejects(() => first.call(CALL, context()), CutError, "has not yielded for 1000 ms");
  load.catch(() => {});
  await time.tick(1_200);
  await cut;
  await assertRejects(() => load, Error, "it did not yield for 1000 ms");
  assertEquals([worker.isTerminated, deaths], [true, ["it did not yield for 1000 ms"]]);
  assertEquals(trap.lines, [
    "ERROR executor0/rep-0 has not yielded for too long: it gets no more requests, and the one in it got 503. " +
    "The limit is stuckAfter, 1000 ms",
  ]);
});

Deno.test("WorkerLink ends a worker that does not yield after a load in place was given up", async () => {
  using time = new FakeTime();
  const { first, deaths } = await start(looping(), { stuckMs: 1_000 });
  const second = first.next();
  second.load(ORDER).catch(() => {});
  await settled();
  second.end("its version was given up");
  await time.tick(1_200);
  assertEquals(deaths, ["it did not yield for 1000 ms"]);
  assertEquals(time.pending, 0);
});

Deno.test("WorkerLink stops watching a worker that answers after a load in place was given up", async () => {
  using time = new FakeTime();
  let loads = 0;
  const { first, deaths } = await start({ load: () => loads++ === 0 ? LOADED : hang() }, { stuckMs: 1_000 });
  const second = first.next();
  second.load(ORDER).catch(() => {});
  await settled();
  second.end("its version was given up");
  await time.tick(5_000);
  assertEquals([deaths, first.alive, time.pending], [[], true, 0]);
});
