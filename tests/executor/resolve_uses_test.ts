import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { Executor, requests } from "../../mod.ts";
import { resolveUses, type Uses, yamlPath } from "../../src/executor/entry.ts";
import { toUrl } from "../../src/paths.ts";
import { TempFolder } from "../support/temp_folder.ts";

class ResolvedByName extends Executor {
  @requests
  foo() {}
}

const HERE = { url: import.meta.url, required: true };
const PLAIN = { renamable: true, with: {}, metas: {}, ignore: [], watch: [] };
const inCwd = (path: string) => toUrl(join(Deno.cwd(), path));

Deno.test("resolveUses() takes a class, and finds its module", async () => {
  assertEquals(await resolveUses(ResolvedByName), { className: "ResolvedByName", modules: [HERE], ...PLAIN });
});

Deno.test("resolveUses() takes the bare name of an imported class", async () => {
  assertEquals(await resolveUses("ResolvedByName"), {
    className: "ResolvedByName",
    modules: [HERE],
    ...PLAIN,
  });
});

Deno.test("resolveUses() takes paths relative to the current folder, with and without a class", async () => {
  for (const path of ["./some/my_executor.ts", "some/my_executor.ts", "../up/my_executor.ts", "plain.js"]) {
    assertEquals(await resolveUses(path), { modules: [{ url: inCwd(path), required: true }], ...PLAIN });
  }
  assertEquals(await resolveUses("./my.ts#Second"), {
    className: "Second",
    modules: [{ url: inCwd("my.ts"), required: true }],
    ...PLAIN,
  });
});

Deno.test("resolveUses() takes absolute paths, odd characters included", async () => {
  for (const path of ["/app/my.ts", "/my app/100%/é?.ts", "/copy (2)/my.ts", "/c#/my.ts"]) {
    assertEquals((await resolveUses(path)).modules, [{ url: toUrl(path), required: true }], path);
  }
});

Deno.test("resolveUses() takes URLs as objects and as text, with and without a class", async () => {
  for (const url of ["file:///app/my.ts", "https://example.com/my.ts", "npm:some-executor", "jsr:@a/b"]) {
    assertEquals(await resolveUses(url), { modules: [{ url, required: true }], ...PLAIN });
  }
  const entry = await resolveUses(new URL("file:///app/my.ts#Second"));
  assertEquals([entry.className, entry.modules[0].url], ["Second", "file:///app/my.ts"]);
});

Deno.test("resolveUses() adds further modules and the constructor's arguments", async () => {
  const entry = await resolveUses("./my.ts", {
    modules: ["../shared/prompt.ts", new URL("file:///lib/x.ts")],
    usesWith: { size: 3 },
  });
  assertEquals(entry.modules.map(({ url }) => url), [
    inCwd("my.ts"),
    inCwd("../shared/prompt.ts"),
    "file:///lib/x.ts",
  ]);
  assertEquals(entry.with, { size: 3 });
});

Deno.test("yamlPath() knows YAML files by their ending, as path and as URL", () => {
  assertEquals(yamlPath("executor.yml"), join(Deno.cwd(), "executor.yml"));
  assertEquals(yamlPath("/app/executor.yaml"), "/app/executor.yaml");
  assertEquals(yamlPath(new URL("file:///my%20app/executor.yml")), "/my app/executor.yml");
  assertEquals(yamlPath("file:///app/executor.yml"), "/app/executor.yml");
  for (const other of ["./my.ts", "MyExecutor", ResolvedByName]) assertEquals(yamlPath(other), undefined);
});

Deno.test("resolveUses() reads a YAML, with its modules relative to it and usesWith over with", async () => {
  await using folder = await TempFolder.make();
  const text =
    "jtype: Elsewhere\nwith: { a: 1, b: 2 }\nmetas: { name: mine }\nmodules: [../shared/b.ts, c.ts]\n";
  const yaml = await folder.write("conf/executor.yml", text);
  const entry = await resolveUses(yaml, { usesWith: { b: 3 } });
  assertEquals(entry.modules.slice(0, 2), [
    {
      url: toUrl(folder.at("shared/b.ts")),
      required: true,
      namedAt: { file: yaml, path: ["modules", 0] },
    },
    { url: toUrl(folder.at("conf/c.ts")), required: true, namedAt: { file: yaml, path: ["modules", 1] } },
  ]);
  assertEquals(entry.modules.slice(2).every(({ required }) => !required), true);
  assertEquals([entry.className, entry.renamable, entry.yaml], ["Elsewhere", false, yaml]);
  assertEquals([entry.with, entry.metas], [{ a: 1, b: 3 }, { name: "mine" }]);
});

Deno.test("resolveUses() finds a YAML's jtype among the imported classes", async () => {
  await using folder = await TempFolder.make();
  const yaml = await folder.write("executor.yml", "jtype: ResolvedByName\n");
  assertEquals((await resolveUses(yaml)).modules[0], HERE);
});

async function refusal(uses: unknown): Promise<string> {
  return (await assertRejects(() => resolveUses(uses as Uses), TypeError)).message;
}

Deno.test("resolveUses() says which names are known, and the nearest, when a bare name is none", async () => {
  const said = await refusal("ResolvedByNam");
  assertStringIncludes(
    said,
    'Cannot use "ResolvedByNam": no Executor class of that name was imported (known: ',
  );
  assertStringIncludes(said, 'did you mean "ResolvedByName"?');
  assertStringIncludes(said, 'Name a file by its path, such as "./my_executor.ts"');
});

Deno.test("resolveUses() says what is wanted when a class extends something else", async () => {
  assertEquals(await refusal(class Other {}), "Cannot use Other: it does not extend Executor");
  assertEquals(await refusal(Executor), "Cannot use Executor: it does not extend Executor");
});

Deno.test("resolveUses() says what is wanted when it gets something else", async () => {
  for (const uses of [5, true, {}, [ResolvedByName]]) {
    assertStringIncludes(await refusal(uses), "expected an Executor class, a module such as");
  }
});

Deno.test("resolveUses() says what is wanted when it gets an empty text", async () => {
  assertStringIncludes(await refusal(""), "expected an Executor class, a module such as");
});
