/** The events on each runtime: a save, a request with its lines, and the end of the Flow. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { RUNTIMES } from "../../tools/runtimes.ts";
import { EventReader } from "../live/_reader.ts";
import { inTime } from "../support/in_time.ts";
import { FlowProcess } from "../support/process.ts";
import { installed, pathOf } from "./_installed.ts";

const EXECUTOR = `import { Executor } from "hotflow";
export class Mine extends Executor {
  static requests = { "/say": "say" };
  async say(docs) {
    await new Promise((resolve) => setTimeout(resolve));
    this.logger.info("said");
    for (const doc of docs) doc.text = "v1";
  }
}
`;

const FLOW = `import { Flow } from "hotflow";
const flow = await new Flow({ port: 0 }).add({ uses: "./mine.js", name: "mine", reload: true }).start();
console.log(flow.port);
await flow.block();
`;

for (const runtime of RUNTIMES) {
  Deno.test(`${runtime}: GET /events has loads, lines with their request, samples, and ends with the Flow`, async () => {
    await using folder = await installed();
    const path = await folder.write("mine.js", EXECUTOR);
    await using running = await FlowProcess.serve(folder, FLOW, "flow.js", [await pathOf(runtime)]);
    const url = `http://127.0.0.1:${running.port}`;
    await using reader = await EventReader.open(url);
    assertMatch((await reader.next("hello")).process.runtime, /^(?:node|bun) \d+\./);
    const body = JSON.stringify({ data: [{}], header: { requestId: "mine" } });
    const headers = { "content-type": "application/json" };
    await (await fetch(`${url}/say`, { method: "POST", headers, body })).text();
    assertEquals((await reader.next("log", ({ message }) => message === "said")).request, "mine");
    const { requests, memory } = await reader.next("sample", ({ requests }) => requests.count > 0);
    assert(requests.count === 1 && memory > 1);
    await folder.write("mine.js", EXECUTOR.replace("v1", "v2"));
    const { files, phases } = await reader.next("load");
    assertEquals([files[0].path, Object.keys(phases)], [path, ["event", "load", "setup", "swap"]]);
    assertMatch(files[0].diff!, /^-.*"v1".*\n\+.*"v2"/m);
    running.signal("SIGINT");
    await inTime(reader.ended, "the end of the stream");
  });
}
