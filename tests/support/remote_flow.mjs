// Runs a Flow for a test, on whichever runtime runs this: orders come as JSON lines, log lines and answers go the same way.
import process from "node:process";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
let flow;

/** `class:/abs/file.ts#Name` stands for the class itself. */
async function usesOf(uses) {
  const [, path, name] = /^class:(.*)#(\w+)$/.exec(uses) ?? [];
  return path === undefined ? uses : (await import(pathToFileURL(path).href))[name];
}

async function serve({ flow: options, executors, path }) {
  // The package is found from the folder of the test, where the Executors find it too.
  const { Flow } = await import(process.argv[2]);
  const log = (record) => say({ log: record });
  flow = path === undefined ? new Flow({ ...options, log }) : await Flow.load(path, { ...options, log });
  for (const executor of executors ?? []) flow.add({ ...executor, uses: await usesOf(executor.uses) });
  await flow.start();
  return flow.port;
}

createInterface({ input: process.stdin }).on("line", async (line) => {
  const { id, serve: order, reload } = JSON.parse(line);
  try {
    if (reload !== undefined) say({ id, value: await flow.reload(reload) });
    else say({ id, value: order === undefined ? await flow?.close() : await serve(order) });
  } catch (error) {
    say({ id, error: String(error?.stack ?? error) });
  }
}).on("close", () => process.exit(0));
