/** SIGINT and SIGTERM end block(). */
import { assert, assertEquals } from "@std/assert";
import { Latch } from "../support/latch.ts";
import { FILE } from "../support/reloading.ts";
import { FlowProcess, flowScript } from "../support/process.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { answering, executorWith, waitingAtGate } from "./_serving.ts";

const CLOSED = `  close() { this.logger.info("the Executor is closed"); }\n`;

async function serve(folder: TempFolder): Promise<FlowProcess> {
  await folder.write(FILE, executorWith(answering("v1") + waitingAtGate("slow") + CLOSED));
  const script = flowScript(
    { uses: folder.at(FILE), reload: true },
    {},
    "await flow.block();\nconsole.log('after block');",
  );
  return await FlowProcess.serve(folder, script);
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} with a request in flight finishes it first`, async () => {
    await using folder = await TempFolder.make();
    await using latch = new Latch();
    await using running = await serve(folder);
    const slow = running.ask("/slow", "x", { latch: latch.url });
    await latch.reached();
    running.signal(signal);
    await running.log.waitFor(new RegExp(`INFO Flow ${signal}: closing; requests in flight finish first`));
    latch.open();
    const { status, text } = await slow;
    assertEquals([status, text], [200, "slow"]);
    await running.log.waitFor(/INFO executor0\/rep-0 the Executor is closed/);
    await running.printed(/after block/);
    assertEquals(await running.exited(), 0);
  });
}

Deno.test("the same signal twice at once is one", async () => {
  await using folder = await TempFolder.make();
  await using latch = new Latch();
  await using running = await serve(folder);
  const slow = running.ask("/slow", "x", { latch: latch.url });
  await latch.reached();
  running.signal("SIGTERM");
  await running.log.waitFor(/SIGTERM: closing/);
  running.signal("SIGTERM");
  running.signal("SIGINT");
  latch.open();
  assertEquals((await slow).text, "slow");
  assertEquals(await running.exited(), 0);
  assertEquals(running.log.count(/closing/), 1);
});

Deno.test("a second signal later ends at once, with a request in flight", async () => {
  await using folder = await TempFolder.make();
  await using latch = new Latch();
  await using running = await serve(folder);
  const slow = running.ask("/slow", "x", { latch: latch.url }).catch((error: Error) => error);
  await latch.reached();
  running.signal("SIGTERM");
  await running.log.waitFor(/SIGTERM: closing/);
  const from = performance.now();
  const again = setInterval(() => running.signal("SIGTERM"), 50);
  const code = await running.exited(5_000).finally(() => clearInterval(again));
  const ms = performance.now() - from;
  assertEquals(code, 143);
  assert(ms > 900 && ms < 2_500, `it ended after ${ms} ms`);
  assert(await slow instanceof Error);
});
