/** The package from JSR, as a user of Deno has it: from a registry over HTTP, with an empty cache. */
import { assert, assertEquals } from "@std/assert";
import { copy } from "@std/fs/copy";
import { dirname, extname, join, relative } from "node:path";
import { relativeTo, withImports } from "../../tools/npm/compile.ts";
import type { Project } from "../../tools/npm/manifest.ts";
import { buildMirror } from "../../tools/jsr_mirror.ts";
import { answerOf, Cli } from "../cli/_cli.ts";
import { filesOf, partsOf, readDocument } from "../docs/_markdown.ts";
import { FlowProcess } from "../support/process.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Image } from "./_image.ts";
import { CHECKOUT, run } from "./_installed.ts";
import { PRINTED, SCHEMA_PACKAGES, shopScript, shopSource, STRICT } from "./_typed.ts";

const TYPES: Record<string, string> = {
  ".ts": "text/typescript",
  ".js": "text/javascript",
  ".json": "application/json",
};

/** A registry of packages in a folder, served on this machine. */
class Registry implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(readonly folder: TempFolder) {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      const path = decodeURIComponent(new URL(request.url).pathname).slice(1);
      const body = await Deno.readFile(folder.at(path)).catch(() => undefined);
      if (body === undefined) return new Response("Not Found", { status: 404 });
      return new Response(body, { headers: { "content-type": TYPES[extname(path)] ?? "text/plain" } });
    });
  }

  /** One with the packages of @std that the project uses, and the project itself. */
  static async make(): Promise<Registry> {
    const folder = await TempFolder.make();
    const mirror = new URL(Deno.env.get("JSR_URL") ?? "none:");
    if (mirror.protocol === "file:") await copy(mirror.pathname, folder.path, { overwrite: true });
    else await buildMirror(folder.path);
    await publish(folder);
    return new Registry(folder);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** Answers nothing from now on. */
  async stop(): Promise<void> {
    await this.#server.shutdown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.folder[Symbol.asyncDispose]();
  }
}

/** Puts the files that `deno publish` would send into the registry, with the specifiers that it would write. */
async function publish(registry: TempFolder): Promise<void> {
  const project: Project = JSON.parse(await Deno.readTextFile(join(CHECKOUT, "deno.json")));
  const place = `${project.name}/${project.version}`;
  const manifest: Record<string, { size: number; checksum: string }> = {};
  for (const path of await publishedFiles(registry)) {
    const text = await Deno.readTextFile(join(CHECKOUT, path));
    const sent = path.endsWith(".ts")
      ? withImports(text, (specifier) => unfurl(specifier, path, project))
      : text;
    const bytes = await Deno.readFile(await write(registry, `${place}/${path}`, sent));
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    manifest[`/${path}`] = { size: bytes.length, checksum: `sha256-${hash}` };
  }
  const exports = typeof project.exports === "string" ? { ".": project.exports } : project.exports;
  await write(registry, `${place}_meta.json`, JSON.stringify({ manifest, exports }));
  const [scope, name] = project.name.slice(1).split("/");
  const versions = { [project.version]: {} };
  const meta = { scope, name, latest: project.version, versions };
  await write(registry, `${project.name}/meta.json`, JSON.stringify(meta));
}

