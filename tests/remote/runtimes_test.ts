/** A Flow on the runtime of this run that calls an Executor elsewhere: documents, streams, ends of connections. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { BadServerError, Client } from "../../mod.ts";
import { inTime } from "../support/in_time.ts";
import { FlowProcess, flowScript } from "../support/process.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Far } from "./_executors.ts";
import { serveFar } from "./_flows.ts";
import { silentProxy } from "./_proxy.ts";

const PATIENCE_MS = 40_000;

for (const protocol of ["http", "grpc"] as const) {
  Deno.test(`over ${protocol}: an Executor elsewhere is called, streams, fails, vanishes and comes back`, async () => {
    await using folder = await TempFolder.make();
    await using far = await serveFar(Far);
    await using proxy = await silentProxy(far.port);
    const script = flowScript({ uses: proxy.address, name: "far" }, { protocol });
    await using front = await FlowProcess.serve(folder, script);
    const client = new Client({ port: front.port, protocol });
    const shout = async () =>
      (await client.post("/shout", [{ text: "a", embedding: [1, 2] }], { retries: 0 }))[0].text;
    const comesBack = async () => {
      while (await shout().catch(() => "") !== "A") await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const texts = async () =>
      (await Array.fromAsync(client.stream("/count", { text: "a" }))).map(({ text }) => text);
    assertEquals([await shout(), await texts()], ["A", ["a0", "a1", "a2"]]);
    await assertRejects(() => client.post("/raise", {}), BadServerError, "boom");
    for (const end of ["cut", "silence"] as const) {
      const call = client.post("/wait", {}, { retries: 0 }).catch((error) => error);
      await client.post("/waits", {});
      if (end === "cut") proxy.cut();
      else proxy.silence(false);
      const error = await inTime(call, "the answer", PATIENCE_MS);
      assertEquals([error instanceof BadServerError, error.status], [true, 503], String(error));
      assertMatch(error.message, /the connection to grpc:.* was lost before the answer; it is away since/);
      await inTime(comesBack(), "another connection", PATIENCE_MS);
    }
    front.signal("SIGTERM");
    assertEquals(await front.exited(5_000), 0);
  });
}
