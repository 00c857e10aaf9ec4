import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { blank } from "../../tools/blank.ts";
import { checkRooms, type Report, ROOMS } from "../../tools/check_rooms.ts";
import { classesIn } from "../../tools/mutable_fields.ts";
import { temporaryFolder } from "./_temporary_folder.ts";

async function report(files: Record<string, string>): Promise<Report> {
  await using folder = await temporaryFolder(files);
  const slashed = (lines: readonly string[]) => lines.map((line) => line.replaceAll("\\", "/"));
  const { violations, warnings } = await checkRooms(join(folder.path, "src"));
  return { violations: slashed(violations), warnings: slashed(warnings) };
}

async function check(files: Record<string, string>): Promise<readonly string[]> {
  return (await report(files)).violations;
}

Deno.test("ROOMS lets each room import only rooms above it in the table", () => {
  const names = Object.keys(ROOMS);
  for (const [at, name] of names.entries()) {
    for (const allowed of ROOMS[name] ?? []) {
      const room = allowed.startsWith("@") ? undefined : allowed.split("/")[0] ?? "";
      if (room !== undefined && room in ROOMS) assert(names.indexOf(room) < at, `${name} imports ${room}`);
    }
  }
});

Deno.test("checkRooms() finds nothing when all imports go downwards", async () => {
  assertEquals(
    await check({
      "src/errors.ts": "export class HotflowError extends Error {}\n",
      "src/document/mod.ts": 'import "../errors.ts";\nexport * from "./_fields.ts";\n',
      "src/config/values.ts":
        'import { parse } from "@std/yaml/parse";\nimport type { E } from "../errors/mod.ts";\n',
      "src/runtime/deno.ts": 'import { join } from "node:path";\nDeno.cwd();\n',
      "src/replica/replica.ts": 'import type { M } from "../protocol/protocol.ts";\n',
      "src/worker/entry.ts": 'await import("../../mod.ts");\nawait import(someUrl);\n',
      "src/gateway/app.ts": 'import { Hono } from "hono";\nimport { x } from "hono/http-exception";\n',
    }),
    [],
  );
});

Deno.test("checkRooms() names path and line when an import goes upwards", async () => {
  assertEquals(
    await check({
      "src/errors.ts": 'import { a } from "./log/mod.ts";\n',
      "src/document/mod.ts": '\n\nexport * from "../flow/flow.ts";\n',
      "src/replica/a.ts":
        'import {\n  a,\n  b,\n} from "../worker/entry.ts";\nconst x = await import("../flow/mod.ts");\n',
      "src/watch/a.ts": 'let x: import("../reload/a.ts").A;\n',
      "src/watch/b.ts": 'await import(import.meta.resolve("../reload/a.ts"));\n',
      "src/worker/dispatch.ts": 'import "../../mod.ts";\n',
    }),
    [
      "src/document/mod.ts:3: document may not import flow/flow.ts",
      "src/errors.ts:1: errors may not import log/mod.ts",
      "src/replica/a.ts:1: replica may not import worker/entry.ts",
      "src/replica/a.ts:5: replica may not import flow/mod.ts",
      "src/watch/a.ts:1: watch may not import reload/a.ts",
      "src/watch/b.ts:1: watch may not import reload/a.ts",
      'src/worker/dispatch.ts:1: worker may not import "../../mod.ts", which is outside src/',
    ],
  );
});

Deno.test("checkRooms() keeps packages and the runtime in their rooms", async () => {
  assertEquals(
    await check({
      "src/client/a.ts":
        'import { Hono } from "hono";\nimport fs from "node:fs";\nconst d = globalThis.Deno;\n',
      "src/flow/a.ts": 'import x from "errors";\nconst line = `${Deno.cwd()}`;\n',
    }),
    [
      'src/client/a.ts:1: client may not import "hono"',
      'src/client/a.ts:2: only src/runtime may import "node:fs"',
      "src/client/a.ts:3: only src/runtime may name Deno",
      'src/flow/a.ts:1: flow may not import "errors"',
      "src/flow/a.ts:2: only src/runtime may name Deno",
    ],
  );
});

Deno.test("checkRooms() reads no imports out of comments and strings", async () => {
  assertEquals(
    await check({
      "src/errors.ts": [
        '// import "../flow/a.ts"',
        '/** import { a } from "./flow/a.ts"; Deno.cwd() */',
        'const text = `import "./flow/a.ts" ${{ a: 1 }.a} Deno \\``;',
        'const quote = /["\'`]/; const url = "https://example.org/Deno"; const half = 4 / 2;',
        "const inner = 'import \"./flow/b.ts\"';",
      ].join("\n"),
    }),
    [],
  );
});

Deno.test("checkRooms() reports private files and files of no room", async () => {
  assertEquals(
    await check({
      "src/executor/a.ts": 'import { f } from "../document/_fields.ts";\n',
      "src/helpers/a.ts": "",
    }),
    [
      "src/executor/a.ts:1: document/_fields.ts is private to document",
      "src/helpers/a.ts:1: helpers/a.ts is in no room of the table in tools/check_rooms.ts",
    ],
  );
});

Deno.test("checkRooms() warns about files of more than 400 lines", async () => {
  const files = { "src/document/long.ts": "\n".repeat(401), "src/document/full.ts": "\n".repeat(400) };
  assertEquals(await report(files), {
    violations: [],
    warnings: ["src/document/long.ts:401: 401 lines, more than 400"],
  });
});

Deno.test("checkRooms() reports classes with more than 8 mutable fields", async () => {
  const fields = (count: number) =>
    Array.from({ length: count }, (_, at) => `  #field${at} = ${at};\n`).join("");
  assertEquals(
    await check({
      "src/document/a.ts": `export class Full {\n${fields(8)}  readonly other = 1;\n}\n\n` +
        `export class Odd extends Full {\n${fields(9)}}\n`,
    }),
    ["src/document/a.ts:13: Odd has 9 mutable fields, more than 8"],
  );
});

Deno.test("classesIn() counts fields, parameter properties and accessors, not readonly ones or methods", () => {
  const { code } = blank(`
const inner = class extends Map<string, number> { size2; };
export abstract class Full<T extends object = { a: 1 }> implements Something {
  static count = 0;
  static readonly name = "class Other { #a = 1; }";
  #map: Map<string, { a: number }> = new Map();
  readonly #list: string[] = [];
  protected when?: Date;
  declare accessor label: string;
  saveState = () => { const a = 1; return a; };
  static { this.count = 1; }
  private constructor(private readonly a: number, private b: { c: number }, d = class { e = 1; }) {
    super();
  }
  overloaded(a: string): void;
  overloaded(a: unknown): { b: number } { return { b: 1 }; }
  get value(): number { return 1; }
  async *[Symbol.iterator]() { yield 1; }
  abstract later(): void;
}
`);
  assertEquals(classesIn(code).map(({ name, mutable }) => [name, ...mutable]), [
    ["(anonymous)", "size2"],
    ["Full", "count", "#map", "when", "label", "saveState", "b"],
    ["(anonymous)", "e"],
  ]);
});