/** What the dry run lists: `file:///…/mod.ts (2.7KB)`. */
async function publishedFiles(registry: TempFolder): Promise<string[]> {
  const command = [Deno.execPath(), "publish", "--dry-run", "--allow-dirty"];
  const { code, stderr } = await run(command, CHECKOUT, { JSR_URL: `file://${registry.path}/` });
  assertEquals(code, 0, stderr);
  return [...stderr.matchAll(/^ *file:\/\/(\S+) \(/gm)].map(([, path]) => relative(CHECKOUT, path));
}

/** What the publisher writes instead of a name of the import map. */
function unfurl(specifier: string, path: string, { imports }: Project): string {
  const name = Object.keys(imports).find((key) => specifier === key || specifier.startsWith(`${key}/`));
  if (name === undefined) return specifier;
  const target = `${imports[name]}${specifier.slice(name.length)}`;
  return target.startsWith("./") ? relativeTo(path, join(target)) : target;
}

async function write(folder: TempFolder, path: string, text: string): Promise<string> {
  await Deno.mkdir(dirname(folder.at(path)), { recursive: true });
  await Deno.writeTextFile(folder.at(path), text);
  return folder.at(path);
}

/** A user's folder: nothing but the package, added to it. */
async function userFolder(registry: Registry): Promise<{ folder: TempFolder; env: Record<string, string> }> {
  const folder = await TempFolder.make();
  const env = { JSR_URL: registry.url, DENO_DIR: folder.at(".deno"), HOTFLOW_LOG_LEVEL: "info" };
  await folder.write("deno.json", "{}\n");
  const { code, stderr } = await run([Deno.execPath(), "add", "jsr:@hotflow/hotflow"], folder.path, env);
  assertEquals(code, 0, stderr);
  return { folder, env };
}

/** A document's files by their name, on a free port that the script prints. */
async function filesIn(document: string): Promise<Map<string, string>> {
  const files = filesOf(partsOf(await readDocument(document)));
  return new Map(
    [...files].map(([name, text]) => [
      name,
      text.replaceAll("port: 12345", "port: 0")
        .replace("await flow.block();", "console.log(flow.port);\n  await flow.block();"),
    ]),
  );
}

const COMMAND = [Deno.execPath(), "run", "-A"];

/** An Executor that is exported, with a package from npm. */
const ODD = `import { Executor, requests } from "@hotflow/hotflow";
import isOdd from "is-odd";
export class Shout extends Executor {
  @requests()
  shout(docs) { for (const doc of docs) if (isOdd(3)) doc.text = doc.text.toUpperCase(); }
}
`;

Deno.test("JSR: the README's Executor is served, reloaded, and kept when it is broken", async () => {
  await using registry = await Registry.make();
  const { folder, env } = await userFolder(registry);
  await using _folder = folder;
  const files = await filesIn("README.md");
  const source = files.get("my_executor.ts") ?? "";
  await folder.write("my_executor.ts", source);
  await using running = await FlowProcess.serve(folder, files.get("flow.ts") ?? "", "flow.ts", COMMAND, env);
  assertEquals((await running.ask()).text, "I am coming from the first version of MyExecutor");
  await folder.write("my_executor.ts", source.replace("the first version", "a new version"));
  await running.log.waitFor(/INFO executor0\/rep-0 version 2 serves/);
  assertEquals((await running.ask()).text, "I am coming from a new version of MyExecutor");
  await folder.write("my_executor.ts", source.replace("foo(docs", "foo((docs"));
  const { message } = await running.log.waitFor(/SyntaxError: /);
  assert(message.includes(` at ${folder.at("my_executor.ts")}:6:7`), message);
  assertEquals((await running.ask()).text, "I am coming from a new version of MyExecutor");
  running.signal("SIGINT");
  assertEquals(await running.exited(), 0);
});

Deno.test("JSR: a change of the YAML in docs/executors.md puts another class in its place", async () => {
  await using registry = await Registry.make();
  const { folder, env } = await userFolder(registry);
  await using _folder = folder;
  const script = (await filesIn("docs/executors.md")).get("yaml_flow.ts") ?? "";
  await folder.write("executor.yml", "jtype: MyExecutorBeforeRestart\n");
  await using running = await FlowProcess.serve(folder, script, "yaml_flow.ts", COMMAND, env);
  assertEquals((await running.ask()).text, "MyExecutorBeforeRestart");
  await folder.write("executor.yml", "jtype: MyExecutorAfterRestart\n");
  await running.log.waitFor(/INFO executor0\/rep-0 version 2 serves/);
  assertEquals((await running.ask()).text, "MyExecutorAfterRestart");
});

Deno.test("JSR: the command line serves a file, and tells its version", async () => {
  await using registry = await Registry.make();
  const { folder, env } = await userFolder(registry);
  await using _folder = folder;
  const cli = [...COMMAND, "jsr:@hotflow/hotflow/cli"];
  const { version } = JSON.parse(await Deno.readTextFile(join(CHECKOUT, "deno.json")));
  const told = await run([...cli, "--version"], folder.path, env);
  assertEquals([told.code, told.stdout.includes(version)], [0, true], told.stdout + told.stderr);
  const source = (await filesIn("README.md")).get("my_executor.ts") ?? "";
  const command = [...cli, "serve", "--port", "0", "--json"];
  await using running = await FlowProcess.run(folder, source, "my_executor.ts", command, env);
  await running.printed(/"serving"/);
  await folder.write("my_executor.ts", source.replace("the first version", "a new version"));
  await running.printed(/version 2 serves/);
});

Deno.test("JSR: a new project's own tasks serve it, reload it, and test it", async () => {
  await using registry = await Registry.make();
  const { folder, env } = await userFolder(registry);
  await using _folder = folder;
  const made = await run([...COMMAND, "jsr:@hotflow/hotflow/cli", "new", "hello"], folder.path, env);
  assertEquals([made.code, made.stderr], [0, ""]);
  const project = { ...folder, path: folder.at("hello") } as TempFolder;
  const test = await run([Deno.execPath(), "task", "test"], project.path, env);
  assertEquals(test.code, 0, test.stdout + test.stderr);
  // The task's command, without `deno task` in between: that one, killed when a test fails, leaves it behind.
  const { tasks } = JSON.parse(await Deno.readTextFile(`${project.path}/deno.json`));
  const [, ...args] = tasks.start.split(" ");
  await using cli = new Cli(project, ["--port", "0"], { command: [Deno.execPath(), ...args], env });
  const port = await cli.port();
  assertEquals(await answerOf(port, "you"), "hello you");
  const path = `${project.path}/my_executor.ts`;
  await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace("hello", "good evening"));
  await cli.says(/version 2/);
  assertEquals(await answerOf(port, "you"), "good evening you");
});

