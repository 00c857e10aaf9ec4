import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { checkRooms, ROOMS } from "../../tools/check_rooms.ts";
import { temporaryFolder } from "./_temporary_folder.ts";

async function check(files: Record<string, string>): Promise<string[]> {
  await using folder = await temporaryFolder(files);
  return (await checkRooms(join(folder.path, "src"))).map((line) => line.replaceAll("\\", "/"));
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
      "src/worker/dispatch.ts": 'import "../../mod.ts";\n',
    }),
    [
      "src/document/mod.ts:3: document may not import flow/flow.ts",
      "src/errors.ts:1: errors may not import log/mod.ts",
      "src/replica/a.ts:1: replica may not import worker/entry.ts",
      "src/replica/a.ts:5: replica may not import flow/mod.ts",
      "src/watch/a.ts:1: watch may not import reload/a.ts",
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

Deno.test("checkRooms() reports private files, files too long and files of no room", async () => {
  assertEquals(
    await check({
      "src/executor/a.ts": 'import { f } from "../document/_fields.ts";\n',
      "src/document/long.ts": "\n".repeat(401),
      "src/document/full.ts": "\n".repeat(400),
      "src/helpers/a.ts": "",
    }),
    [
      "src/document/long.ts:401: 401 lines, more than 400",
      "src/executor/a.ts:1: document/_fields.ts is private to document",
      "src/helpers/a.ts:1: helpers/a.ts is in no room of the table in tools/check_rooms.ts",
    ],
  );
});
