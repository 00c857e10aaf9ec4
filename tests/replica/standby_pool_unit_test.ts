import { assertEquals, assertNotStrictEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { StandbyPool } from "../../src/replica/standby_pool.ts";
import { Logger } from "../../src/log/logger.ts";
import { FakeTime, settled } from "../support/fake_time.ts";
import { FakeLauncher, hang } from "../support/fake_worker.ts";
import { CancelToken } from "../../src/async/cancel_token.ts";

const OWNER = {};
const LIMITS = { stuckMs: Infinity, closeMs: 1_000 };
const take = (pool: StandbyPool, owner = OWNER) => pool.take(owner).replica;

Deno.test("StandbyPool.take() starts a worker when none waits", async () => {
  const launcher = new FakeLauncher();
  const pool = new StandbyPool(launcher, 0, LIMITS);
  const [first, second] = [take(pool), take(pool)];
  assertNotStrictEquals(first, second);
  assertEquals(launcher.workers.length, 2);
  await pool.close();
});

Deno.test("StandbyPool.refill() starts the missing workers a moment later, one after the other", async () => {
  using time = new FakeTime();
  const launcher = new FakeLauncher();
  const pool = new StandbyPool(launcher, 2, LIMITS);
  pool.refill();
  pool.refill();
  assertEquals(launcher.workers.length, 0);
  await time.tick(12);
  assertEquals(launcher.workers.length, 1);
  await time.tick(100);
  assertEquals(launcher.workers.map(({ kinds }) => kinds), [["warm-up"], ["warm-up"]]);
  take(pool);
  assertEquals(launcher.workers.length, 2);
  await pool.close();
});

Deno.test("StandbyPool.take() prefers a worker that has started, and skips one that has died", async () => {
  using time = new FakeTime();
  const launcher = new FakeLauncher();
  launcher.starts = false;
  const pool = new StandbyPool(launcher, 2, LIMITS);
  pool.refill();
  await time.tick(100);
  const [first, second] = launcher.workers;
  second.send({ kind: "ready" });
  assertEquals(take(pool).state, "standby");
  first.onDeath("out of memory");
  assertEquals(take(pool).state, "starting");
  assertEquals(launcher.workers.length, 3);
  await pool.close();
});

Deno.test("StandbyPool.release() keeps a fresh worker, as many as there may be", async () => {
  const launcher = new FakeLauncher();
  const pool = new StandbyPool(launcher, 1, LIMITS);
  const [first, second] = [take(pool), take(pool)];
  assertEquals([pool.release(first), pool.release(second)], [true, false]);
  assertStrictEquals(take(pool), first);
  await first.load({} as Parameters<typeof first.load>[0]);
  assertEquals(pool.release(first), false);
  await pool.close();
});

Deno.test("StandbyPool.resize() ends the workers that are too many", async () => {
  using time = new FakeTime();
  const launcher = new FakeLauncher();
  const pool = new StandbyPool(launcher, 2, LIMITS);
  pool.refill();
  await time.tick(100);
  pool.resize(1);
  await settled();
  assertEquals(launcher.workers.map(({ isTerminated }) => isTerminated), [false, true]);
  await pool.close();
});

Deno.test("StandbyPool.close() ends all workers, and names those that do not yield", async () => {
  using time = new FakeTime();
  const launcher = new FakeLauncher({ call: hang, ping: hang });
  launcher.killable = false;
  const pool = new StandbyPool(launcher, 1, LIMITS, true);
  const replica = take(pool);
  replica.link.log = new Logger("executor0/rep-0", () => {});
  replica.call({ body: "[]", requestId: "1" }, { id: "1", cancel: new CancelToken() }).catch(() => {});
  pool.refill();
  await settled();
  assertEquals(launcher.last.kinds, ["capture", "call"]);
  const closing = pool.close();
  await time.tick(1_000);
  await closing;
  assertEquals([pool.loops, time.pending], [["executor0/rep-0"], 0]);
  assertThrows(() => take(pool), Error, "Cannot start a worker: the Flow is closed");
});

Deno.test("StandbyPool.prepare() has a deployment's worker import packages, beside one for the others", async () => {
  using time = new FakeTime();
  const launcher = new FakeLauncher({ preload: () => 100 });
  const pool = new StandbyPool(launcher, 0, LIMITS);
  const other = {};
  pool.need(OWNER, 1);
  pool.need(other, 1);
  pool.prepare(OWNER, ["file:///a.js"], true);
  await time.tick(100);
  assertEquals(launcher.workers.map(({ kinds }) => kinds), [["warm-up", "preload"], ["warm-up"]]);
  const cold = take(pool, other);
  assertStrictEquals(take(pool).isFresh, true);
  await cold.ping();
  assertEquals(launcher.workers.map(({ kinds }) => kinds.length), [2, 1]);
  await pool.close();
});

Deno.test("StandbyPool.take() adds a worker to one that is still importing packages", async () => {
  using time = new FakeTime();
  const { promise, resolve } = Promise.withResolvers<number>();
  const launcher = new FakeLauncher({ preload: () => promise });
  const pool = new StandbyPool(launcher, 0, LIMITS);
  pool.need(OWNER, 1);
  pool.prepare(OWNER, ["file:///a.js"], true);
  await time.tick(100);
  const { replica, second } = pool.take(OWNER);
  assertEquals([replica.state, second?.state, launcher.workers.length], ["starting", "standby", 2]);
  assertEquals(pool.release(second!), true);
  resolve(100);
  await settled();
  assertEquals(pool.take(OWNER), { replica: second! });
  await pool.close();
});

Deno.test("StandbyPool.release() does not keep a worker whose packages are not those of the deployment any more", async () => {
  using time = new FakeTime();
  const launcher = new FakeLauncher({ preload: () => 100 });
  const pool = new StandbyPool(launcher, 0, LIMITS);
  pool.need(OWNER, 1);
  pool.prepare(OWNER, ["file:///a.js"], true);
  await time.tick(100);
  const warm = take(pool);
  pool.prepare(OWNER, ["file:///b.js"], true);
  assertEquals(pool.release(warm), false);
  await pool.close();
});

Deno.test("StandbyPool imports no packages again whose import was quick", async () => {
  using time = new FakeTime();
  const launcher = new FakeLauncher({ preload: () => 3 });
  const pool = new StandbyPool(launcher, 0, LIMITS);
  pool.need(OWNER, 1);
  pool.prepare(OWNER, ["file:///a.js"], true);
  await time.tick(100);
  assertEquals(launcher.workers.map(({ kinds, isTerminated }) => [kinds.at(-1), isTerminated]), [
    ["preload", true],
    ["warm-up", false],
  ]);
  take(pool);
  pool.prepare(OWNER, ["file:///a.js"], true);
  await time.tick(100);
  assertEquals(launcher.last.kinds, ["warm-up"]);
  await pool.close();
});

Deno.test("StandbyPool.prepare() gives the packages' place to the deployment that was saved last", async () => {
  using time = new FakeTime();
  const launcher = new FakeLauncher({ preload: () => 100 });
  const pool = new StandbyPool(launcher, 0, LIMITS);
  const other = {};
  for (const owner of [OWNER, other]) pool.need(owner, 1);
  pool.prepare(OWNER, ["file:///a.js"], false);
  pool.prepare(other, ["file:///b.js"], false);
  await time.tick(100);
  const imported = () =>
    launcher.workers.filter(({ isTerminated }) => !isTerminated)
      .flatMap(({ received }) => received.flatMap((one) => one.kind === "preload" ? one.params.urls : []));
  assertEquals(imported(), ["file:///a.js"]);
  pool.prepare(other, ["file:///b.js"], true);
  await time.tick(100);
  assertEquals(imported(), ["file:///b.js"]);
  pool.need(other, 0);
  await time.tick(100);
  assertEquals(imported(), []);
  await pool.close();
});
