/** `hotflow new`. @module */
import { runtime } from "../runtime/mod.ts";
import { basename, dirname, join, resolve, toPath } from "../paths.ts";
import { denoCommand, platform, write, writeNew } from "../runtime/terminal.ts";
import { filesOf, nextSteps, type Origin, type Target } from "./_templates.ts";
import type { Call, Command } from "./command.ts";
import { EXIT, Failure, UsageError } from "./errors.ts";
import { styleFor } from "./style.ts";

const TITLES: Readonly<Record<Target, string>> = { deno: "Deno", node: "Node.js", bun: "Bun" };
const TARGETS = Object.keys(TITLES) as Target[];

/** `hotflow new`. */
export const create: Command = {
  usage: "NAME",
  summary: "make a project that runs, reloads, and has a test",
  more: [
    "NAME is the folder; it is made, or it is empty. Nothing is overwritten. The project is for the runtime",
    "that runs this command, unless an option names another.",
  ],
  options: Object.fromEntries(TARGETS.map((target) => [target, { help: `a project for ${TITLES[target]}` }])),
  examples: [
    ["hotflow new hello", "in the folder hello"],
    ["hotflow new hello_node --node", "for Node.js"],
  ],
  async run(call) {
    const [given] = call.args;
    if (!given) throw new UsageError("Cannot make a project without a name: expected hotflow new NAME");
    const target = targetOf(call);
    const folder = resolve(runtime.cwd(), given);
    await checkEmpty(folder, given);
    const origin = await originOf(import.meta.url);
    const files = filesOf(target, { name: packageName(folder), version: call.version, ...origin });
    for (const [name, text] of Object.entries(files)) writeFile(join(folder, name), text);
    write(`${summaryOf(given, target, Object.keys(files), origin.checkout)}\n`);
    return EXIT.done;
  },
};

/** Finds out where the running hotflow was installed from: a new project uses the same one. */
async function originOf(url: string): Promise<Origin> {
  if (!url.startsWith("file:")) return {};
  const folder = dirname(dirname(dirname(toPath(url))));
  const installed = await installedFrom(folder);
  const isCheckout = (path: string) =>
    ["deno.json", "tools/launch.ts"].every((name) => runtime.writtenAt(join(path, name)) !== undefined);
  // The source, or the package that was built from it.
  const checkout = [folder, dirname(folder), dirname(installed ?? folder)].find(isCheckout);
  const npm = installed ?? (checkout && join(checkout, "npm"));
  return { ...(checkout !== undefined && { checkout }), ...(npm !== undefined && { npm }) };
}

/** The folder or the tarball that a package in `node_modules` was installed from, by its project's package.json. */
async function installedFrom(folder: string): Promise<string | undefined> {
  const project = dirname(dirname(folder));
  const text = basename(dirname(folder)) === "node_modules" &&
    await runtime.readText(join(project, "package.json"));
  if (!text) return undefined;
  const named = /"hotflow"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1] ?? '""';
  const [, path] = /^(?:file:|link:)?((?:\/|\.{1,2}\/|[A-Za-z]:).*)$/.exec(JSON.parse(named)) ?? [];
  return path === undefined ? undefined : resolve(project, path);
}

function targetOf(call: Call): Target {
  const given = TARGETS.filter((target) => call.has(target));
  if (given.length <= 1) return given[0] ?? platform;
  const titles = given.map((target) => TITLES[target]).join(" and ");
  const flags = TARGETS.map((target) => `--${target}`).join(", ");
  throw new UsageError(`Cannot make one project for ${titles}: expected one of ${flags}`);
}

async function checkEmpty(folder: string, given: string): Promise<void> {
  const isFile = runtime.writtenAt(folder) !== undefined && !await runtime.isFolder(folder);
  const entries = await runtime.list(folder) ?? [];
  if (!isFile && entries.length === 0) return;
  const why = isFile ? "it is a file" : "the folder is there, and not empty";
  throw new Failure(`Cannot make a project in "${given}": ${why}\nGive it another name`);
}

/** Writes a file, unless one was created meanwhile. */
function writeFile(path: string, text: string): void {
  try {
    writeNew(path, text);
  } catch (error) {
    throw new Failure(`Cannot write ${path}: ${(error as Error).message}`);
  }
}

/** A name that npm accepts. */
function packageName(folder: string): string {
  const name = basename(folder).toLowerCase().replace(/[^a-z0-9._-]+/g, "-").replace(/^[._-]+|-+$/g, "");
  return ["", "node_modules", "favicon.ico", "hotflow"].includes(name) ? "hotflow-app" : name;
}

function summaryOf(given: string, target: Target, files: readonly string[], checkout?: string): string {
  const style = styleFor();
  const there = resolve(runtime.cwd(), given) === runtime.cwd();
  const shell = (path: string) => /^[\w./][\w./-]*$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
  const deno = denoCommand();
  // On Node.js and Bun the npm package runs, which is built from the source first.
  const isBuilt = checkout === undefined || target === "deno" || platform !== "deno";
  const commands = [
    ...(isBuilt ? [] : [`${deno} task -q --config ${shell(join(checkout, "deno.json"))} npm`]),
    ...(there ? [] : [`cd ${given.startsWith("-") ? shell(`./${given}`) : shell(given)}`]),
    ...nextSteps(target, deno, checkout),
  ];
  return [
    `made ${style("bold", given)} for ${TITLES[target]}: ${files.join(", ")}`,
    "\nNext:",
    ...commands.map((command) => `  ${style("cyan", command)}`),
    "\nWhile it serves, change a word in my_executor.ts, and save.",
  ].join("\n");
}
