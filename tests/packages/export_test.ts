/** `hotflow export` of the npm package, and what the image's command starts. */
import { assertEquals, assertMatch } from "@std/assert";
import { dirname } from "node:path";
import { answerOf, hotflow } from "../cli/_cli.ts";
import { Composed } from "../export/_composed.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { RUNTIMES } from "../../tools/runtimes.ts";
import { Image } from "./_image.ts";
import { appWith, installed, pathOf, TARBALL } from "./_installed.ts";

/** TypeScript that Node runs as it is. */
const SHOUT = `import { type DocumentArray, Executor } from "hotflow";
export class Shout extends Executor {
  static requests = { default: "shout" };
  shout(docs: DocumentArray) { for (const doc of docs) doc.text = doc.text?.toUpperCase(); }
}
`;
const FLOW =
  "jtype: Flow\nexecutors: [{ name: shout, uses: src/shout.ts, isolation: process, replicas: 2 }]\n";

for (const runtime of RUNTIMES) {
  Deno.test(`${runtime}: an exported Flow is for Node, and its services serve`, async () => {
    await using folder = await installed();
    await using scratch = await TempFolder.make();
    await folder.write("src/shout.ts", SHOUT);
    await folder.write("flow.yml", FLOW);
    const command = [await pathOf(runtime), `${await appWith()}/node_modules/hotflow/cli.js`];
    for (const target of ["kubernetes", "compose"]) {
      const { code, stderr } = await hotflow(folder, ["export", target, "flow.yml"], { command });
      assertEquals([code, stderr], [0, ""]);
    }
    assertMatch(await Deno.readTextFile(folder.at("k8s/Dockerfile")), /^FROM node:24-slim$/m);
    await using composed = new Composed(folder.path, "compose", scratch, {}, command);
    await composed.startAll();
    const port = composed.port("gateway", 12345);
    // What the health check asks.
    assertEquals((await hotflow(folder, ["ping", String(port), "--wait", "30s"], { command })).code, 0);
    assertEquals(await answerOf(port, "you"), "YOU");
  });
}

Deno.test("node 24: an exported image has hotflow and the packages of the manifest", async () => {
  await using folder = await TempFolder.make();
  await folder.write("package.json", '{ "type": "module", "dependencies": { "is-odd": "3.0.1" } }');
  await folder.write(
    "src/shout.ts",
    `import isOdd from "is-odd";\n${SHOUT.replace("{ for", "{ if (isOdd(3)) for")}`,
  );
  await folder.write("flow.yml", FLOW);
  const node = await pathOf("node 24");
  const command = [node, `${await appWith()}/node_modules/hotflow/cli.js`];
  assertEquals((await hotflow(folder, ["export", "compose", "flow.yml"], { command })).code, 0);
  const dockerfile = await Deno.readTextFile(folder.at("compose/Dockerfile"));
  const [specifier] = /\bhotflow@\d[\w.-]*$/m.exec(dockerfile) ?? [];
  await using image = await Image.build(folder, dirname(node), {}, { [String(specifier)]: TARBALL });
  assertEquals(await image.ask(folder, "shout", "you"), "YOU");
});
