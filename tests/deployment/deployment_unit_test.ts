import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { CancelToken } from "../../src/async/cancel_token.ts";
import { CutError, DownError, LoadError } from "../../src/errors/mod.ts";
import type { LoadAnswer } from "../../src/protocol/protocol.ts";
import { FakeTime, settled } from "../support/fake_time.ts";
import type { SavedState } from "../../src/protocol/protocol.ts";
import { broken, type FakeMethods, hang, loaded } from "../support/fake_worker.ts";
import { CALL, context, ENTRY, Surroundings } from "./_fakes.ts";

/** Answers each load with the next of these, and then always with the last. */
function loads(...answers: LoadAnswer[]): Pick<FakeMethods, "load"> {
  return { load: () => (answers.length > 1 ? answers.shift() : answers[0])! };
}

Deno.test("Deployment.swap() makes a version serve, and drains the one before", async () => {
  await using around = new Surroundings(loads(loaded(), loaded({ className: "Renamed", hasDefault: true })));
  const deployment = around.deployment();
  assertEquals([deployment.binds("/"), deployment.load], [undefined, Infinity]);
  const first = await deployment.swap(ENTRY, "start");
  assertEquals([first.version, deployment.binds("/"), deployment.binds("/other")], [1, true, false]);
  const old = deployment.serving!;
  await deployment.swap(ENTRY, "reload");
  assertEquals([deployment.serving?.loaded?.className, deployment.binds("/other")], ["Renamed", true]);
  assertEquals(deployment.draining, [old]);
  await settled();
  assertEquals([old.state, deployment.draining], ["closed", []]);
  assertEquals(deployment.history.records.map(({ version, kind }) => [version, kind]), [[1, "start"], [
    2,
    "reload",
  ]]);
});

Deno.test("Deployment.call() goes to the least busy replica", async () => {
  await using around = new Surroundings({ call: hang });
  const deployment = around.deployment({ replicas: 2 });
  await deployment.swap(ENTRY, "start");
  assertEquals([deployment.load, deployment.complete], [0, true]);
  const calls = [1, 2, 3].map(() => deployment.call(CALL, context()).catch(() => {}));
  assertEquals(deployment.serving?.replicas.map((replica) => replica.calls), [2, 1]);
  assertEquals(deployment.load, 1);
  deployment.cut("all");
  await Promise.all(calls);
});

Deno.test("Deployment.swap() that fails leaves the old version serving, and keeps the error until one serves", async () => {
  await using around = new Surroundings(loads(loaded(), broken("Unexpected token"), loaded()));
  const deployment = around.deployment();
  await deployment.swap(ENTRY, "start");
  const old = deployment.serving;
  const error = await assertRejects(() => deployment.swap(ENTRY, "reload"), LoadError, "Unexpected token");
  assertEquals([error.code, deployment.history.lastError?.info.message], ["LOAD_FAILED", "Unexpected token"]);
  assertStrictEquals(deployment.serving, old);
  assertEquals([deployment.loading, await deployment.call(CALL, context())], [undefined, {
    kind: "done",
    endpoint: "/",
    docs: "[]",
  }]);
  await deployment.swap(ENTRY, "reload");
  assertEquals([deployment.serving?.number, deployment.history.lastError], [3, undefined]);
});

Deno.test("Deployment.call() rejects with the reason while no version serves", async () => {
  await using around = new Surroundings(loads(broken("Unexpected token")));
  const deployment = around.deployment();
  await assertRejects(() => deployment.call(CALL, context()), DownError, "no version of it is loaded");
  await assertRejects(() => deployment.swap(ENTRY, "start"), LoadError);
  const error = await assertRejects(() => deployment.call(CALL, context()), DownError);
  assertEquals(
    error.message,
    "executor0 is down: SyntaxError: Unexpected token\nSave its source to bring it back.",
  );
});

