/** The command line: finds the command, runs it, and reports errors that the user can fix in a line or two. @module */
import { nearest } from "../errors/mod.ts";
import { registry } from "../executor/registry.ts";
import { commandLine, endWith, onBrokenOutput, write } from "../runtime/terminal.ts";
import { check } from "./check.ts";
import type { Command } from "./command.ts";
import { didYouMean, EXIT, Failure, unwritten, UsageError } from "./errors.ts";
import { exportFlow } from "./export.ts";
import { helpFor, helpOf } from "./help.ts";
import { create } from "./new.ts";
import { parse } from "./parse.ts";
import { ping } from "./ping.ts";
import { schema } from "./schema.ts";
import { executor, flow, serve } from "./serve.ts";

/** All commands, in the order of the help. */
const COMMANDS: Readonly<Record<string, Command>> = {
  serve,
  flow,
  executor,
  new: create,
  check,
  schema,
  ping,
  export: exportFlow,
};

/**
 * Runs the command line that this process was started with, to its end.
 *
 * @param version hotflow's version.
 */
export async function main(version: string): Promise<void> {
  let problem: Error | undefined;
  // A command that serves replaces this handler: it has to close the Flow first.
  onBrokenOutput((error) => problem = error);
  registry.hasScript = false;
  const code = await run(commandLine(), version).catch(failed);
  await endWith(problem === undefined ? code : failed(unwritten(problem)));
}

async function run(args: readonly string[], version: string): Promise<number> {
  const [first, ...rest] = args;
  if (first === undefined) {
    write(helpOf(COMMANDS, version), "stderr");
    return EXIT.usage;
  }
  if (first === "--version" || first === "-v" || first === "-V") return say(`${version}\n`);
  if (first === "--help" || first === "-h" || (first === "help" && rest.length === 0)) {
    return say(helpOf(COMMANDS, version));
  }
  if (first === "help") return await run([...rest, "--help"], version);
  const command = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  if (command === undefined) throw new UsageError(unknown(first, rest));
  const call = parse(first, command, rest, version);
  if (call.has("help")) return say(helpFor(first, command));
  return await command.run(call);
}

function say(text: string): number {
  write(text);
  return EXIT.done;
}

/** Names that other tools use for the commands. */
const OTHER_NAMES = [
  ["serve", "run", "start", "dev", "watch"],
  ["new", "init", "create"],
  ["check", "validate", "lint"],
  ["ping", "health"],
];

/** The command may be missing, misspelled, or come after an option. */
function unknown(first: string, rest: readonly string[]): string {
  const names = Object.keys(COMMANDS);
  const all = `the commands are ${names.join(", ")}\nSee: hotflow --help`;
  if (first.startsWith("-")) {
    const command = rest.find((arg) => names.includes(arg));
    const near = nearest(first, ["--help", "--version"]);
    return command !== undefined
      ? `Cannot use ${first} before the command: expected hotflow ${command} … ${first}\nSee: hotflow ${command} --help`
      : `Cannot use ${first} without a command${didYouMean(near)}; ${all}`;
  }
  if (/\.(?:[cm]?[jt]sx?)(?:#\w+)?$/.test(first)) {
    return `Cannot run the command "${first}": to serve a file, hotflow serve ${first}`;
  }
  if (/\.ya?ml$/.test(first)) {
    return `Cannot run the command "${first}": to serve a YAML, hotflow flow ${first} or hotflow executor ${first}`;
  }
  const near = OTHER_NAMES.find((known) => known.includes(first))?.[0] ?? nearest(first, names);
  return `Cannot run the command "${first}"${didYouMean(near)}; ${all}`;
}

/** Reports an error; returns the exit code. A mistake of hotflow itself is reported with its stack. */
function failed(error: unknown): number {
  if (error instanceof Failure) {
    write(`${error.message}\n`, "stderr");
    return error.code;
  }
  const what = error instanceof Error ? error.stack : String(error);
  write(`Unexpected: ${what}\nThis is a mistake in hotflow, not in your files.\n`, "stderr");
  return EXIT.failed;
}
