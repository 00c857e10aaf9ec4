import { assertEquals, assertStringIncludes } from "@std/assert";
import { delimiter, dirname, join } from "node:path";
import { STAMP } from "../../tools/jsr_mirror.ts";
import { jsrSpecifiers } from "../../tools/jsr_source.ts";
import { temporaryFolder } from "./_temporary_folder.ts";

const TOOLS = join(dirname(dirname(import.meta.dirname ?? "")), "tools");
const DENO_JSON = JSON.stringify({
  lock: false,
  imports: { "@std/assert": "jsr:@std/assert@^1.0.19", here: "./here.ts" },
});

/** No registry answers at this proxy. */
const OFFLINE = { HTTP_PROXY: "http://127.0.0.1:1", HTTPS_PROXY: "http://127.0.0.1:1", NO_PROXY: "" };
const PRINT_JSR_URL = 'console.log(Deno.env.get("JSR_URL") ?? "unset");\n';

/** A checkout in small: the tools, an import map and the given files. */
async function checkout(
  files: Record<string, string> = {},
): Promise<AsyncDisposable & { readonly path: string }> {
  const tools = [...Deno.readDirSync(TOOLS)].filter(({ isFile }) => isFile).map(({ name }) => name);
  const copies = tools.map((name) => [`tools/${name}`, Deno.readTextFileSync(join(TOOLS, name))] as const);
  return await temporaryFolder({ ...Object.fromEntries(copies), "deno.json": DENO_JSON, ...files });
}

async function launch(root: string, args: string[], env: Record<string, string>, cwd = root) {
  const path = env.PATH ?? Deno.env.get("PATH") ?? "";
  const kept = ["HOME", "USERPROFILE", "LOCALAPPDATA", "SystemRoot", "TMPDIR", "TEMP"]
    .map((name) => [name, Deno.env.get(name)] as const)
    .filter((pair): pair is [string, string] => pair[1] !== undefined);
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", join(root, "tools/launch.ts"), ...args],
    cwd,
    clearEnv: true,
    env: { ...Object.fromEntries(kept), NO_COLOR: "1", DENO_DIR: join(root, ".cache"), ...env, PATH: path },
    stdin: "null",
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code: output.code, stdout: decode(output.stdout), stderr: decode(output.stderr) };
}

Deno.test("launch leaves JSR_URL alone and asks no registry when the user has set it", async () => {
  await using root = await checkout({ "a.ts": PRINT_JSR_URL });
  const result = await launch(root.path, ["run", "-A", "a.ts"], {
    ...OFFLINE,
    JSR_URL: "http://127.0.0.1:1/mine/",
  });
  assertEquals(result, { code: 0, stdout: "http://127.0.0.1:1/mine/\n", stderr: "" });
});

Deno.test("launch uses the mirror without asking anyone when a whole one is there", async () => {
  await using root = await checkout({ "a.ts": PRINT_JSR_URL, [`.jsr-mirror/${STAMP.name}`]: STAMP.text });
  const result = await launch(root.path, ["run", "-A", "a.ts"], OFFLINE);
  assertEquals([result.code, result.stderr], [0, ""]);
  assertStringIncludes(result.stdout, "/.jsr-mirror/\n");
});

Deno.test("launch passes on the exit code, the import map and the caller's folder", async () => {
  await using elsewhere = await temporaryFolder({
    "mine.ts": 'import { code } from "here";\nconsole.log(Deno.cwd(), Deno.args);\nDeno.exit(code);\n',
  });
  await using root = await checkout({ "here.ts": "export const code = 7;\n" });
  const result = await launch(
    root.path,
    ["--from-caller", "run", "-A", "mine.ts", "--config", "x"],
    { JSR_URL: "http://127.0.0.1:1/", INIT_CWD: elsewhere.path },
  );
  assertEquals(result.code, 7, result.stderr);
  assertEquals(result.stdout, `${elsewhere.path} [ "--config", "x" ]\n`);
});

Deno.test("launch --own-config runs with the deno.json of the folder it is in", async () => {
  await using project = await temporaryFolder({
    "deno.json": '{ "imports": { "here": "./mine.ts" } }',
    "mine.ts": "export const code = 5;\n",
    "a.ts": 'import { code } from "here";\nDeno.exit(code);\n',
  });
  await using root = await checkout({ "here.ts": "export const code = 7;\n" });
  const args = ["--own-config", "run", "-A", "a.ts"];
  const result = await launch(root.path, args, { JSR_URL: "http://127.0.0.1:1/" }, project.path);
  assertEquals([result.code, result.stderr], [5, ""]);
});

Deno.test("launch says what it tried and what to do when neither JSR nor npm answers", async () => {
  await using root = await checkout({ "a.ts": PRINT_JSR_URL });
  const { code, stdout, stderr } = await launch(root.path, ["run", "-A", "a.ts"], {
    ...OFFLINE,
    PATH: root.path,
  });
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(
    stderr,
    "Cannot get the @std packages that deno.json names, neither from JSR nor from npm.",
  );
  assertStringIncludes(stderr, "npm: no such command");
  assertStringIncludes(stderr, "Next step:");
});

Deno.test({
  name: "launch unpacks nothing when npm's tarball is not the pinned one",
  ignore: Deno.build.os === "windows", // npm's stand-in is a shell script
  fn: async () => {
    await using root = await checkout({
      "a.ts": PRINT_JSR_URL,
      "bin/npm": '#!/bin/sh\necho "someone else\'s" > "veryfront-0.1.1031.tgz"\n',
    });
    await Deno.chmod(join(root.path, "bin/npm"), 0o755);
    const path = [join(root.path, "bin"), Deno.env.get("PATH")].join(delimiter);
    const { code, stderr } = await launch(root.path, ["run", "-A", "a.ts"], { ...OFFLINE, PATH: path });
    assertEquals(code, 1);
    assertStringIncludes(stderr, "its tarball is not the pinned one: wanted sha512-Vhd648");
    assertEquals([...Deno.readDirSync(root.path)].filter(({ name }) => name.startsWith(".jsr")), []);
  },
});

Deno.test({
  name: "launch passes SIGTERM on and ends as its child ends",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using root = await checkout({
      "a.ts": 'Deno.addSignalListener("SIGTERM", () => Deno.exit(5));\nconsole.log("ready");\n' +
        "await Deno.stdin.read(new Uint8Array(1));\n",
    });
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-config", join(root.path, "tools/launch.ts"), "run", "-A", "a.ts"],
      cwd: root.path,
      env: { JSR_URL: "http://127.0.0.1:1/" },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const output = child.stdout.getReader();
    assertEquals(new TextDecoder().decode((await output.read()).value), "ready\n");
    child.kill("SIGTERM");
    assertEquals((await child.status).code, 5);
    await output.cancel();
    await child.stdin.close();
  },
});

Deno.test("jsrSpecifiers() takes JSR packages only, and a real export where there is no root one", () => {
  const imports = { "@std/testing": "jsr:@std/testing@^1", "@std/fs": "jsr:@std/fs@^1", hono: "npm:hono@^4" };
  assertEquals(jsrSpecifiers(JSON.stringify({ imports })), ["jsr:@std/testing@^1/bdd", "jsr:@std/fs@^1"]);
});
