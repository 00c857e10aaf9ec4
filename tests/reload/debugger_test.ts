/** Debuggers that pause a worker: they cost no request its answer, and keep no process alive. */
import { assert, assertEquals } from "@std/assert";
import type { AddOptions } from "../../mod.ts";
import { Debugger } from "../support/debugger.ts";
import { FlowProcess, flowScript } from "../support/process.ts";
import { FILE } from "../support/reloading.ts";
import { executorSource } from "../support/flow_fixture.ts";
import { ISOLATION, target } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** Bun speaks another protocol. */
const ignore = target.name === "bun";
const INSPECT = target.name === "deno" ? "--inspect=127.0.0.1:0" : "--inspect=0";
const CLOSE_MS = 600;
/** What is to end after `closeTimeout` and some moments. */
const END_MS = CLOSE_MS + 4_000;

/** Attaches to the worker of a Flow. A process has an inspector of its own. */
async function attach({ log }: FlowProcess, isProcess: boolean): Promise<Debugger> {
  const listening = /Debugger listening on (ws:\S+)/;
  let { message } = await log.waitFor(listening);
  if (isProcess) {
    const [first] = log.lines.flatMap((line, index) => listening.test(line) ? [index] : []);
    ({ message } = await log.waitFor(listening, first + 1));
  }
  return await Debugger.attach(listening.exec(message)![1], isProcess ? "process" : "worker");
}

/** A Flow under a debugger that has paused its worker with a request in it. */
async function paused(
  folder: TempFolder,
  stuckAfter: number,
  isolation: AddOptions["isolation"] = ISOLATION,
) {
  await folder.write(FILE, executorSource("v1"));
  const script = flowScript({ uses: folder.at(FILE), isolation }, { closeTimeout: CLOSE_MS, stuckAfter });
  const running = await FlowProcess.serve(folder, script, "flow.ts", [...target.command, INSPECT]);
  assertEquals((await running.ask()).text, "v1");
  const client = await attach(running, isolation === "process");
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

for (const isolation of ["thread", "process"] as const) {
  Deno.test({
    name: `a request at a breakpoint in a ${isolation} is kept for longer than stuckAfter, and answered`,
    ignore,
    async fn() {
      await using folder = await TempFolder.make();
      await using fixture = await paused(folder, 200, isolation);
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
}
