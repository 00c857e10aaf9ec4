/** The README's way in for Node and Bun, as it stands: its install command, its files, its commands. */
import { assertEquals } from "@std/assert";
import { FlowProcess } from "../support/process.ts";
import { codesIn, filesOf, partsOf, readDocument } from "../docs/_markdown.ts";
import { freePort } from "../docs/_story.ts";
import { installed, pathOf, run } from "./_installed.ts";

const INSTALL = "npm install hotflow";

for (const runtime of ["node 24", "bun"] as const) {
  Deno.test(`README: its files for npm serve, reload and answer on ${runtime}`, async () => {
    const readme = await readDocument("README.md");
    const codes = partsOf(readme).flatMap((part) => part.kind === "prose" ? codesIn(part.text) : []);
    for (const code of [INSTALL, "node flow.js", "bun flow.js", "node client.js"]) {
      assertEquals(codes.includes(code), true, `README.md does not say \`${code}\``);
    }
    await using folder = await installed();
    const port = freePort();
    const files = [...filesOf(partsOf(readme))].filter(([name]) => name.endsWith(".js"));
    assertEquals(files.map(([name]) => name), ["my_executor.js", "flow.js", "client.js"]);
    const texts = new Map(files.map(([name, text]) => [name, text.replaceAll("12345", String(port))]));
    for (const [name, text] of texts) await folder.write(name, text);
    const program = await pathOf(runtime);
    const client = async () => (await run([program, "client.js"], folder.path)).stdout;
    await using running = await FlowProcess.run(folder, texts.get("flow.js") ?? "", "flow.js", [program]);
    await running.log.waitFor(/INFO Flow serving at http:/);
    assertEquals(await client(), "I am coming from the first version of MyExecutor");
    const source = texts.get("my_executor.js") ?? "";
    await folder.write("my_executor.js", source.replace("the first version", "a new version"));
    await running.log.waitFor(/INFO executor0\/rep-0 version 2 serves/);
    assertEquals(await client(), "I am coming from a new version of MyExecutor");
    running.signal("SIGINT");
    assertEquals(await running.exited(), 0);
  });
}