Deno.test("Deployment.swap() that is aborted gives back its number, and leaves no error", async () => {
  await using around = new Surroundings({ load: hang });
  const deployment = around.deployment();
  const controller = new AbortController();
  const swap = deployment.swap(ENTRY, "start", { signal: controller.signal });
  await settled();
  assertEquals(deployment.loading?.number, 1);
  controller.abort(new Error("a newer change came in"));
  await assertRejects(() => swap, Error, "a newer change came in");
  around.launcher.methods.load = () => loaded();
  assertEquals((await deployment.swap(ENTRY, "start")).version, 1);
  assertEquals([deployment.history.records.length, deployment.history.lastError], [1, undefined]);
});

Deno.test("Deployment.swap() that is aborted in place keeps its number: the worker has modules of it", async () => {
  await using around = new Surroundings();
  const deployment = around.deployment({ reloadMode: "in-place" });
  await deployment.swap(ENTRY, "start");
  const controller = new AbortController();
  around.launcher.methods.load = hang;
  const swap = deployment.swap(ENTRY, "reload", { signal: controller.signal });
  await settled();
  controller.abort(new Error("a newer change came in"));
  await assertRejects(() => swap, Error, "a newer change came in");
  around.launcher.methods.load = () => loaded();
  assertEquals((await deployment.swap(ENTRY, "reload")).version, 3);
});

Deno.test("Deployment.swap() awaits `ready` before the new version serves", async () => {
  await using around = new Surroundings();
  const deployment = around.deployment();
  let serving: unknown = "not called";
  const ready = () => {
    serving = deployment.serving;
    return Promise.resolve();
  };
  await deployment.swap(ENTRY, "start", { ready });
  assertEquals([serving, deployment.serving?.number], [undefined, 1]);
});

Deno.test("Deployment.swap() hands the state over while calls are held, on a reload only", async () => {
  const restored: unknown[] = [];
  const { promise: saved, resolve } = Promise.withResolvers<SavedState>();
  await using around = new Surroundings({
    ...loads(loaded({ stateful: true })),
    save: () => saved,
    restore: (state) => (restored.push(state), null),
  });
  const deployment = around.deployment();
  await deployment.swap(ENTRY, "start");
  const swap = deployment.swap(ENTRY, "reload");
  await settled(10);
  assertEquals(deployment.load, Infinity);
  const answer = deployment.call(CALL, context());
  resolve({ value: { count: 3 } });
  await Promise.all([swap, answer]);
  assertEquals([restored, deployment.serving?.number], [[{ value: { count: 3 } }], 2]);
  assertEquals(around.launcher.workers.map(({ kinds }) => kinds.includes("call")), [false, true]);
  await deployment.swap(ENTRY, "restart");
  assertEquals(restored.length, 1);
});

Deno.test("Deployment.swap() fails when the state cannot be saved; the next version starts without it", async () => {
  await using around = new Surroundings({
    ...loads(loaded({ stateful: true })),
    save: () => {
      throw new Error("not now");
    },
  });
  const deployment = around.deployment();
  await deployment.swap(ENTRY, "start");
  const error = await assertRejects(() => deployment.swap(ENTRY, "reload"), LoadError, "saveState() failed");
  assertEquals([error.code, deployment.serving?.number], ["STATE_NOT_SAVED", 1]);
  await deployment.swap(ENTRY, "reload");
  assertEquals(deployment.serving?.number, 3);
  assert(around.trap.lines.includes(
    "WARNING executor0/rep-0 version 3 starts without the state that could not be saved",
  ));
});

Deno.test("Deployment replaces a replica that dies, and calls wait for the last one", async () => {
  await using around = new Surroundings();
  const deployment = around.deployment();
  await deployment.swap(ENTRY, "start");
  around.launcher.last.onDeath("out of memory");
  assertEquals([deployment.downReason, deployment.complete], [undefined, false]);
  const cancel = new CancelToken();
  const cancelled = deployment.call(CALL, context(cancel));
  cancel.cancel(new Error("the client is gone"));
  await assertRejects(() => cancelled, Error, "the client is gone");
  assertEquals((await deployment.call(CALL, context())).kind, "done");
  assertEquals([deployment.complete, deployment.serving?.number], [true, 1]);
  assertEquals(around.trap.lines, [
    "ERROR executor0/rep-0 ended because its worker ended: out of memory; it is replaced",
  ]);
});

