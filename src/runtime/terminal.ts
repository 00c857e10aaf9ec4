/**
 * The terminal, and what else of the process only a command line needs. Node's own modules do: Deno and Bun have them
 * too.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import process from "node:process";

export { parseArgs } from "node:util";

/** What this process runs on. */
export const platform: "deno" | "node" | "bun" = process.versions.deno !== undefined
  ? "deno"
  : process.versions.bun !== undefined
  ? "bun"
  : "node";

/** The command line, without the program and its script. */
export function commandLine(): string[] {
  return process.argv.slice(2);
}

/** Whether standard output, or standard input, is a terminal. */
export function isTerminal(which: "stdin" | "stdout"): boolean {
  return process[which].isTTY === true;
}

let broken = false;

/** Writes text to standard output, or to standard error. What nobody reads any more is dropped. */
export function write(text: string, to: "stdout" | "stderr" = "stdout"): void {
  if (to === "stderr" || !broken) process[to].write(text);
}

/** Calls back when nobody reads standard output any more. Without it, that would end the process with a stack. */
export function onClosedPipe(callback: () => void): void {
  if (broken) return callback();
  process.stdout.on("error", () => {
    broken = true;
    callback();
  });
  process.stderr.on("error", () => {});
}

/** Ends the process once all that was written is out, whatever else is still going on. */
export async function endWith(code: number): Promise<never> {
  process.exitCode = code;
  if (!broken) {
    const gone = new Promise((resolve) => process.stdout.once("error", resolve));
    await Promise.race([gone, new Promise((resolve) => process.stdout.write("", resolve))]);
  }
  process.exit(code);
}

/**
 * Calls back with each key that is pressed, one character or the whole sequence of a special key, until the answer is
 * called. Keys are not shown, and Ctrl-C is a key like any other.
 */
export function onKeys(callback: (key: string) => void): () => void {
  const { stdin } = process;
  const listen = (chunk: string) => chunk.startsWith("\x1b") ? callback(chunk) : [...chunk].forEach(callback);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.on("data", listen);
  return () => {
    stdin.off("data", listen);
    stdin.setRawMode(false);
    stdin.pause();
  };
}

/** Shows a page in the browser, that of `BROWSER` if it is set. Answers whether there was a program to ask. */
export function openPage(url: string): Promise<boolean> {
  const system = { darwin: ["open"], win32: ["cmd", "/c", "start", '""'] }[process.platform as string] ??
    ["xdg-open"];
  const [program = "", ...args] = process.env.BROWSER ? [process.env.BROWSER] : system;
  return new Promise((resolve) => {
    const child = spawn(program, [...args, url], { stdio: "ignore", detached: true });
    child.on("error", () => resolve(false));
    child.on("spawn", () => (child.unref(), resolve(true)));
  });
}

/** Writes a file that is not there yet, and makes its folder. Throws when it is there. */
export function writeNew(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { flag: "wx" });
}

/** The addresses under which other machines reach this one. */
export function addresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((all) => all ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => address);
}
