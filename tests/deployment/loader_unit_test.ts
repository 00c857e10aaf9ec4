import { assertEquals, assertRejects } from "@std/assert";
import { LoadError } from "../../src/errors/mod.ts";
import { YIELD_MS } from "../../src/replica/worker_link.ts";
import type { LoadOrder } from "../../src/protocol/protocol.ts";
import { FakeTime } from "../support/fake_time.ts";
import { broken, hang, loaded } from "../support/fake_worker.ts";
import { ENTRY, LOAD, Surroundings } from "./_fakes.ts";

Deno.test("Loader.load() has each worker load its replica", async () => {
  const orders: LoadOrder[] = [];
  await using around = new Surroundings({ load: (order) => (orders.push(order), loaded()) });
  const loader = around.loader(2);
  const version = loader.prepare(7, ENTRY);
  assertEquals([version.state, version.loaded], ["loading", undefined]);
  await loader.load(version, { ...LOAD, mayRename: true });
  assertEquals([version.state, version.loaded?.className], ["ready", "Fake"]);
  assertEquals(
    orders.map(({ deployment, replica, version, mayRename }) => [deployment, replica, version, mayRename]),
    [
      ["executor0", 0, 7, true],
      ["executor0", 1, 7, true],
    ],
  );
  assertEquals(version.replicas.map(({ name }) => name), ["executor0/rep-0", "executor0/rep-1"]);
});

Deno.test("Loader.load() throws what a worker reports, when one of them fails", async () => {
  await using around = new Surroundings({
    load: ({ replica }) => replica === 0 ? loaded() : broken("Unexpected token"),
  });
  const loader = around.loader(2);
  const version = loader.prepare(1, ENTRY);
  const error = await assertRejects(() => loader.load(version, LOAD), LoadError, "Unexpected token");
  assertEquals([error.code, version.state], ["LOAD_FAILED", "loading"]);
  loader.giveUp(version);
  assertEquals([version.state, version.replicas.map(({ state }) => state)], ["failed", ["closed", "closed"]]);
});

Deno.test("Loader.load() stops before the constructor when it pauses, and construct() continues it", async () => {
  await using around = new Surroundings({ load: () => ({ kind: "imported", exclusive: true, files: [] }) });
  const loader = around.loader();
  const version = loader.prepare(1, ENTRY);
  await loader.load(version, { ...LOAD, pause: "always" });
  assertEquals(version.state, "loading");
  await loader.construct(version, false);
  assertEquals(version.state, "ready");
});

Deno.test("Loader.construct() retries while a terminated worker may hold what it needs", async () => {
  using time = new FakeTime();
  let attempts = 0;
  await using around = new Surroundings({
    load: () => ({ kind: "imported", exclusive: true, files: [] }),
    construct: () => ++attempts < 3 ? broken("the port is in use") : loaded(),
  });
  const loader = around.loader();
  const version = loader.prepare(1, ENTRY);
  await loader.load(version, { ...LOAD, pause: "always" });
  await assertRejects(() => loader.construct(version, false), LoadError, "the port is in use");
  const constructed = loader.construct(version, true);
  await time.tick(25);
  await constructed;
  assertEquals([attempts, version.state], [3, "ready"]);
});

Deno.test("Loader.load() fails a load that takes too long, with the files so far", async () => {
  using time = new FakeTime();
  await using around = new Surroundings({ load: hang, files: () => [["/app/endless.ts", "1"]] });
  const loader = around.loader();
  const version = loader.prepare(1, ENTRY);
  const failed = assertRejects(
    () => loader.load(version, LOAD),
    LoadError,
    "not ready within 1000 ms",
  );
  await time.tick(1_000);
  const { code, files, place } = await failed;
  assertEquals([code, files, place?.file], ["LOAD_TIMEOUT", [["/app/endless.ts", "1"]], "/app/executor.ts"]);
  loader.giveUp(version);
  await time.tick(YIELD_MS);
});

Deno.test("Loader.load() does not wait for the files of a worker that does not yield", async () => {
  using time = new FakeTime();
  await using around = new Surroundings({ load: hang, files: hang });
  const loader = around.loader();
  const version = loader.prepare(1, ENTRY);
  const failed = assertRejects(() => loader.load(version, LOAD), LoadError);
  await time.tick(1_000 + YIELD_MS);
  assertEquals((await failed).files, []);
  loader.giveUp(version);
  await time.tick(YIELD_MS);
});

Deno.test("Loader.load() gives up at once when its signal is aborted, and its worker can be used again", async () => {
  await using around = new Surroundings();
  around.launcher.starts = false;
  const loader = around.loader();
  const controller = new AbortController();
  const options = { ...LOAD, signal: controller.signal };
  const version = loader.prepare(1, ENTRY);
  const load = loader.load(version, options);
  controller.abort(new Error("a newer change came in"));
  await assertRejects(() => load, Error, "a newer change came in");
  loader.giveUp(version);
  const [replica] = loader.prepare(1, ENTRY).replicas;
  assertEquals([version.state, replica === version.replicas[0]], ["failed", true]);
  await assertRejects(() => loader.load(version, options), Error, "a newer change came in");
});

Deno.test("Loader.giveUp() leaves a version alone that serves", async () => {
  await using around = new Surroundings();
  const loader = around.loader();
  const version = loader.prepare(1, ENTRY);
  await loader.load(version, LOAD);
  version.become("serving");
  loader.giveUp(version);
  assertEquals([version.state, version.replicas[0].state], ["serving", "ready"]);
});

Deno.test("Loader names its workers in the log, and reports what they import", async () => {
  await using around = new Surroundings();
  const imported: string[] = [];
  const loader = around.loader(1, (path) => imported.push(path));
  await loader.load(loader.prepare(1, ENTRY), LOAD);
  const { last } = around.launcher;
  last.send({ kind: "output", stream: "stderr", text: "printed" });
  last.send({ kind: "imported", file: ["/app/late.ts", "1"] });
  assertEquals([imported, around.trap.lines], [["/app/late.ts"], ["WARNING executor0/rep-0 printed"]]);
});

Deno.test("Loader.workspaceOf() is the folder of the metas, or one of the deployment's own", async () => {
  await using around = new Surroundings();
  const loader = around.loader();
  assertEquals(loader.workspaceOf({ ...ENTRY, metas: { workspace: "/data" } }), "/data");
  assertEquals(loader.workspaceOf(ENTRY).endsWith(".hotflow/executor0"), true);
});
