/**
 * The terminal, and other functions of the process that only the command line uses. Written with Node's modules, which
 * Deno and Bun have too.
 *
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { flush } from "./_flush.ts";

export { parseArgs, styleText } from "node:util";

/** The runtime of this process. */
export const platform: "deno" | "node" | "bun" = process.versions.deno !== undefined
  ? "deno"
  : process.versions.bun !== undefined
  ? "bun"
  : "node";

/** The command that runs Deno on this machine: through npm where it is not installed. */
export function denoCommand(): string {
  const { deno: version } = process.versions;
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) =>
    !/[\\/]node_modules[\\/]/.test(folder)
  );
  const names = process.platform === "win32" ? ["deno.exe", "deno.cmd"] : ["deno"];
  const isInstalled = folders.some((folder) => names.some((name) => existsSync(join(folder, name))));
  return isInstalled || version === undefined ? "deno" : `npx -y deno@${version}`;
}

/** The arguments of the command line. */
export function commandLine(): string[] {
  return process.argv.slice(2);
}

/** Whether standard output, or standard input, is a terminal. */
export function isTerminal(which: "stdin" | "stdout"): boolean {
  return process[which].isTTY === true;
}

/** The error after which nothing can be written to standard output. */
let broken: Error | undefined;
let reportBroken: (error: Error) => void = () => {};

function setBroken(error: Error): void {
  if (broken !== undefined) return;
  broken = error;
  reportBroken(error);
}

/** Writes text to standard output or standard error. Text for a broken stream is dropped. */
export function write(text: string, to: "stdout" | "stderr" = "stdout"): void {
  if (to === "stdout" && broken !== undefined) return;
  try {
    process[to].write(text);
  } catch (error) {
    // Deno writes to files synchronously, and throws synchronously.
    if (to === "stdout") setBroken(error as Error);
  }
}

/** Determined before the terminal is closed: Deno cannot determine it afterwards. */
const writesToTerminal = isTerminal("stdout");

/**
 * Sets the callback for broken standard output: with an error such as a full disk, and without one when the reader has
 * closed the pipe. Without a callback, the process would end with a stack. The callback is not called for a closed
 * terminal: then SIGHUP ends the process, unless it shall outlive its terminal.
 */
export function onBrokenOutput(callback: (problem?: Error) => void): void {
  const isFirst = process.stdout.listenerCount("error") === 0;
  reportBroken = (error) => {
    if (!writesToTerminal) callback((error as { code?: string }).code === "EPIPE" ? undefined : error);
  };
  if (broken !== undefined) reportBroken(broken);
  if (!isFirst) return;
  process.stdout.on("error", setBroken);
  process.stderr.on("error", () => {});
}

/** Ends the process when its output is written. */
export async function endWith(code: number): Promise<never> {
  process.exitCode = code;
  await flush(broken === undefined ? ["stdout", "stderr"] : ["stderr"]);
  process.exit(code);
}

/** Whether this process receives the keys of the terminal. The system stops a background job that tries to read them. */
export function isInForeground(): boolean {
  if (process.platform === "win32") return true;
  const [group, foreground] = process.platform === "linux" ? groupsOnLinux() : groupsByPs();
  return group === foreground || !foreground;
}

/** The process's group, and the one in the terminal's foreground. */
function groupsOnLinux(): string[] {
  // The name in parentheses may contain any characters.
  const fields = readFileSync("/proc/self/stat", "utf8").replace(/^.*\) /s, "").split(" ");
  return [fields[2], fields[5]];
}

function groupsByPs(): string[] {
  const args = ["-o", "pgid=", "-o", "tpgid=", "-p", String(process.pid)];
  return String(spawnSync("ps", args, { encoding: "utf8" }).stdout).trim().split(/\s+/);
}

const CTRL_Z = "\x1a";

/**
 * Calls back with each key press: one character, the whole sequence of a special key, or all pasted text. Keys are not
 * shown, and Ctrl-C is an ordinary key; Ctrl-Z suspends the process. Returns a function that stops it.
 *
 * @param onGone Called when the terminal is closed.
 */
export function onKeys(callback: (key: string) => void, onGone: () => void): () => void {
  const { stdin } = process;
  const listen = (chunk: string) => chunk === CTRL_Z && canSuspend ? suspend() : callback(chunk);
  const takeKeys = () => void (isInForeground() && stdin.setRawMode(true));
  const suspend = () => {
    stdin.setRawMode(false);
    // The whole job, as the terminal does.
    process.kill(0, "SIGTSTP");
  };
  const canSuspend = process.platform !== "win32";
  if (canSuspend) process.on("SIGCONT", takeKeys);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.on("data", listen);
  stdin.on("end", onGone);
  // Bun reports here that a closed terminal has no raw mode.
  stdin.on("error", onGone);
  return () => {
    stdin.off("data", listen);
    if (canSuspend) process.off("SIGCONT", takeKeys);
    stdin.setRawMode(false);
    stdin.pause();
  };
}

/** The time after which a program that opens pages counts as successful. */
const OPENER_MS = 500;

/** Opens a page in the browser, or in that of the variable `BROWSER`; resolves to whether a program could open it. */
export function openPage(url: string): Promise<boolean> {
  const system = { darwin: ["open"], win32: ["cmd", "/c", "start", '""'] }[process.platform as string] ??
    ["xdg-open"];
  // The first of several, with its arguments, such as "firefox --new-tab".
  const chosen = process.env.BROWSER?.split(/:(?!\\)/)[0].split(" ").filter((part) =>
    part !== "" && part !== "%s"
  );
  const [program = "", ...args] = chosen?.length ? chosen : system;
  return new Promise((resolve) => {
    const child = spawn(program, [...args, url], { stdio: "ignore", detached: true });
    const timer = setTimeout(() => resolve(true), OPENER_MS);
    const settle = (done: boolean) => (clearTimeout(timer), resolve(done));
    child.on("error", () => settle(false));
    child.on("exit", (code) => settle(code === 0));
    child.on("spawn", () => child.unref());
  });
}

/** Writes a new file, and creates its folder. Throws when the file exists. */
export function writeNew(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { flag: "wx" });
}

/** Removes a file. */
export function remove(path: string): void {
  rmSync(path);
}

/** The IPv4 addresses of this machine for other machines. */
export function addresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((all) => all ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => address);
}
