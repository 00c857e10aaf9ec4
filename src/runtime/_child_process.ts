/** Workers that are processes, as the host sees them. The same for all runtimes. @module */
import type { ChildProcess, SpawnOptions } from "node:child_process";
import process from "node:process";
import { after, isTimedOut } from "../async/deadline.ts";
import { invalidState } from "../errors/mod.ts";
import { join, toPath } from "../paths.ts";
import { denoFlags } from "./_deno_flags.ts";
import { killGroup, OVER_MEMORY, sendBy } from "./_ipc.ts";
import { nodeFlags } from "./_node_flags.ts";
import { orUndefinedSync } from "./_or_undefined.ts";
import type { ProcessOrder } from "./_process_port.ts";
import type { ProcessOptions, WorkerHandle } from "./runtime.ts";

/** The time that a process may take to be gone after SIGKILL, in milliseconds. It takes a few, but this one may be busy. */
const ENDING_MS = 5_000;
/** How long a process may live without its connection, in milliseconds: its end is the usual reason. */
const CUT_OFF_MS = 500;
/** How long the last words of a process may come after its end, in milliseconds. */
const LAST_WORDS_MS = 100;
/** How much of what a process writes to standard error is searched for the reason of its end, in characters. */
const MAX_TAIL = 4_096;
// deno-lint-ignore no-control-regex -- colours in what a runtime writes
const COLORS = /\x1b\[[\d;]*m/g;
/** The variables that a runtime needs at its start, to find its files. */
const RUNTIME_VARIABLES =
  /^(?:DENO_\w+|JSR_URL|NPM_CONFIG_\w+|HOME|XDG_CACHE_HOME|USERPROFILE|LOCALAPPDATA|SYSTEMROOT|NO_COLOR|HOTFLOW_LOG_LEVEL)$/i;
/** The variables that Deno adds for the programs that it starts. */
const ADDED = ["PATH", "DENO_NODE_SHIM_ACTIVE"];

/** Starts a module as a process; see `Runtime.spawnProcess()`. */
export function spawnProcess(url: string, options: ProcessOptions, isInspected: boolean): WorkerHandle {
  const { memory } = options;
  const child = start(url, options, isInspected);
  const gone = Promise.withResolvers<void>();
  const handle: WorkerHandle = {
    killable: true,
    copies: true,
    post(message) {
      // What is sent to a process that has ended is lost, as with a thread.
      if (child.connected) sendBy(child, message, end.cutOff);
    },
    onMessage: () => {},
    onDeath: () => {},
    async terminate() {
      if (isRunning(child) && !killGroup(child.pid)) child.kill("SIGKILL");
      return !await isTimedOut(ENDING_MS, gone.promise);
    },
  };
  child.on("message", (message) => handle.onMessage(message));
  const tail = tailOf(child.stderr);
  // What it has started is left.
  child.on("exit", () => killGroup(child.pid));
  const end = new ProcessEnd(child, gone.resolve, (how) => handle.onDeath(reasonOf(how, tail(), memory)));
  return handle;
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

function start(url: string, options: ProcessOptions, isInspected: boolean): ChildProcess {
  const { memory, env } = options;
  if (isOwnWorker()) {
    throw invalidState(
      'Cannot start a process for an Executor with isolation "process": a compiled program is no runtime that could ' +
        "run it; run the program's source, or leave out `isolation`",
    );
  }
  // Loaded only here: most Flows have no process.
  const { spawn } = process.getBuiltinModule("node:child_process");
  try {
    const inherited = env === undefined ? {} : inheritedBy(env);
    const hidden = [...Object.keys(inherited), ...ADDED].filter((name) =>
      env !== undefined && !(name in env)
    );
    const order: ProcessOrder = { host: process.pid, ...(memory !== undefined && { memory }), hidden };
    // As in a thread, the program's arguments are the Flow's.
    const args = [...process.argv.slice(2), JSON.stringify(order)];
    return spawn(process.execPath, [...flagsOf(url, options, isInspected), ...args], {
      stdio: ["ignore", "inherit", "pipe", "ipc"],
      serialization: "advanced",
      // Signals of a terminal are for the host, which finishes the requests first.
      detached: process.platform !== "win32",
      windowsHide: true,
      ...(env !== undefined && { env: { ...inherited, ...env } }),
    } as SpawnOptions);
  } catch (error) {
    const { message } = error as Error;
    throw invalidState(
      `Cannot start a process for an Executor with isolation "process": ${message}; on Deno it takes --allow-run and --allow-env`,
      { cause: error },
    );
  }
}

/** Whether this program was started in place of a worker, as a compiled one is: it would start itself for ever. */
function isOwnWorker(): boolean {
  const order = orUndefinedSync(() => JSON.parse(process.argv.at(-1) ?? "")) as Partial<ProcessOrder> | null;
  return order?.host === process.ppid;
}

/** Finds out that a process has ended, and what it has written is read; or that it cannot be reached. */
class ProcessEnd {
  #isOver = false;
  #cancelTimer?: () => void;

  /** @param onDeath Called once. */
  constructor(child: ChildProcess, onGone: () => void, private readonly onDeath: (how: string) => void) {
    const end = (how: string) => {
      this.#cancelTimer?.();
      onGone();
      this.#die(how);
    };
    const howOf = (code: number | null, signal: string | null) =>
      `ended with ${signal === null ? `exit code ${code}` : `signal ${signal}`}`;
    child.on("error", ({ message }) => {
      if (child.pid === undefined) end(`could not be started: ${message}`);
      else this.#die(`failed: ${message}`);
    });
    child.on("exit", (code, signal) => after(LAST_WORDS_MS, () => end(howOf(code, signal))));
    child.on("close", (code, signal) => end(howOf(code, signal)));
    child.on("disconnect", this.cutOff);
  }

  /** Called when the connection has failed. */
  readonly cutOff = (): void => {
    if (!this.#isOver) {
      this.#cancelTimer ??= after(CUT_OFF_MS, () => this.#die("closed its connection to the Flow"));
    }
  };

  #die(how: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onDeath(how);
  }
}

/** Passes on what a process writes, and returns a function that returns the end of it. */
function tailOf(stream: ChildProcess["stderr"]): () => string {
  let tail = "";
  stream?.on("data", (chunk: Uint8Array) => {
    process.stderr.write(chunk);
    tail = (tail + new TextDecoder().decode(chunk)).slice(-MAX_TAIL);
  });
  return () => tail;
}

/** What V8 and the watchdog write before a process ends for want of memory, at the beginning of a line. */
const OUT_OF_MEMORY = new RegExp(
  `^(?:(?:FATAL ERROR: .*|# Fatal JavaScript )(?:heap limit|out of memory)|${OVER_MEMORY}\\d)`,
  "m",
);

function reasonOf(how: string, tail: string, memory?: number): string {
  if (!OUT_OF_MEMORY.test(tail)) {
    const said = how.includes("exit code") ? saidIn(tail) : undefined;
    return `the process ${how}${said === undefined ? "" : `: ${said}`}`;
  }
  return memory === undefined
    ? `out of memory, the process ${how}`
    : `out of memory: \`memory\` allows ${memory} MB`;
}

/** What tells why a process has ended: the message of a panic, the first line that names an error, or the last one. */
function saidIn(tail: string): string | undefined {
  const lines = tail.replace(COLORS, "").split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const panic = lines.findIndex((line) => line.includes(" panicked at "));
  if (panic >= 0) return lines.slice(panic, panic + 2).join(" ");
  return lines.find((line) => /^\w*error\b/i.test(line)) ?? lines.at(-1);
}

/** The variables of this process that the runtime needs, unless they are given. */
function inheritedBy(env: Readonly<Record<string, string>>): Record<string, string> {
  const needed = Object.entries({ ...denoFolder(), ...process.env }).filter(([name]) =>
    RUNTIME_VARIABLES.test(name) && !(name in env)
  );
  return Object.fromEntries(needed) as Record<string, string>;
}

/** Where Deno has its packages: it would look elsewhere for them if a home folder is given. */
function denoFolder(): Record<string, string> {
  const { XDG_CACHE_HOME, HOME, LOCALAPPDATA } = process.env;
  const caches = { darwin: HOME && join(HOME, "Library/Caches"), win32: LOCALAPPDATA } as Record<
    string,
    string
  >;
  const folder = caches[process.platform] ?? XDG_CACHE_HOME ?? (HOME && join(HOME, ".cache"));
  return "Deno" in globalThis && folder ? { DENO_DIR: join(folder, "deno") } : {};
}

/** The arguments that start the module. */
function flagsOf(url: string, options: ProcessOptions, isInspected: boolean): string[] {
  const { memory } = options;
  const inspect = isInspected ? ["--inspect=127.0.0.1:0"] : [];
  if ("Deno" in globalThis) return ["run", ...denoFlags(options), ...inspect, url];
  if (process.versions.bun !== undefined) return [toPath(url)];
  const heap = memory === undefined ? [] : [`--max-old-space-size=${memory}`];
  return [...nodeFlags(process.execArgv), ...heap, ...inspect, toPath(url)];
}