Deno.test("Deployment leaves a replica down that dies again and again", async () => {
  await using around = new Surroundings();
  const deployment = around.deployment();
  await deployment.swap(ENTRY, "start");
  const seen: (string | undefined)[] = [];
  deployment.onChange = () => seen.push(deployment.downReason);
  for (let death = 1; death <= 4; death++) {
    around.launcher.last.onDeath("out of memory");
    await settled();
  }
  assertEquals(around.launcher.workers.length, 4);
  const reason =
    "it ended again and again, the last time because its worker ended: out of memory; it is left down";
  assertEquals(deployment.history.lastError?.info.message, reason);
  assertEquals(
    deployment.downReason,
    `executor0 is down: Error: ${reason}\nSave its source to bring it back.`,
  );
  assertEquals(seen, [undefined, undefined, undefined, deployment.downReason]);
  await deployment.swap(ENTRY, "reload");
  assertEquals([deployment.downReason, deployment.history.lastError], [undefined, undefined]);
  assertEquals(seen.at(-1), undefined);
});

Deno.test("Deployment tells when its worker does not yield, and when it yields again", async () => {
  using time = new FakeTime();
  const yields = Promise.withResolvers<null>();
  await using around = new Surroundings({ call: hang, ping: () => yields.promise }, 1_000);
  around.launcher.killable = false;
  const deployment = around.deployment();
  await deployment.swap(ENTRY, "start");
  const seen: (string | undefined)[] = [];
  deployment.onChange = () => seen.push(deployment.downReason);
  const cut = assertRejects(() => deployment.call(CALL, context()), CutError);
  await time.tick(2_000);
  await cut;
  yields.resolve(null);
  await settled();
  const reason = "executor0 is down: executor0/rep-0 does not yield\nSave its source to bring it back.";
  assertEquals(seen, [reason, undefined]);
});

Deno.test("Deployment does not replace a replica by other code, which is loaded for all of them", async () => {
  await using around = new Surroundings(
    loads(loaded({ files: [["/a.ts", "1"]] }), loaded({ files: [["/a.ts", "2"]] })),
  );
  const deployment = around.deployment();
  const outdated: (readonly string[])[] = [];
  deployment.onOutdated = (changed) => Promise.resolve(void outdated.push(changed));
  await deployment.swap(ENTRY, "start");
  around.launcher.last.onDeath("out of memory");
  await settled();
  assertEquals([outdated, deployment.complete], [[["/a.ts"]], false]);
});

Deno.test("Deployment answers and replaces a worker that does not yield", async () => {
  using time = new FakeTime();
  await using around = new Surroundings({ call: hang, ping: hang }, 1_000);
  const deployment = around.deployment();
  await deployment.swap(ENTRY, "start");
  const answer = deployment.call(CALL, context());
  const cut = assertRejects(() => answer, CutError, "executor0/rep-0 has not yielded for 1000 ms");
  await time.tick(2_000);
  await cut;
  assertEquals([deployment.complete, around.launcher.workers.length], [true, 2]);
});

Deno.test("Deployment.swap() closes an exclusive version before the next one is constructed", async () => {
  const steps: string[] = [];
  await using around = new Surroundings({
    load: ({ version, pause }) => {
      steps.push(`load ${version}, pause ${pause}`);
      return pause === "always"
        ? { kind: "imported", exclusive: true, files: [] }
        : loaded({ exclusive: true });
    },
    construct: () => (steps.push("construct"), loaded({ exclusive: true })),
    close: () => (steps.push("close"), null),
  });
  const deployment = around.deployment();
  await deployment.swap(ENTRY, "start");
  await deployment.swap(ENTRY, "reload");
  await settled();
  assertEquals(steps.slice(0, 4), ["load 1, pause never", "load 2, pause always", "close", "construct"]);
  assertEquals([deployment.serving?.number, deployment.load], [2, 0]);
});

