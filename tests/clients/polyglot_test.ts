/** The example in two languages, with the real Jina 3.14: both files are edited while it serves. */
import { freePort } from "../client/_servers.ts";
import { Example } from "../examples/_example.ts";
import { ask } from "../support/traffic.ts";
import { Program, until } from "./_program.ts";
import { CLIENTS } from "./_python.ts";

const python = CLIENTS.get("3.14");

Deno.test({
  name: "examples/polyglot: an edit of the Executor in TypeScript, and of the one in Python, is served",
  ignore: python === undefined,
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    const port = freePort();
    await using example = await Example.run("polyglot", { PYTHON_PORT: String(port) });
    const folder = example.folder.at("example");
    await using _jina = await Program.executor(python!, port, folder, "count_words.yml", "--reload");
    const becomes = (text: string) =>
      until(text, async () => (await ask(example.port, "/", "the cat is out")).text === text);
    await becomes("THE CAT IS OUT! (4 words)");
    await example.edit("shout.ts", "}!`", "}?`");
    await becomes("THE CAT IS OUT? (4 words)");
    const path = `${folder}/count_words.py`;
    const edited = (await Deno.readTextFile(path)).replace(" words)", " items)");
    await until("the edit in Python", async () => {
      // In one step, of the same length: Jina does not wait until a save is complete. It may not watch yet.
      using file = await Deno.open(path, { write: true });
      await file.write(new TextEncoder().encode(edited));
      return (await ask(example.port, "/", "the cat is out")).text === "THE CAT IS OUT? (4 items)";
    });
  },
});