/** Projects to export, each with the import of a package that its manifest names. */
const PROJECTS: readonly (readonly [what: string, files: Readonly<Record<string, string>>])[] = [
  ["a deno.json and a frozen lock file", {
    "deno.json":
      '{ "imports": { "@hotflow/hotflow": "jsr:@hotflow/hotflow", "is-odd": "npm:is-odd@3.0.1" }, "lock": { "frozen": true } }',
    "src/shout.ts": ODD,
  }],
  ["a workspace", {
    "deno.json": '{ "workspace": ["./src"] }',
    "src/deno.json":
      '{ "imports": { "@hotflow/hotflow": "jsr:@hotflow/hotflow", "is-odd": "npm:is-odd@3.0.1" } }',
    "src/shout.ts": ODD,
  }],
  ["a package.json alone", {
    "package.json": '{ "type": "module", "dependencies": { "is-odd": "3.0.1" } }',
    "src/shout.ts": ODD.replace('"@hotflow', '"jsr:@hotflow'),
  }],
];

for (const [what, files] of PROJECTS) {
  Deno.test(`JSR: an exported image with ${what} has all that its services need: they start without a network`, async () => {
    await using registry = await Registry.make();
    const { folder, env } = await userFolder(registry);
    await using _folder = folder;
    await Deno.remove(folder.at("deno.json"));
    for (const [name, text] of Object.entries(files)) await folder.write(name, text);
    const flags = ["--node-modules-dir=none", "--frozen=false"];
    const installed = await run([Deno.execPath(), "install", ...flags], folder.path, env);
    assertEquals(installed.code, 0, installed.stderr);
    await folder.write(
      "flow.yml",
      "jtype: Flow\nexecutors: [{ name: shout, uses: src/shout.ts, isolation: process }]\n",
    );
    const exporting = [...COMMAND, ...flags, "jsr:@hotflow/hotflow/cli", "export", "compose", "flow.yml"];
    const { code, stderr } = await run(exporting, folder.path, env);
    assertEquals(code, 0, stderr);
    const replacements = { "https://jsr.io/": registry.url };
    await using image = await Image.build(
      folder,
      dirname(Deno.execPath()),
      { JSR_URL: registry.url },
      replacements,
    );
    await registry.stop();
    assertEquals(await image.ask(folder, "shout", "a"), "A");
  });
}

Deno.test("JSR: gRPC is served where only `deno install` fetches packages, as with a package.json", async () => {
  await using registry = await Registry.make();
  const { folder, env } = await userFolder(registry);
  await using _folder = folder;
  await folder.write("package.json", "{}\n");
  await folder.write(
    "flow.ts",
    `import { Client, Executor, Flow } from "@hotflow/hotflow";
export class Mine extends Executor {
  static source = import.meta.url;
  static requests = { default: "handle" };
  handle(docs) { docs[0].text = "over gRPC"; }
}
if (import.meta.main) {
  const flow = await new Flow({ protocol: "grpc", port: 0 }).add({ uses: Mine }).start();
  const [answer] = await new Client({ protocol: "grpc", port: flow.port }).post("/", { text: "" });
  console.log(answer.text);
  await flow.close();
}
`,
  );
  const installed = await run([Deno.execPath(), "install"], folder.path, env);
  assertEquals(installed.code, 0, installed.stderr);
  const { code, stdout, stderr } = await run([...COMMAND, "--frozen", "flow.ts"], folder.path, env);
  assertEquals(stdout, "over gRPC", stderr);
  assertEquals(code, 0, stderr);
});

Deno.test("JSR: a strict consumer checks endpoints with schemas of each library, and runs them", async () => {
  await using registry = await Registry.make();
  const { folder, env } = await userFolder(registry);
  await using _folder = folder;
  const { imports } = JSON.parse(await Deno.readTextFile(folder.at("deno.json")));
  assertEquals(Object.keys(imports), ["@hotflow/hotflow"]);
  for (const name of SCHEMA_PACKAGES) imports[name.replace(/@\^.*/, "")] = `npm:${name}`;
  await folder.write("deno.json", JSON.stringify({ imports, compilerOptions: STRICT }));
  await folder.write("shop.ts", shopSource("@hotflow/hotflow", true));
  await folder.write("flow.ts", shopScript("@hotflow/hotflow", "./shop.ts"));
  const checked = await run([Deno.execPath(), "check", "--quiet", "flow.ts"], folder.path, env);
  assertEquals(checked.code, 0, checked.stderr);
  const { stdout, stderr } = await run([...COMMAND, "flow.ts"], folder.path, env);
  assertEquals(stdout === "" ? stderr : JSON.parse(stdout), PRINTED);
});