Deno.test("Deployment.swap() sets an exclusive version up again when its successor fails", async () => {
  await using around = new Surroundings({
    load: ({ pause }) =>
      pause === "always" ? { kind: "imported", exclusive: true, files: [] } : loaded({ exclusive: true }),
    construct: () => broken("the constructor threw"),
  });
  const deployment = around.deployment();
  await deployment.swap(ENTRY, "start");
  await assertRejects(() => deployment.swap(ENTRY, "reload"), LoadError, "the constructor threw");
  assertEquals([deployment.serving?.number, deployment.complete], [1, true]);
  assertEquals(around.launcher.workers[0].kinds, ["load", "close", "resume"]);
});

Deno.test("Deployment.swap() that neither version survives leaves nothing serving, and says why", async () => {
  await using around = new Surroundings({
    load: ({ pause }) =>
      pause === "always" ? { kind: "imported", exclusive: true, files: [] } : loaded({ exclusive: true }),
    construct: () => broken("the constructor threw"),
    resume: () => {
      throw new Error("setup() threw");
    },
  });
  // Its retries would take time.
  using time = new FakeTime();
  const deployment = around.deployment();
  await deployment.swap(ENTRY, "start");
  const old = deployment.serving;
  const failed = assertRejects(
    () => deployment.swap(ENTRY, "reload"),
    LoadError,
    "version 1 could not continue either",
  );
  await time.tick(5_000);
  await failed;
  assertEquals([deployment.serving, old?.state], [undefined, "closed"]);
  assert(deployment.downReason?.includes("the constructor threw"));
});

Deno.test("Deployment.suspend() closes the Executors for another deployment, until takeBack()", async () => {
  await using around = new Surroundings();
  const deployment = around.deployment();
  await deployment.swap(ENTRY, "start");
  assertEquals(await deployment.suspend(new AbortController().signal, 0), false);
  assertEquals([deployment.complete, deployment.load], [false, Infinity]);
  const held = deployment.call(CALL, context());
  await deployment.takeBack();
  assertEquals([(await held).kind, deployment.complete], ["done", true]);
  await deployment.suspend(new AbortController().signal, 0);
  deployment.refuseCalls();
  await assertRejects(() => deployment.call(CALL, context()), CutError, "the request came too late");
  await deployment.takeBack();
});

Deno.test("Deployment.cut() rejects the calls in flight, and those that wait", async () => {
  await using around = new Surroundings({ call: hang });
  const deployment = around.deployment();
  await deployment.swap(ENTRY, "start");
  const answer = deployment.call(CALL, context());
  deployment.cut("stuck");
  assertEquals(deployment.load, 1);
  deployment.cut("all");
  await assertRejects(() => answer, CutError, "its version was closed before it answered");
  assert(around.trap.lines.includes("WARNING executor0/rep-0 requests in flight that were cut: 1"));
});

Deno.test("Deployment.close() lets calls finish, closes the Executors, and gives up what is being loaded", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using around = new Surroundings({
    load: ({ version }) => version === 1 ? loaded() : hang(),
    call: async () => {
      await promise;
      return { kind: "done", endpoint: "/", docs: "[]" };
    },
  });
  const deployment = around.deployment();
  await deployment.swap(ENTRY, "start");
  const answer = deployment.call(CALL, context());
  const swap = deployment.swap(ENTRY, "reload");
  await settled();
  const closing = deployment.close();
  await assertRejects(() => swap, Error, "the Flow is closed");
  await assertRejects(() => deployment.call(CALL, context()), DownError, "executor0 is down");
  assertEquals(around.launcher.workers[0].isTerminated, false);
  resolve();
  await Promise.all([answer, closing]);
  assertEquals(around.launcher.workers.map(({ isTerminated }) => isTerminated), [true, true]);
  assertEquals(around.launcher.workers[0].kinds, ["load", "call", "close"]);
});
