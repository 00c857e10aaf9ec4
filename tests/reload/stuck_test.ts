/** Executors that never yield. In processes of their own: Deno cannot end such a thread, block() ends the process. */
import { assertEquals, assertMatch } from "@std/assert";
import { FILE } from "../support/reloading.ts";
import { FlowProcess, flowScript } from "../support/process.ts";
import { executorSource } from "../support/flow_fixture.ts";
import { ISOLATION, target } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { answering, executorWith } from "./_serving.ts";

const SPIN = "for (;;);";
const OPTIONS = { stuckAfter: 300, loadTimeout: 1_500, closeTimeout: 500 };
/** How long a process may take to end that nothing has to be waited for. */
const END_MS = 5_000;

const spinning = (text: string) =>
  executorWith(`${answering(text)}  @requests({ on: "/spin" })
  spin() { ${SPIN} }
`);

async function serve(folder: TempFolder, source: string, more: object = {}): Promise<FlowProcess> {
  await folder.write(FILE, source);
  return await FlowProcess.serve(
    folder,
    flowScript({ uses: folder.at(FILE), reload: true, ...more }, OPTIONS),
  );
}

Deno.test("a worker that spins for ever: reported, gets no requests, the next save brings it back", async () => {
  await using folder = await TempFolder.make();
  await using running = await serve(folder, spinning("v1"));
  assertEquals((await running.ask()).text, "v1");
  running.ask("/spin").catch(() => {});
  await running.log.waitFor(/ERROR executor0\/rep-0 has not yielded for too long: it gets no more requests/);
  const seen = await running.ask();
  // Other runtimes end it, and replace it; so it is in a process.
  if (target.name === "deno" && ISOLATION !== "process") {
    assertEquals(seen.status, 503);
    assertMatch(
      seen.body,
      /executor0 is down: executor0\/rep-0 does not yield\\nIt comes back with the next good/,
    );
  }
  await folder.write(FILE, executorSource("v2"));
  await running.log.waitFor(/INFO executor0\/rep-0 version 2 serves/);
  assertEquals((await running.ask()).text, "v2");
  running.signal("SIGTERM");
  await running.exited(END_MS);
});

Deno.test("a worker that spins for ever: block() ends the process on SIGTERM", async () => {
  await using folder = await TempFolder.make();
  await using running = await serve(folder, spinning("v1"));
  running.ask("/spin").catch(() => {});
  await running.log.waitFor(/has not yielded for too long/);
  running.signal("SIGTERM");
  assertEquals(await running.exited(END_MS), 0);
});

Deno.test("a worker that spins for ever, a bad save, and the bad save undone: it serves again", async () => {
  await using folder = await TempFolder.make();
  await using running = await serve(folder, spinning("v1"));
  running.ask("/spin").catch(() => {});
  await running.log.waitFor(/has not yielded for too long/);
  await folder.write(FILE, "export class {");
  await running.log.waitFor(/could not load the new version/);
  const mark = running.log.mark;
  await folder.write(FILE, spinning("v1"));
  await running.log.waitFor(/INFO executor0\/rep-0 .*serves|INFO .*files are again/, mark);
  const { status, text, body } = await running.ask();
  assertEquals([status, text], [200, "v1"], body);
});

Deno.test("one of two replicas spins for ever: the other one answers", async () => {
  await using folder = await TempFolder.make();
  await using running = await serve(folder, spinning("v1"), { replicas: 2 });
  running.ask("/spin").catch(() => {});
  const line = await running.log.waitFor(/ERROR \S+ has not yielded for too long/);
  assertMatch(line.name, /^executor0\/rep-[01]$/);
  const answers = await Promise.all(Array.from({ length: 10 }, () => running.ask()));
  assertEquals(answers.map(({ text }) => text), Array(10).fill("v1"));
  running.signal("SIGTERM");
  assertEquals(await running.exited(END_MS), 0);
});

Deno.test("a module that spins while loading: the old version serves on, and the process still ends", async () => {
  await using folder = await TempFolder.make();
  await using running = await serve(folder, executorSource("v1"));
  await folder.write(FILE, `${executorSource("broken")}\n${SPIN}\n`);
  await running.log.waitFor(/ERROR executor0\/rep-0 could not load the new version; version 1 keeps serving/);
  assertEquals((await running.ask()).text, "v1");
  await folder.write(FILE, executorSource("v3"));
  await running.log.waitFor(/version \d serves/);
  assertEquals((await running.ask()).text, "v3");
  running.signal("SIGTERM");
  assertEquals(await running.exited(END_MS), 0);
});

Deno.test("a close() that spins: the new version serves on, and the process still ends", async () => {
  await using folder = await TempFolder.make();
  await using running = await serve(folder, executorWith(`${answering("v1")}  close() { ${SPIN} }`));
  await folder.write(FILE, executorSource("v2"));
  await running.log.waitFor(/version 2 serves/);
  assertEquals((await running.ask()).text, "v2");
  await running.log.waitFor(/WARNING executor0\/rep-0 close\(\) of version \d+ failed/);
  running.signal("SIGTERM");
  assertEquals(await running.exited(END_MS), 0);
});
