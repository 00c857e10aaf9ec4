import type { AddOptions, FlowOptions, LogRecord } from "../../mod.ts";
import { inTime } from "./in_time.ts";
import { each } from "./lines.ts";
import { LogTrap } from "./log_trap.ts";
import { ISOLATION, PACKAGE, target } from "./target.ts";
import type { TempFolder } from "./temp_folder.ts";
import { ask, type Seen } from "./traffic.ts";

/** A script that serves an Executor, tells its port, and blocks. */
export function flowScript(
  add: Omit<AddOptions, "uses"> & { uses: string },
  options: Omit<FlowOptions, "log"> = {},
  then = "await flow.block();",
): string {
  const given = { ...(ISOLATION && { isolation: ISOLATION }), ...add };
  return `import { Flow } from ${JSON.stringify(PACKAGE)};
const flow = await new Flow(${JSON.stringify({ port: 0, ...options })}).add(${JSON.stringify(given)}).start();
console.log(flow.port);
${then}
`;
}

/** A script in a process of its own; ended by its own handle when the test is over. */
export class FlowProcess implements AsyncDisposable {
  /** What it writes to standard error. */
  readonly log = new LogTrap();
  readonly #output = new LogTrap();
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<unknown>;
  #port = 0;
  #ended = false;

  private constructor(
    path: string,
    cwd: string,
    [program, ...args]: readonly string[],
    env: Record<string, string>,
  ) {
    this.#child = new Deno.Command(program, {
      args: [...args, path],
      cwd,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#read = Promise.all([
      each(this.#child.stdout, (line) => this.#output.sink(recordOf(line))),
      each(this.#child.stderr, (line) => this.log.sink(recordOf(line))),
      this.#child.status.then(() => this.#ended = true),
    ]);
  }

  /** Writes the script to a folder and runs it there. */
  static async run(
    folder: TempFolder,
    script: string,
    name = "flow.ts",
    command: readonly string[] = target.command,
    env: Record<string, string> = {},
  ): Promise<FlowProcess> {
    return new FlowProcess(await folder.write(name, script), folder.path, command, env);
  }

  /** Runs a script that prints a Flow's port, and waits for it. */
  static async serve(
    folder: TempFolder,
    script: string,
    name = "flow.ts",
    command: readonly string[] = target.command,
    env: Record<string, string> = {},
  ): Promise<FlowProcess> {
    const running = await FlowProcess.run(folder, script, name, command, env);
    try {
      running.#port = Number((await running.printed(/^INFO - \d+$/)).message);
    } catch (error) {
      await running[Symbol.asyncDispose]();
      throw new Error(`The script printed no port:\n${running.log.lines.join("\n")}`, { cause: error });
    }
    return running;
  }

  /** Its Flow's port. */
  get port(): number {
    return this.#port;
  }

  /** The process's id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Waits for a line on its standard output, `INFO - ` before it. */
  printed(pattern: RegExp): Promise<LogRecord> {
    return this.#output.waitFor(pattern);
  }

  /** Asks its Flow once. */
  ask(endpoint = "/", text = "x", parameters: object = {}): Promise<Seen> {
    return inTime(ask(this.#port, endpoint, text, parameters), `The answer of ${endpoint}`);
  }

  /** Sends a signal; does nothing when it has ended. */
  signal(signal: Deno.Signal): void {
    if (this.#ended) return;
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It may have ended without having told yet.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  /** Waits until it ends by itself; answers its exit code. */
  async exited(ms?: number): Promise<number> {
    const status = this.#child.status.then(({ code }) => code);
    return await inTime(status, `The process with the log\n${this.log.lines.join("\n")}\n`, ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.#read;
  }
}

/** A log line as a record; any other line is one of nobody's. */
function recordOf(line: string): LogRecord {
  const [, level, name, message] = /^([A-Z]+) +(\S+)@\d+ (.*?)(?: \[[\d/]+ [\d:]+\])?$/.exec(line) ??
    [, "INFO", "-", line];
  return { level: level.toLowerCase() as LogRecord["level"], name, message, time: new Date() };
}
