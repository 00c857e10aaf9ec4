/** Endpoints with schemas in the npm package: a strict TypeScript consumer, on Node. */
import { assertEquals } from "@std/assert";
import { appWith, CHECKOUT, installed, pathOf, run } from "./_installed.ts";
import { PRINTED, SCHEMA_PACKAGES, shopScript, shopSource, STRICT } from "./_typed.ts";

const PACKAGES = ["typescript@6", "@types/node@24", ...SCHEMA_PACKAGES];

Deno.test("npm: a strict TypeScript consumer compiles endpoints with schemas of each library, and runs them", async () => {
  await using folder = await installed(PACKAGES);
  const compilerOptions = {
    ...STRICT,
    module: "nodenext",
    target: "es2022",
    skipLibCheck: false,
    types: ["node"],
    outDir: "dist",
  };
  await folder.write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["flow.ts"] }));
  await folder.write("shop.ts", shopSource("hotflow"));
  await folder.write("flow.ts", shopScript("hotflow", "./shop.js"));
  const compiled = await run([`${await appWith(PACKAGES)}/node_modules/.bin/tsc`, "-p", "."], folder.path);
  assertEquals(compiled.code, 0, compiled.stdout);
  const { stdout, stderr } = await run([await pathOf("node 24"), "dist/flow.js"], folder.path);
  assertEquals(stdout === "" ? stderr : JSON.parse(stdout), PRINTED);
});

Deno.test("npm: libraries of schemas are no dependencies of the package", async () => {
  const path = `${await appWith()}/node_modules/hotflow/package.json`;
  const { dependencies, peerDependencies, optionalDependencies = {}, devDependencies = {} } = JSON.parse(
    await Deno.readTextFile(path),
  );
  const all = { ...dependencies, ...peerDependencies, ...optionalDependencies, ...devDependencies };
  const { imports } = JSON.parse(await Deno.readTextFile(`${CHECKOUT}/deno.json`));
  const schemas = SCHEMA_PACKAGES.map((name) => name.replace(/@\^.*/, ""));
  assertEquals(
    schemas.map((name) => [name, name in imports, name in all]),
    schemas.map((name) => [name, true, false]),
  );
});
