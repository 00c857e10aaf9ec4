/** Reloads of files that are imported by names of an import map. */
import { assertEquals } from "@std/assert";
import { FlowProcess, flowScript } from "../support/process.ts";
import { FILE } from "../support/reloading.ts";
import { target } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { executorWith, saying } from "./_serving.ts";

const CONFIG = new URL("../../deno.json", import.meta.url);

/** An import map that has the package's own names, and those of a project. */
async function configWith(names: Readonly<Record<string, string>>): Promise<string> {
  const { imports }: { imports: Record<string, string> } = JSON.parse(await Deno.readTextFile(CONFIG));
  const own = Object.entries(imports).map(([name, to]) => [
    name,
    to.startsWith("./") ? new URL(to, CONFIG).href : to,
  ]);
  return JSON.stringify({ imports: { ...Object.fromEntries(own), ...names }, lock: false });
}

for (const reload of [true, "in-place"] as const) {
  Deno.test({
    name: `names that are mapped to the path that they look like are followed, reload: ${reload}`,
    ignore: target.name !== "deno",
    async fn() {
      await using folder = await TempFolder.make();
      const config = await folder.write(
        "deno.json",
        await configWith({ "lib/": "./lib/", "#b": "./lib/b.ts" }),
      );
      await folder.write("lib/a.ts", 'export { b } from "#b";\nexport const a = "a1";\n');
      await folder.write("lib/b.ts", 'export const b = "b1";\n');
      await folder.write("lib/data.json", '{ "d": "d1" }\n');
      await folder.write(
        FILE,
        executorWith(
          saying("[a, b, data.d].join()"),
          'import { a, b } from "lib/a.ts";\nimport data from "lib/data.json" with { type: "json" };',
        ),
      );
      const command = [Deno.execPath(), "run", "-A", "--no-check", "--config", config];
      const script = flowScript({ uses: folder.at(FILE), reload });
      await using running = await FlowProcess.serve(folder, script, "flow.ts", command);
      const saved = async (name: string, text: string) => {
        const { mark } = running.log;
        await folder.write(name, text);
        await running.log.waitFor(/version \d+ serves/, mark);
        return (await running.ask()).text;
      };
      assertEquals((await running.ask()).text, "a1,b1,d1");
      assertEquals(await saved("lib/a.ts", 'export { b } from "#b";\nexport const a = "a2";\n'), "a2,b1,d1");
      assertEquals(await saved("lib/b.ts", 'export const b = "b2";\n'), "a2,b2,d1");
      assertEquals(await saved("lib/data.json", '{ "d": "d2" }\n'), "a2,b2,d2");
      const { mark } = running.log;
      await folder.write("lib/a.ts", "export const a = ;\n");
      await running.log.waitFor(/ERROR .*could not load the new version/, mark);
      assertEquals((await running.ask()).text, "a2,b2,d2");
    },
  });
}
