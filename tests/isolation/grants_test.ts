/** What an Executor with permissions of its own may read, besides what they list: its imports, and nothing else. */
import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { Flow } from "../../mod.ts";
import { FlowProcess } from "../support/process.ts";
import { PACKAGE, target } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { serveIsolated } from "./_isolated.ts";

const onDeno = { ignore: target.name !== "deno" };

/** An Executor that reads the file that a document names; `head` and `tail` are more of its module. */
function readingSource(head: string, tail = ""): string {
  return `${head}
import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Reading extends Executor {
  @requests()
  read(docs) {
    for (const doc of docs) {
      try { doc.text = Deno.readTextFileSync(doc.text); } catch (error) { doc.text = error.name; }
    }
  }
}
${tail}
`;
}

Deno.test("text that only looks like an import grants nothing", onDeno, async () => {
  await using folder = await TempFolder.make();
  const secret = await folder.write("secrets/one.txt", "a secret");
  await folder.write("prose.txt", `It is imported from '${secret}'.\n`);
  await folder.write("prose.ts", `import "${secret}";\n`);
  const more = [
    `// import("/")`,
    `/* from "${folder.at("secrets")}/" */`,
    `// see import "../"`,
    `// import "${secret}"`,
    `export const template = \`from '${secret}'\`;`,
    `export const text = "it is from '${secret}'";`,
    `export const pattern = /from "${secret.replaceAll("/", "\\/")}"/;`,
    `export const load = (name) => import("./" + name);`,
    `export const folderOf = () => import("${folder.at("secrets")}/");`,
  ];
  const head = `import prose from "./prose.txt" with { type: "text" };
import script from "./prose.ts" with { type: "text" };`;
  await folder.write("isolated.ts", readingSource(head, [...more, "prose + script;"].join("\n")));
  await using running = await serveIsolated(folder, [{ name: "one", permissions: {} }]);
  const read = async (path: string) => (await running.ask("/", path)).text;
  assertEquals(await read(secret), "NotCapable");
  assertEquals(await read("/etc/passwd"), "NotCapable");
  assertMatch(await read(folder.at("prose.txt")), /^It is imported/);
});

Deno.test("a text import below a linked folder may be read", onDeno, async () => {
  await using folder = await TempFolder.make();
  await folder.write("real/t.txt", "linked");
  await Deno.symlink(folder.at("real"), folder.at("link"));
  const head = 'import text from "./link/t.txt" with { type: "text" };';
  await folder.write("isolated.ts", readingSource(head, "text;"));
  await using running = await serveIsolated(folder, [{ name: "one", permissions: {} }]);
  assertEquals((await running.ask("/", folder.at("link/t.txt"))).text, "linked");
});

Deno.test(
  "an import that does not exist is reported as such, not as a missing permission",
  onDeno,
  async () => {
    await using folder = await TempFolder.make();
    await folder.write("isolated.ts", readingSource('import "./gone.ts";'));
    await using flow = new Flow({ listen: false }).add({
      uses: folder.at("isolated.ts"),
      isolation: "process",
      permissions: {},
    });
    const error = await assertRejects(() => flow.start());
    assertMatch((error as Error).message, /Module not found ".*gone\.ts"/);
  },
);

Deno.test("a comma in a permission is refused: Deno's flags separate by it", onDeno, async () => {
  for (const permissions of [{ read: ["./a,b"] }, { run: ["ls,cat"] }, { net: ["a.com,b.com"] }]) {
    const error = assertThrows(
      () => new Flow().add({ uses: "./a.ts", isolation: "process", permissions }),
      TypeError,
    );
    assertMatch(error.message, /`(?:read|run|net)` .*comma/);
  }
  await using folder = await TempFolder.make();
  await folder.write("d,e/isolated.ts", readingSource(""));
  const add = { uses: folder.at("d,e/isolated.ts"), isolation: "process" } as const;
  await using flow = new Flow({ listen: false }).add({ ...add, permissions: {} });
  const error = await assertRejects(() => flow.start());
  assertMatch((error as Error).message, /d,e.*comma.*`read: true`/);
  await using open = await new Flow({ listen: false }).add({ ...add, permissions: { read: true } }).start();
  await open.close();
});

Deno.test(
  "short flags of the Flow's process, together in one argument, are those of its processes",
  onDeno,
  async () => {
    await using folder = await TempFolder.make();
    const file = await folder.write("a.txt", "read");
    await folder.write("isolated.ts", readingSource(""));
    const script = `import { Flow } from ${JSON.stringify(PACKAGE)};
const add = { uses: ${JSON.stringify(folder.at("isolated.ts"))}, isolation: "process" };
const flow = await new Flow({ port: 0 }).add(add).start();
console.log(flow.port);
await flow.block();
`;
    const deno = (flags: readonly string[]) => {
      const command = target.command.filter((one) => !/^(?:-A|--allow-all|-q)$/.test(one));
      return [...command, ...flags];
    };
    for (
      const flags of [
        ["-qN", "-R", "-E", "--allow-run", "--allow-sys"],
        ["-qA", "--deny-net=example.com", "--deny-write"],
        ["-qNRES", "--allow-run"],
      ]
    ) {
      await using running = await FlowProcess.serve(folder, script, "flow.ts", deno(flags));
      assertEquals((await running.ask("/", file)).text, "read", flags.join(" "));
    }
  },
);
