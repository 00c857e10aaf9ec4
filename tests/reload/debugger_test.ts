/** Debuggers that pause a worker: they cost no request its answer, and keep no process alive. */
import { assert, assertEquals } from "@std/assert";
import { Debugger } from "../support/debugger.ts";
import { FlowProcess, flowScript } from "../support/process.ts";
import { FILE } from "../support/reloading.ts";
import { executorSource } from "../support/flow_fixture.ts";
import { target } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** Bun speaks another protocol. */
const ignore = target.name === "bun";
const INSPECT = target.name === "deno" ? "--inspect=127.0.0.1:0" : "--inspect=0";
const CLOSE_MS = 600;
/** What is to end after `closeTimeout` and some moments. */
const END_MS = CLOSE_MS + 4_000;

/** A Flow under a debugger that has paused its worker with a request in it. */
async function paused(folder: TempFolder, stuckAfter: number) {
  await folder.write(FILE, executorSource("v1"));
  const script = flowScript({ uses: folder.at(FILE) }, { closeTimeout: CLOSE_MS, stuckAfter });
  const running = await FlowProcess.serve(folder, script, "flow.ts", [...target.command, INSPECT]);
  assertEquals((await running.ask()).text, "v1");
  const { message } = await running.log.waitFor(/Debugger listening on ws:/);
  const client = await Debugger.attach(String(/ws:\S+/.exec(message)));
  await client.pauseSoon();
  const answer = running.ask();
  answer.catch(() => {});
  await client.paused();
  return {
    running,
    client,
    answer,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await running[Symbol.asyncDispose]();
    },
  };
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test({
    name: `a debugger that goes away while a worker is paused: ${signal} ends the process`,
    ignore,
    async fn() {
      await using folder = await TempFolder.make();
      await using fixture = await paused(folder, 60_000);
      await fixture.client.leave();
      fixture.running.signal(signal);
      await fixture.running.exited(END_MS);
    },
  });
}

for (const leaves of [true, false]) {
  const name = leaves ? "goes away while a worker is paused" : "stays while a worker is paused";
  Deno.test(
    { name: `a debugger that ${name}: a second signal ends the process at once`, ignore },
    async () => {
      await using folder = await TempFolder.make();
      await using fixture = await paused(folder, 60_000);
      const { running, client } = fixture;
      if (leaves) await client.leave();
      running.signal("SIGTERM");
      await running.log.waitFor(/SIGTERM: closing/);
      const from = performance.now();
      const again = setInterval(() => running.signal("SIGTERM"), 50);
      await running.exited(END_MS).finally(() => clearInterval(again));
      assert(performance.now() - from < 2_500);
    },
  );
}

Deno.test({
  name: "a request at a breakpoint is kept for longer than stuckAfter, and answered",
  ignore,
  async fn() {
    await using folder = await TempFolder.make();
    await using fixture = await paused(folder, 200);
    await fixture.running.log.waitFor(
      /WARNING executor0\/rep-0 has not yielded for too long: .*kept, since a debugger may have paused it/,
    );
    await fixture.client.resume();
    const { status, text } = await fixture.answer;
    assertEquals([status, text], [200, "v1"]);
    await fixture.running.log.waitFor(/INFO executor0\/rep-0 yields again/);
    assertEquals((await fixture.running.ask()).text, "v1");
  },
});
