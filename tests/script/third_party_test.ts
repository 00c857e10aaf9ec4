import { assertEquals } from "@std/assert";
import { isThirdParty } from "../../src/script/third_party.ts";

Deno.test("isThirdParty() knows the folders that runtimes and package managers keep packages in", () => {
  const yes = [
    "/app/node_modules/ajv/dist/ajv.js",
    "/app/node_modules/.deno/ajv@8.20.0/node_modules/ajv/dist/ajv.js",
    "/app/node_modules/.pnpm/ajv@8.20.0/node_modules/ajv/dist/ajv.js",
    "C:\\app\\node_modules\\ajv\\dist\\ajv.js",
    "/home/a/.cache/deno/npm/registry.npmjs.org/typescript/6.0.3/lib/typescript.js",
    "/home/a/.cache/deno/npm/registry.npmjs.org/@node-rs/crc32/1.10.8/index.js",
    "/deno-dir/npm/localhost_4873/a/1.0.0-beta.1_1/x.js",
    "/deno-dir/npm/npm.example.com/group/@a/b/1.0.0/x.js",
    "C:\\Users\\a\\AppData\\Local\\deno\\npm\\registry.npmjs.org\\a\\1.0.0\\x.js",
    "/root/.bun/install/cache/zod@4.1.0@@@1/index.js",
  ];
  const no = [
    "/app/my_executor.ts",
    "/app/node_modules_2/a.ts",
    "/home/npm/app.d/src/ex.ts",
    "/app/npm/my/1.0.0/x.ts",
    "/app/v1.0.0/x.ts",
    "/app/lib@2/x.ts",
  ];
  for (const path of yes) assertEquals(isThirdParty(path), true, path);
  for (const path of no) assertEquals(isThirdParty(path), false, path);
});
