/** gRPC on the runtime of this run: requests of our client while the Executor is saved. */
import { assertEquals } from "@std/assert";
import { Client } from "../../mod.ts";
import { executorSource } from "../support/flow_fixture.ts";
import { FlowProcess, flowScript } from "../support/process.ts";
import { FILE } from "../support/reloading.ts";
import { target } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";

const SAVES = 20;

for (const reload of target.name === "bun" ? [true] as const : [true, "in-place"] as const) {
  Deno.test(`gRPC, reload: ${reload}: ${SAVES} saves with requests all the time lose nothing`, async () => {
    await using folder = await TempFolder.make();
    await folder.write(FILE, executorSource("v00"));
    const script = flowScript({ uses: folder.at(FILE), reload }, { protocol: "grpc" });
    await using running = await FlowProcess.serve(folder, script);
    const client = new Client({ port: running.port, protocol: "grpc" });
    assertEquals((await client.post("/", { text: "z" }))[0].text, "v00");
    const texts: string[] = [];
    let isAsking = true;
    const asking = Promise.all(Array.from({ length: 4 }, async () => {
      while (isAsking) {
        const inputs = [{ text: "x", embedding: Float32Array.of(1, 2) }, { text: "y" }];
        const [one, two] = await client.post("/", inputs);
        assertEquals([one.text, one.embedding], [two.text, Float32Array.of(1, 2)]);
        texts.push(one.text);
      }
    }));
    for (let save = 1; save <= SAVES; save++) {
      const text = `v${String(save).padStart(2, "0")}`;
      const { mark } = running.log;
      await folder.writeAtomic(FILE, executorSource(text));
      await running.log.waitFor(/version \d+ serves/, mark);
      assertEquals((await client.post("/", { text: "z" }))[0].text, text);
    }
    isAsking = false;
    await asking;
    assertEquals([await client.isFlowReady(), texts.at(-1)], [true, `v${SAVES}`]);
    running.signal("SIGTERM");
    assertEquals(await running.exited(5_000), 0);
  });
}
