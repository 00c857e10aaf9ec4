/** Where the system allows no more watches, in processes with a real limit. */
import { assertEquals } from "@std/assert";
import { limited, limitTest } from "../support/limited.ts";
import { target } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";

const WATCHED = new URL("./_watched.ts", import.meta.url).href;

/** Watches folders in a process with a limit. Returns the warnings. */
async function warnings(what: "watches" | "instances", most: number, count = 5): Promise<string[]> {
  await using folder = await TempFolder.make();
  const script = `import { Watched } from "${WATCHED}";
using watched = new Watched();
const folders = Array.from({ length: ${count} }, (_, index) => \`\${import.meta.dirname}/\${index}\`);
for (const path of folders) Deno.mkdirSync(path);
await watched.keep(folders);
for (const path of folders) {
  await watched.untilAgain(\`\${path}/new.ts\`, () => Deno.writeTextFile(\`\${path}/new.ts\`, "2"));
}
await watched.keep(folders.slice(-2));
for (const path of folders.slice(-2)) {
  await watched.untilAgain(\`\${path}/new.ts\`, () => Deno.writeTextFile(\`\${path}/new.ts\`, "3"));
}
console.log(JSON.stringify(watched.warnings));
`;
  const [program, ...args] = limited(what, most, [...target.command, await folder.write("watch.ts", script)]);
  const { code, stdout, stderr } = await new Deno.Command(program, { args }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout)).map((text: string) =>
    text.replaceAll(folder.path, "").replace(/\d+(?=\):)|\d+$/g, "N")
  );
}

const POLLED = "every 100 ms instead: ";

limitTest("Watcher polls the folders for which there are no watches left, and warns once", async () => {
  const setting = "fs.inotify.max_user_watches";
  assertEquals(await warnings("watches", 1), [
    `the system allows no more watches (${setting} is N): 4 of 5 folders are polled ${POLLED}` +
    `/1, /2, /3 and 1 more. To raise the limit: sudo sysctl ${setting}=N`,
  ]);
});

limitTest(
  "Watcher polls all folders when there is no instance of inotify left, and warns once",
  async () => {
    const setting = "fs.inotify.max_user_instances";
    assertEquals(await warnings("instances", 0), [
      `the system allows no more watches (${setting} is N): 5 of 5 folders are polled ${POLLED}` +
      `/0, /1, /2 and 2 more. To raise the limit: sudo sysctl ${setting}=N`,
    ]);
  },
);

limitTest(
  "Watcher needs one instance of inotify for all folders, of which there may be more than 128",
  async () => {
    assertEquals(await warnings("instances", 1, 150), []);
  },
);
