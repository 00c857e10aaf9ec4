/** Flows that poll: because they are told to, by the environment, or because there are no watches left. */
import { assertEquals, assertMatch } from "@std/assert";
import { takeSnapshot } from "../support/resource_snapshot.ts";
import { limited, limitTest } from "../support/limited.ts";
import { FlowProcess, flowScript } from "../support/process.ts";
import { FILE, Reloading } from "../support/reloading.ts";
import { executorSource, PACKAGE } from "../support/flow_fixture.ts";
import { target } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { reloadTest } from "./_serving.ts";

const text = (value: string) => `export const text = ${JSON.stringify(value)};\n`;
const importing = `import { text } from "./lib/text.ts";
import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class MyExecutor extends Executor {
  @requests()
  foo(docs) { for (const doc of docs) doc.text = text; }
}
`;

/** A Flow in a process of its own. */
async function served(folder: TempFolder, command: readonly string[]): Promise<FlowProcess> {
  await folder.write("app/lib/text.ts", text("v1"));
  await folder.write(`app/${FILE}`, importing);
  const script = flowScript({ uses: folder.at(`app/${FILE}`), reload: true });
  return await FlowProcess.serve(folder, script, "flow.ts", command);
}

async function reloads(running: FlowProcess, folder: TempFolder): Promise<void> {
  for (const value of ["v2", "v3", "v4"]) {
    const mark = running.log.mark;
    await folder.write("app/lib/text.ts", text(value));
    const { message } = await running.log.waitFor(/detected changes/, mark);
    const path = folder.at("app/lib/text.ts");
    assertEquals(message, `detected changes in: ['${path}']. Refreshing the Executor`);
    await running.log.waitFor(/version \d+ serves/, mark);
    assertEquals((await running.ask()).text, value);
  }
}

reloadTest("poll: true watches nothing, and sees saves all the same", async (fixture) => {
  const { watches } = takeSnapshot();
  const reloading = await Reloading.begin(fixture, { flow: { poll: true } });
  assertEquals(takeSnapshot().watches, watches);
  await reloading.saved("v2");
  await reloading.becomes("v3", FILE, () => fixture.folder.writeAtomic(FILE, executorSource("v3")));
  await fixture.assertNothingLost();
});

Deno.test("HOTFLOW_POLL has a Flow poll, unless it says itself what to do", async () => {
  await using folder = await TempFolder.make();
  await using running = await served(folder, ["env", "HOTFLOW_POLL=20", ...target.command]);
  assertEquals(takeSnapshot(running.pid).watches, 0);
  await reloads(running, folder);
  const script = flowScript({ uses: folder.at(`app/${FILE}`), reload: true }, { poll: false });
  const command = ["env", "HOTFLOW_POLL=1", ...target.command];
  await using other = await FlowProcess.serve(folder, script, "other.ts", command);
  // The two folders, and the one above: a deno.json may come there.
  assertEquals(takeSnapshot(other.pid).watches, 3);
});

Deno.test("HOTFLOW_POLL that cannot be meant is refused at the start", async () => {
  await using folder = await TempFolder.make();
  await folder.write(FILE, executorSource("v1"));
  const script = flowScript({ uses: folder.at(FILE), reload: true });
  const command = ["env", "HOTFLOW_POLL=5s", ...target.command];
  await using running = await FlowProcess.run(folder, script, "flow.ts", command);
  assertEquals(await running.exited(), 1);
  const said =
    "Cannot start a Flow with HOTFLOW_POLL=5s: expected 1, 0 or a number of milliseconds from 10 to 60000";
  assertMatch(running.log.lines.join("\n"), new RegExp(said));
});

limitTest(
  "where the system allows no more watches, a Flow serves and reloads, and says what it does",
  async () => {
    await using folder = await TempFolder.make();
    await using running = await served(folder, limited("watches", 2, target.command));
    const { message } = await running.log.waitFor(/^WARNING Flow the system allows no more watches/);
    assertMatch(message, /: 1 of 3 folders are polled every 100 ms instead: \/.*\/app\/lib\. To raise/);
    assertEquals(takeSnapshot(running.pid).watches, 2);
    await reloads(running, folder);
    assertEquals(running.log.count(/no more watches/), 1);
    running.signal("SIGTERM");
    assertEquals(await running.exited(), 0);
  },
);
