/** `GET /metrics` of the npm package on each runtime. */
import { assert, assertEquals } from "@std/assert";
import { RUNTIMES } from "../../tools/runtimes.ts";
import { Samples } from "../metrics/_samples.ts";
import { FlowProcess } from "../support/process.ts";
import { installed, pathOf } from "./_installed.ts";

const EXECUTOR = `import { Executor } from "hotflow";
export class Mine extends Executor {
  static requests = { "/a": "a" };
  a() {}
}
`;

const FLOW = `import { Flow } from "hotflow";
const flow = await new Flow({ port: 0 }).add({ uses: "./mine.js", name: "mine" }).start();
console.log(flow.port);
await flow.block();
`;

for (const runtime of RUNTIMES) {
  Deno.test(`${runtime}: GET /metrics has the figures of a Flow`, async () => {
    await using folder = await installed();
    await folder.write("mine.js", EXECUTOR);
    await using running = await FlowProcess.serve(folder, FLOW, "flow.js", [await pathOf(runtime)]);
    const at = (path: string) => `http://127.0.0.1:${running.port}${path}`;
    const headers = { "content-type": "application/json" };
    const response = await fetch(at("/a"), { method: "POST", headers, body: '{"data":[{},{}]}' });
    await response.body?.cancel();
    const samples = await Samples.of(at("/metrics"));
    const labels = { deployment: "mine", endpoint: "/a" };
    assertEquals(samples.get("hotflow_calls_total", { ...labels, outcome: "done" }), 1);
    assertEquals(samples.get("hotflow_documents_total", labels), 2);
    assertEquals(samples.get("hotflow_replicas", { deployment: "mine", state: "ready" }), 1);
    assert((samples.get("hotflow_memory_bytes", { kind: "heap_used" }) ?? 0) > 1e5);
  });
}
