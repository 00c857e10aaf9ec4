/**
 * The terminal, and what else of the process only a command line needs. Node's own modules do: Deno and Bun have them
 * too.
 *
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { flush } from "./_flush.ts";

export { parseArgs } from "node:util";

/** What this process runs on. */
export const platform: "deno" | "node" | "bun" = process.versions.deno !== undefined
  ? "deno"
  : process.versions.bun !== undefined
  ? "bun"
  : "node";

/** How a user of this machine calls Deno: npm can run it where it is not installed. */
export function denoCommand(): string {
  const { deno: version } = process.versions;
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) =>
    !/[\\/]node_modules[\\/]/.test(folder)
  );
  const names = process.platform === "win32" ? ["deno.exe", "deno.cmd"] : ["deno"];
  const isInstalled = folders.some((folder) => names.some((name) => existsSync(join(folder, name))));
  return isInstalled || version === undefined ? "deno" : `npx -y deno@${version}`;
}

/** The command line, without the program and its script. */
export function commandLine(): string[] {
  return process.argv.slice(2);
}

/** Whether standard output, or standard input, is a terminal. */
export function isTerminal(which: "stdin" | "stdout"): boolean {
  return process[which].isTTY === true;
}

/** Why nothing can be written to standard output any more. */
let broken: Error | undefined;
let tellBroken: (error: Error) => void = () => {};

function breakOff(error: Error): void {
  if (broken !== undefined) return;
  broken = error;
  tellBroken(error);
}

/** Writes text to standard output, or to standard error. What cannot be written any more is dropped. */
export function write(text: string, to: "stdout" | "stderr" = "stdout"): void {
  if (to === "stdout" && broken !== undefined) return;
  try {
    process[to].write(text);
  } catch (error) {
    // Deno writes to files at once, and throws at once.
    if (to === "stdout") breakOff(error as Error);
  }
}

/** Asked before the terminal is gone: Deno does not know it afterwards. */
const writesToTerminal = isTerminal("stdout");

/**
 * Calls back, the one that was set last, when standard output takes nothing any more: with an error if there is
 * something wrong, such as a full disk; without one when just nobody reads any more. Unless it is called, that would end
 * the process with a stack. A terminal that is gone is no reason to end: SIGHUP says so, unless a job is to outlive it.
 */
export function onBrokenOutput(callback: (problem?: Error) => void): void {
  const isFirst = process.stdout.listenerCount("error") === 0;
  tellBroken = (error) => {
    if (!writesToTerminal) callback((error as { code?: string }).code === "EPIPE" ? undefined : error);
  };
  if (broken !== undefined) tellBroken(broken);
  if (!isFirst) return;
  process.stdout.on("error", breakOff);
  process.stderr.on("error", () => {});
}

/** Ends the process once all that was written is out, whatever else is still going on. */
export async function endWith(code: number): Promise<never> {
  process.exitCode = code;
  await flush(broken === undefined ? ["stdout", "stderr"] : ["stderr"]);
  process.exit(code);
}

/**
 * Whether keys that are pressed are meant for this process: a job in the background is stopped by the system when it
 * asks for them.
 */
export function isInForeground(): boolean {
  if (process.platform === "win32") return true;
  const [group, foreground] = process.platform === "linux" ? groupsOnLinux() : groupsByPs();
  return group === foreground || !foreground;
}

/** The process's group, and the one in the terminal's foreground. */
function groupsOnLinux(): string[] {
  // The name, in parentheses, may hold anything.
  const fields = readFileSync("/proc/self/stat", "utf8").replace(/^.*\) /s, "").split(" ");
  return [fields[2], fields[5]];
}

function groupsByPs(): string[] {
  const args = ["-o", "pgid=", "-o", "tpgid=", "-p", String(process.pid)];
  return String(spawnSync("ps", args, { encoding: "utf8" }).stdout).trim().split(/\s+/);
}

const CTRL_Z = "\x1a";

/**
 * Calls back with each key that is pressed until the answer is called: one character, the whole sequence of a special
 * key, or all that was pasted. Keys are not shown, and Ctrl-C is a key like any other; Ctrl-Z suspends the process.
 * `onGone` is called when the terminal is gone.
 */
export function onKeys(callback: (key: string) => void, onGone: () => void): () => void {
  const { stdin } = process;
  const listen = (chunk: string) => chunk === CTRL_Z && canSuspend ? suspend() : callback(chunk);
  const takeKeys = () => void (isInForeground() && stdin.setRawMode(true));
  const suspend = () => {
    stdin.setRawMode(false);
    // All of the job, as the terminal would.
    process.kill(0, "SIGTSTP");
  };
  const canSuspend = process.platform !== "win32";
  if (canSuspend) process.on("SIGCONT", takeKeys);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.on("data", listen);
  stdin.on("end", onGone);
  // Bun says here that a terminal which is gone has no raw mode.
  stdin.on("error", onGone);
  return () => {
    stdin.off("data", listen);
    if (canSuspend) process.off("SIGCONT", takeKeys);
    stdin.setRawMode(false);
    stdin.pause();
  };
}

/** How long a program that opens pages may take to find out that it cannot. */
const OPENER_MS = 500;

/** Shows a page in the browser, that of `BROWSER` if it is set. Answers whether there was a program that could. */
export function openPage(url: string): Promise<boolean> {
  const system = { darwin: ["open"], win32: ["cmd", "/c", "start", '""'] }[process.platform as string] ??
    ["xdg-open"];
  // Of several, the first one; with its arguments, as "firefox --new-tab".
  const wanted = process.env.BROWSER?.split(/:(?!\\)/)[0].split(" ").filter((part) =>
    part !== "" && part !== "%s"
  );
  const [program = "", ...args] = wanted?.length ? wanted : system;
  return new Promise((resolve) => {
    const child = spawn(program, [...args, url], { stdio: "ignore", detached: true });
    const patience = setTimeout(() => resolve(true), OPENER_MS);
    const settle = (done: boolean) => (clearTimeout(patience), resolve(done));
    child.on("error", () => settle(false));
    child.on("exit", (code) => settle(code === 0));
    child.on("spawn", () => child.unref());
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
