/** The way in for Node.js and Bun in docs/runtimes.md, from an empty folder: commands, files, command line. */
import { assertEquals } from "@std/assert";
import { delimiter, dirname } from "node:path";
import { answerOf, Cli } from "../cli/_cli.ts";
import { codeOf, codesOf, filesOf, partsOf, readDocument } from "../docs/_markdown.ts";
import { freePort } from "../docs/_page.ts";
import { FlowProcess } from "../support/process.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { CHECKOUT, pathOf, run } from "./_installed.ts";

const PAGE = "docs/runtimes.md";
const COMMANDS = ["node flow.js", "bun flow.js", "node client.js", "bun client.js", "npm install hotflow"];
const SERVE = {
  "node 24": "npx hotflow serve my_executor.js",
  bun: "bunx --bun hotflow serve my_executor.js",
} as const;

/** The steps for the npm package, with Bun's own command where it runs on Bun. */
async function steps(runtime: keyof typeof SERVE): Promise<string[]> {
  const shell = codeOf(await readDocument(PAGE)).find(({ roles }) => roles.includes("npm"))?.text ?? "";
  const lines = shell.trim().replaceAll("/path/to/hotflow", CHECKOUT).split("\n");
  assertEquals(lines.length, 3);
  return runtime === "bun" ? [lines[0], lines[1].replace("npm install", "bun add")] : lines;
}

/** A PATH on which the commands are those of the runtime. */
async function pathWith(runtime: keyof typeof SERVE, bin: TempFolder): Promise<string> {
  const program = await pathOf(runtime);
  for (const name of runtime === "bun" ? ["bun", "bunx"] : []) await Deno.symlink(program, bin.at(name));
  return [bin.path, dirname(program), Deno.env.get("PATH")].join(delimiter);
}

for (const runtime of ["node 24", "bun"] as const) {
  Deno.test(`docs/runtimes.md: its way in for npm works from an empty folder on ${runtime}`, async () => {
    const page = await readDocument(PAGE);
    const codes = codesOf(page);
    for (const code of [...COMMANDS, SERVE[runtime]]) {
      assertEquals(codes.includes(code), true, `${PAGE} does not name \`${code}\``);
    }
    await using folder = await TempFolder.make();
    await using bin = await TempFolder.make();
    const env = { PATH: await pathWith(runtime, bin) };
    const made = await run(["bash", "-c", (await steps(runtime)).join(" && ")], folder.path, env);
    assertEquals(made.code, 0, made.stdout + made.stderr);
    const port = freePort();
    const files = [...filesOf(partsOf(page))].filter(([name]) => name.endsWith(".js"));
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
    assertEquals([await running.exited(), running.log.count(/^(?!INFO)/)], [0, 0]);

    const command = ["setsid", "bash", "-c"];
    await using cli = new Cli(folder, [`${SERVE[runtime]} --port 0`], { command, env });
    try {
      assertEquals(await answerOf(await cli.port()), "I am coming from a new version of MyExecutor");
    } finally {
      Deno.kill(-cli.pid, "SIGINT");
      await cli.ended();
    }
  });
}
