/** Executors in processes of their own: what happens to one does not happen to the others, or to the Flow. */
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { FlowProcess } from "../support/process.ts";
import { target } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";
import type { Seen } from "../support/traffic.ts";
import { executorSource, isAlive, serveIsolated, until } from "./_isolated.ts";

/** Two Executors, of which a request names one by `targetExecutor`. */
const [GOOD, BAD] = [{ name: "good" }, { name: "bad" }];

function pidIn({ text }: Seen): number {
  return Number(text.split(" ").at(-1));
}

/** What the requests in a process are told that has ended. */
function lostBecause(reason: string): RegExp {
  return new RegExp(
    `CutError: the request was lost: bad/rep-0 ended because .*${reason}; a client may send it again`,
  );
}

async function askOf(running: FlowProcess, name: string, endpoint = "/"): Promise<Seen> {
  const response = await fetch(`http://127.0.0.1:${running.port}${endpoint}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ data: [{}], targetExecutor: name }),
  });
  const body = await response.text();
  const text = response.ok ? JSON.parse(body).data[0].text : "";
  return { status: response.status, body, text } as Seen;
}

for (
  const [endpoint, options, reason] of [
    ["/loop", {}, /has not yielded for 400 ms/],
    ["/crash", {}, lostBecause("the process ended with signal SIGKILL")],
    ...(target.name === "deno"
      ? [["/segfault", {}, lostBecause("the process ended with signal SIGSEGV")]]
      : []),
    ["/abort", {}, lostBecause("process\\.abort\\(\\) was called")],
    ["/exit", {}, lostBecause("process\\.exit\\(3\\) was called")],
    ...(target.name === "bun"
      ? []
      : [["/heap", { memory: 96 }, lostBecause("out of memory: `memory` allows 96 MB")]]),
    ["/arrays", { memory: 96 }, lostBecause("out of memory: `memory` allows 96 MB")],
  ] as [string, object, RegExp][]
) {
  Deno.test(`${endpoint} in a process: 503 with the reason, a new process, and another Executor serves on`, async () => {
    await using folder = await TempFolder.make();
    await folder.write("isolated.ts", executorSource());
    await using running = await serveIsolated(folder, [GOOD, { ...BAD, ...options }], {
      stuckAfter: endpoint === "/loop" ? 400 : 10_000,
    });
    const [bad, good] = [pidIn(await askOf(running, "bad")), pidIn(await askOf(running, "good"))];
    let isOver = false;
    const failing = askOf(running, "bad", endpoint).finally(() => isOver = true);
    let beside = 0;
    while (!isOver) {
      const seen = await askOf(running, "good");
      assertEquals([seen.status, pidIn(seen)], [200, good], seen.body);
      beside++;
    }
    assert(beside > 0);
    const { status, body } = await failing;
    assertEquals(status, 503);
    assertMatch(body, reason);
    await until("a new process answers", async () => (await askOf(running, "bad")).status === 200);
    assertNotEquals(pidIn(await askOf(running, "bad")), bad);
    assertEquals(pidIn(await askOf(running, "good")), good);
    await until("the old process is gone", async () => !await isAlive(bad));
  });
}

Deno.test("no process is left when the Flow's own is killed, not even one that loops", async () => {
  await using folder = await TempFolder.make();
  await folder.write("isolated.ts", executorSource());
  const running = await serveIsolated(folder, [GOOD, { ...BAD, reload: true }], {
    stuckAfter: 60_000,
  });
  const pids = [pidIn(await askOf(running, "bad")), pidIn(await askOf(running, "good"))];
  const looping = askOf(running, "bad", "/loop").catch(() => {});
  running.signal("SIGKILL");
  await looping;
  await running[Symbol.asyncDispose]();
  for (const pid of pids) await until(`process ${pid} is gone`, async () => !await isAlive(pid));
});

Deno.test("Ctrl-C, which a terminal sends to the whole group: requests in processes finish first", async () => {
  await using folder = await TempFolder.make();
  await folder.write("isolated.ts", executorSource());
  await using running = await serveIsolated(folder, [GOOD]);
  const pid = pidIn(await askOf(running, "good"));
  const group = async (of: number) => {
    const { stdout } = await new Deno.Command("ps", { args: ["-o", "pgid=", "-p", String(of)] }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  assertNotEquals(await group(pid), await group(running.pid));
  const slow = askOf(running, "good", "/slow");
  await running.printed(/waiting/);
  running.signal("SIGINT");
  assertEquals((await slow).text, `waited ${pid}`);
  assertEquals(await running.exited(), 0);
  await until("the process is gone", async () => !await isAlive(pid));
});

Deno.test("a save reloads into another process, which a standby has ready; in place, the process stays", async () => {
  for (const mode of target.name === "bun" ? ["fresh"] as const : ["fresh", "in-place"] as const) {
    await using folder = await TempFolder.make();
    await folder.write("isolated.ts", executorSource());
    await using running = await serveIsolated(folder, [{ name: "one", reload: mode }]);
    const before = pidIn(await askOf(running, "one"));
    await folder.write("isolated.ts", executorSource("v2"));
    await until("the new version serves", async () => (await askOf(running, "one")).text.startsWith("v2"));
    assertEquals(pidIn(await askOf(running, "one")) === before, mode === "in-place");
  }
});
