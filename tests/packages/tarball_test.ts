/** What is in the npm package, and what tools that look at packages say of it. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { appWith, CHECKOUT, installed, pathOf, run, TARBALL } from "./_installed.ts";

/** The most that the packed package may have, without pictures. */
const MAX_BYTES = 420_000;

async function entries(): Promise<string[]> {
  const { stdout } = await run(["tar", "-tzf", TARBALL], ".");
  return stdout.split("\n").map((path) => path.replace(/^package\//, "")).sort();
}

async function json(path: string) {
  return JSON.parse(await Deno.readTextFile(path));
}

Deno.test("The tarball holds modules, declarations, licences and the README, and is small", async () => {
  const files = await entries();
  const others = files.filter((path) => !/\.js$|\.d\.ts$/.test(path));
  assertEquals(others, [
    ...["LICENSE", "README.md", "package.json"],
    ...["health/v1/health", "reflection/v1/reflection", "reflection/v1alpha/reflection"].map((name) =>
      `proto/grpc/${name}.proto`
    ),
    ...["v1/docarray", "v1/jina", "v2/docarray", "v2/jina"].map((name) => `proto/${name}.proto`),
    ...["schema/executor.schema.json", "schema/flow.schema.json", "vendor/LICENSE"],
  ]);
  const { size } = await Deno.stat(TARBALL);
  assert(size < MAX_BYTES, `${size} bytes`);
});

Deno.test("The npm package and deno.json have the same version, exports and dependencies", async () => {
  const own = `${await appWith()}/node_modules/hotflow`;
  const manifest = await json(`${own}/package.json`);
  const project = await json(`${CHECKOUT}/deno.json`);
  assertEquals(manifest.version, project.version);
  const stated = typeof project.exports === "string" ? { ".": project.exports } : project.exports;
  const { "./package.json": _, ...exported } = manifest.exports;
  assertEquals(Object.keys(exported), Object.keys(stated));
  for (const [name, { types, default: code }] of Object.entries<Record<string, string>>(exported)) {
    const stem = stated[name].replace(/\.ts$/, "");
    assertEquals([types, code], [`${stem}.d.ts`, `${stem}.js`]);
    for (const path of [types, code]) await Deno.stat(`${own}/${path}`);
  }
  for (const [name, range] of Object.entries(manifest.dependencies)) {
    assertEquals(project.imports[name], `npm:${name}@${range}`);
  }
});

Deno.test("The declarations have the docstrings and their examples, which import the package by its name on npm", async () => {
  const own = `${await appWith()}/node_modules/hotflow`;
  const flow = await Deno.readTextFile(`${own}/src/flow/flow.d.ts`);
  assertStringIncludes(flow, ' * import { type DocumentArray, Executor, Flow, requests } from "hotflow";');
  assert(!flow.includes("@hotflow/hotflow"));
});

Deno.test("The npm package has the names of mod.ts, and no others", async () => {
  await using folder = await installed();
  const own = Object.keys(await import("../../mod.ts")).sort();
  const script = `console.log(JSON.stringify(Object.keys(await import("hotflow")).sort()))`;
  await folder.write("names.js", script);
  const { stdout } = await run([await pathOf("node 24"), "names.js"], folder.path);
  assertEquals(JSON.parse(stdout), own);
});

Deno.test("publint and arethetypeswrong find nothing wrong with the package", async () => {
  const app = await appWith(["publint@0.3", "@arethetypeswrong/cli@0.18"]);
  const bin = (name: string) => `${app}/node_modules/.bin/${name}`;
  const lint = await run([bin("publint"), "--strict", TARBALL], app);
  assertEquals(lint.code, 0, lint.stdout + lint.stderr);
  const types = await run([bin("attw"), "--profile", "esm-only", TARBALL], app);
  assertEquals(types.code, 0, types.stdout + types.stderr);
});

/** What a TypeScript consumer has of the two libraries with the types of the web, such as `Headers`. */
const LIBRARIES: Readonly<Record<string, object>> = {
  "the types of Node and the DOM": { types: ["node"] },
  "the types of Node, without the DOM": { types: ["node"], lib: ["es2024", "esnext.disposable"] },
  "the DOM, without the types of Node": { types: [], lib: ["es2024", "esnext.disposable", "dom"] },
};

for (const [name, libraries] of Object.entries(LIBRARIES)) {
  Deno.test(`A TypeScript consumer compiles with ${name}: strict, nodenext, libraries checked`, () =>
    compile(libraries));
}

async function compile(libraries: object): Promise<void> {
  const packages = ["typescript@6", "@types/node@24"];
  await using folder = await installed(packages);
  const compilerOptions = {
    strict: true,
    module: "nodenext",
    target: "es2022",
    skipLibCheck: false,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    ...libraries,
  };
  await folder.write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["flow.ts"] }));
  await folder.write(
    "flow.ts",
    `import { BadServerError, Client, type Document, DocumentArray, Executor, Flow, type RequestContext, requests } from "hotflow";

export class MyExecutor extends Executor {
  @requests({ on: "/foo" })
  async foo(docs: DocumentArray, { parameters, signal }: RequestContext): Promise<void> {
    const first: Document | undefined = docs[0];
    if (first !== undefined && !signal.aborted) first.text = String(parameters["text"]);
  }
}
const flow: Flow = await new Flow({ port: 0 }).add({ uses: MyExecutor, reload: true, replicas: 2 }).start();
const docs: DocumentArray = await new Client({ port: flow.port }).post("/foo", DocumentArray.empty(1), { parameters: { text: "a" } })
  .catch((error: unknown) => { throw error instanceof BadServerError ? new Error(String(error.status)) : error; });
console.log(docs[0]?.text);
await flow.close();
`,
  );
  const { code, stdout } = await run(
    [`${await appWith(packages)}/node_modules/.bin/tsc`, "-p", "."],
    folder.path,
  );
  assertEquals(code, 0, stdout);
}
