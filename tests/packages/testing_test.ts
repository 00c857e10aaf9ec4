/** What docs/testing.md says of decorators on Node.js, as it stands. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { filesOf, readDocument, sectionsOf } from "../docs/_markdown.ts";
import type { TempFolder } from "../support/temp_folder.ts";
import { appWith, installed, pathOf, run } from "./_installed.ts";

const EXECUTOR = `import { type DocumentArray, Executor, requests } from "hotflow";
export class MyExecutor extends Executor {
  @requests()
  foo(docs: DocumentArray) {
    for (const doc of docs) doc.text = \`hello \${doc.text}\`;
  }
}
`;

async function sections() {
  return sectionsOf(await readDocument("docs/testing.md"));
}

/** A folder with the document's test, for one of the libraries of tests. */
async function project(packages: readonly string[], library: string): Promise<TempFolder> {
  const folder = await installed(packages);
  await folder.write("my_executor.ts", EXECUTOR);
  const test = filesOf((await sections()).get("Testing an Executor") ?? []).get("my_executor.test.ts") ?? "";
  assert(test.includes('from "node:test"'));
  await folder.write("my_executor.test.ts", test.replace("node:test", library));
  return folder;
}

Deno.test("docs/testing.md: node:test runs decorated Executors with tsx, and without it reports the quoted error", async () => {
  await using folder = await project(["tsx@4"], "node:test");
  const node = await pathOf("node 24");
  const good = await run([node, "--import", "tsx", "--test"], folder.path);
  assertEquals(good.code, 0, good.stdout + good.stderr);
  assertMatch(good.stdout, /pass 2\n/);
  const bare = await run([node, "--test"], folder.path);
  assertEquals(bare.code, 1);
  const quoted = "SyntaxError: Invalid or unexpected token";
  assert(`${bare.stdout}${bare.stderr}`.includes(quoted));
  for (const name of ["docs/runtimes.md", "docs/testing.md"]) {
    assert((await readDocument(name)).replace(/\s+/g, " ").includes(`\`${quoted}\``), name);
  }
});

for (const [version, at] of [["vitest@3 vite@7", 1], ["vitest@5 vite@8", 0]] as const) {
  Deno.test(`docs/testing.md: ${version} runs decorated Executors with its configuration`, async () => {
    const packages = [...version.split(" "), "tsx@4"];
    await using folder = await project(packages, "vitest");
    const parts = ((await sections()).get("Decorators on Node.js") ?? []).filter(({ kind }) =>
      kind === "code"
    );
    await folder.write("vitest.config.ts", filesOf([parts[at]]).get("vitest.config.ts") ?? "");
    const command = [
      await pathOf("node 24"),
      `${await appWith(packages)}/node_modules/vitest/vitest.mjs`,
      "run",
    ];
    const { code, stdout, stderr } = await run(command, folder.path);
    assertEquals(code, 0, stdout + stderr);
    assertMatch(stdout, /Tests +2 passed/);
  });
}
