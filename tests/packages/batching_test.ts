/** Batches in the npm package on each runtime: they start when they should, and end with their version. */
import { assertEquals } from "@std/assert";
import { RUNTIMES } from "../../tools/runtimes.ts";
import { Latch } from "../support/latch.ts";
import { FlowProcess } from "../support/process.ts";
import { installed, pathOf } from "./_installed.ts";

const executor = (word: string) =>
  `import { Executor } from "hotflow";
export class Held extends Executor {
  async hold(docs, { requestIds }) {
    for (const { text } of docs) if (text !== "") await (await fetch(text)).text();
    for (const doc of docs) doc.tags = { word: "${word}", requests: requestIds.length };
  }
}
Held.requests = { "/hold": { method: "hold", batch: { size: 3, wait: 60_000 } } };
`;

const FLOW = `import { Flow } from "hotflow";
const flow = await new Flow({ port: 0 }).add({ uses: "./held.js", reload: true }).start();
console.log(flow.port);
await flow.block();
`;

for (const runtime of RUNTIMES) {
  Deno.test(`${runtime}: batches start when full, when the last one ends, and with the end of their version`, async () => {
    await using folder = await installed();
    await folder.write("held.js", executor("v1"));
    await using running = await FlowProcess.serve(folder, FLOW, "flow.js", [await pathOf(runtime)]);
    const hold = async (text = "") => {
      const response = await fetch(`http://127.0.0.1:${running.port}/hold`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ data: [{ text }] }),
      });
      return (await response.json()).data[0].tags;
    };
    await using first = new Latch();
    const held = hold(first.url);
    await first.reached();
    const waiting = Array.from({ length: 4 }, () => hold());
    assertEquals(await Promise.race(waiting), { word: "v1", requests: 3 });
    first.open();
    assertEquals(await held, { word: "v1", requests: 1 });
    assertEquals((await Promise.all(waiting)).map(({ requests }) => requests).sort(), [1, 3, 3, 3]);

    await using second = new Latch();
    await using third = new Latch();
    const old = hold(second.url);
    await second.reached();
    const late = hold(third.url);
    await folder.write("held.js", executor("v2"));
    await third.reached();
    await running.log.waitFor(/version 2 serves/);
    assertEquals(await hold(), { word: "v2", requests: 1 });
    second.open();
    third.open();
    assertEquals((await Promise.all([old, late])).map(({ word }) => word), ["v1", "v1"]);
  });
}
