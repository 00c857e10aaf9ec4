import { EXIT } from "./errors.ts";
import type { Command, Flags } from "./command.ts";
import { COMMON } from "./parse.ts";

const CODES: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.done, "done; ready; no problem; ended by the key q, or because the reader of the output is gone"],
  [EXIT.failed, "failed: cannot be served, not ready in time, or the file has problems"],
  [EXIT.usage, "the command line is invalid"],
  [EXIT.hungUp, "ended by SIGHUP, as its terminal was closed, after the requests in flight"],
  [EXIT.interrupted, "ended by Ctrl-C (SIGINT), after the requests in flight"],
  [EXIT.terminated, "ended by SIGTERM, after the requests in flight"],
];

/** The help for the whole. */
export function helpOf(commands: Readonly<Record<string, Command>>, version: string): string {
  const rows = Object.entries(commands).map(([name, { summary }]) => [name, summary] as const);
  const examples = Object.values(commands).flatMap(({ examples }) => examples.slice(0, 1));
  return [
    `hotflow ${version}: serves Executors over HTTP, and swaps their code while they serve`,
    "\nUsage: hotflow COMMAND [ARGUMENT] [OPTIONS]",
    section("Commands", rows),
    section("Options", [["--help", "show this help; hotflow COMMAND --help has more"], [
      "--version",
      "show the version",
    ]]),
    section("Examples", examples),
    section("Exit codes", CODES.map(([code, meaning]) => [String(code), meaning])),
    "\nHOTFLOW_LOG_LEVEL is debug, info, warning, error or silent. NO_COLOR turns colours off.",
    "HOTFLOW_EDITOR is the editor that opens places in files from the page: vscode, cursor, zed, webstorm, …\n",
  ].join("\n");
}

/** The help for one command. */
export function helpFor(name: string, { usage, summary, more, options, examples }: Command): string {
  return [
    `${summary}`,
    `\nUsage: hotflow ${name} ${usage} [OPTIONS]`,
    ...(more.length > 0 ? ["", ...more] : []),
    section("Options", optionRows({ ...options, ...COMMON })),
    section("Examples", examples),
    "",
  ].join("\n");
}

function optionRows(options: Flags): (readonly [string, string])[] {
  return Object.entries(options).map(([name, { value, help, multiple, short }]) => [
    `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`,
    `${help}${multiple ? "; can be repeated" : ""}`,
  ]);
}

function section(title: string, rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return [`\n${title}`, ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)].join("\n");
}
