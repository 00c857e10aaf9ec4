import { assertEquals, assertStringIncludes } from "@std/assert";
import { convertStd } from "../../tools/convert_std.ts";
import { readTar } from "../../tools/tar.ts";
import { makeTar } from "./_make_tar.ts";

const STD = "package/esm/deps/somewhere/@std";

async function converted(): Promise<Map<string, string>> {
  return await convertStd(readTar(makeTar({
    "package/README.md": "not ours",
    [`${STD}/internal/1.0.14/_os.js`]:
      'import * as dntShim from "../../../../../_dnt.shims.js";\nconst g = dntShim.dntGlobalThis;\n',
    [`${STD}/internal/1.0.14/os_name.js`]: 'import { x } from "./_os.js";\n',
    [`${STD}/internal/1.0.14/os_name.d.ts`]: "export declare const os: string;\n",
    [`${STD}/fs/1.0.23/mod.js`]: 'export * from "./walk.js";\n',
    [`${STD}/fs/1.0.23/walk.js`]:
      'import { os } from "../../internal/1.0.14/os_name.js";\nawait dntShim.Deno.stat(".");\n',
    [`${STD}/fs/1.0.23/walk.d.ts`]: "export declare function walk(x: dntShim.Deno.FileInfo): void;\n",
  })));
}

Deno.test("convertStd() lists version, exports and checksums as JSR does", async () => {
  const mirror = await converted();
  assertEquals(JSON.parse(mirror.get("@std/internal/meta.json") ?? ""), {
    scope: "std",
    name: "internal",
    latest: "1.0.14",
    versions: { "1.0.14": {} },
  });
  const meta = JSON.parse(mirror.get("@std/internal/1.0.14_meta.json") ?? "");
  assertEquals(meta.exports, { ".": "./mod.js", "./os-name": "./os_name.js" });
  assertEquals(Object.keys(meta.manifest), ["/_os.js", "/os_name.js", "/os_name.d.ts", "/mod.js"]);
});

Deno.test("convertStd() makes a mod.js of the public modules when there is none", async () => {
  const mod = (await converted()).get("@std/internal/1.0.14/mod.js") ?? "";
  assertStringIncludes(mod, 'export * from "./os_name.js";');
  assertEquals(mod.includes("_os.js"), false);
});

Deno.test("convertStd() takes out dnt's shims and relative paths between packages", async () => {
  const mirror = await converted();
  assertEquals(mirror.get("@std/internal/1.0.14/_os.js"), "const g = globalThis;\n");
  assertEquals(
    mirror.get("@std/fs/1.0.23/walk.js"),
    '/* @ts-self-types="./walk.d.ts" */\nimport { os } from "jsr:@std/internal@^1.0.14/os-name";\n' +
      'await globalThis.Deno.stat(".");\n',
  );
  assertEquals(
    mirror.get("@std/fs/1.0.23/walk.d.ts"),
    "export declare function walk(x: Deno.FileInfo): void;\n",
  );
});
