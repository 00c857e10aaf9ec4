/** Documents that belong to no Executor are decoded and merged by any worker. */
import { assertEquals } from "@std/assert";
import { Latch } from "../support/latch.ts";
import { PATIENCE_MS } from "../support/log_trap.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Mortal } from "./_mortal.ts";
import { type Reply, Served } from "./_serve.ts";
import { NodeExecutor } from "./_node_executor.ts";

const HI = { data: [{ id: "d", text: "hi" }] };
const BRANCHES = [{ uses: Mortal, name: "mortal" }, { uses: NodeExecutor, name: "other", needs: "gateway" }];

/** Polls until a condition holds. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!await isSo()) {
    if (performance.now() > deadline) throw new Error(`The condition was never true: ${isSo}`);
  }
}

/** Waits until a deployment has as many calls in flight. */
function loaded(served: Served, name: string, calls: number): Promise<void> {
  return until(async () => {
    const { deployments } = await (await fetch(served.at("/status"))).json();
    const found = deployments.find((deployment: { name: string }) => deployment.name === name);
    return found.versions[0].replicas[0].calls === calls;
  });
}

/** A worker in a loop; it dies at the end of the block at the latest. */
interface Spinning extends AsyncDisposable {
  /** Lets it die; returns the answer of its request. */
  end(): Promise<Reply>;
}

async function spin(served: Served, folder: TempFolder): Promise<Spinning> {
  const reply = served.post("/die", { ...HI, parameters: { folder: folder.path } });
  const end = () => folder.write("end", "").then(() => reply);
  await until(() => Deno.stat(folder.at("spins")).then(() => true, () => false));
  return { end, [Symbol.asyncDispose]: () => end().then(() => {}) };
}

Deno.test("Flow loses no request when the worker dies that was to decode it", async () => {
  await using folder = await TempFolder.make();
  await using served = await Served.start(BRANCHES, {}, (flow) => flow.needsAll());
  await using latch = new Latch();
  // The other one is busier than the one that is about to die.
  const busy = Array.from(
    { length: 5 },
    () => served.post("/post", { ...HI, parameters: { latch: latch.url } }),
  );
  await latch.reached(5);
  await loaded(served, "mortal", 0);
  await using spinning = await spin(served, folder);
  const read = served.post("/post", HI);
  await loaded(served, "mortal", 2);
  assertEquals((await spinning.end()).status, 503);
  await served.log.waitFor(/ERROR mortal\/rep-0 ended because self.close\(\) was called; it is replaced/);
  latch.open();
  const { status, body } = await read;
  const merged = { id: "d", text: "hi>other", tags: { mortal: true, other: true } };
  assertEquals([status, body.data], [200, [merged]], JSON.stringify(body));
  for (const { status } of await Promise.all(busy)) assertEquals(status, 200);
});

Deno.test("Flow has a request read by a branch that has time, while another one keeps its thread", async () => {
  await using folder = await TempFolder.make();
  await using served = await Served.start(BRANCHES, {}, (flow) => flow.needsAll());
  await using spinning = await spin(served, folder);
  // The other branch of the same request has ended.
  await loaded(served, "other", 0);
  // The busy one is not asked to read the next one, and need not see it either.
  assertEquals(
    (await served.post("/post", { ...HI, targetExecutor: "other" })).body.data[0].text,
    "hi>other",
  );
  assertEquals((await spinning.end()).status, 503);
});
