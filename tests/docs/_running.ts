import { LogTrap } from "../support/log_trap.ts";
import { inTime } from "../support/in_time.ts";

/** How long a command may take, such as the check of all types on a busy machine. */
const COMMAND_MS = 60_000;

/** How a command is run. */
export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The arguments that a documented command gives to Deno. */
export function denoArgs(command: string): string[] {
  const [, args] = /^(?:npx -y deno@\S+|deno) (.+)$/.exec(command) ?? [];
  if (args === undefined) throw new Error(`"${command}" is no command of Deno`);
  return args.split(" ");
}

/** A documented command as a child of this process, as if a user had called it: no task is above it. */
function spawn(command: string, { cwd, env }: RunOptions): Deno.ChildProcess {
  const { INIT_CWD: _, HOTFLOW_LOG_LEVEL: __, JINA_LOG_LEVEL: ___, ...own } = Deno.env.toObject();
  return new Deno.Command(Deno.execPath(), {
    args: denoArgs(command),
    cwd,
    env: { ...own, ...env, NO_COLOR: "1" },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs a documented command to its end. */
export async function runToEnd(
  command: string,
  options: RunOptions,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await inTime(spawn(command, options).output(), command, COMMAND_MS);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** A documented command that goes on until it is stopped. */
export class Running implements AsyncDisposable {
  /** All lines of its standard output and standard error. */
  readonly log = new LogTrap();
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<unknown>;
  #ended = false;

  constructor(command: string, options: RunOptions) {
    this.#child = spawn(command, options);
    this.#read = Promise.all([
      this.#each(this.#child.stdout),
      this.#each(this.#child.stderr),
      this.#child.status.then(() => this.#ended = true),
    ]);
  }

  /** Starts a command, and waits until it reports its address. */
  static async serving(command: string, options: RunOptions): Promise<Running> {
    const running = new Running(command, options);
    try {
      await running.line(/^(?:INFO {3}Flow@\d+ serving at |Listening on | {2}address +)(?:http|grpc):/);
      return running;
    } catch (error) {
      await running[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The lines so far. */
  get lines(): string[] {
    return this.log.records.map(({ message }) => message);
  }

  /** Waits for a line from a mark on; answers its place after which the next one is looked for. */
  async line(pattern: RegExp, mark = 0): Promise<number> {
    const whole = new RegExp(`^INFO - ${pattern.source.replace(/^\^/, "")}`);
    return this.log.records.indexOf(await this.log.waitFor(whole, mark), mark) + 1;
  }

  /** Waits until it ends by itself; answers its exit code. */
  async exited(): Promise<number> {
    const status = this.#child.status.then(({ code }) => code);
    return await inTime(status, `The end of the process with the log\n${this.lines.join("\n")}\n`);
  }

  /** Ends it as Ctrl-C does; answers its exit code, which a task may make 130: it passes signals on. */
  async interrupt(): Promise<number> {
    if (!this.#ended) this.#child.kill("SIGINT");
    await this.line(
      /^INFO {3}Flow@\d+ SIGINT: closing; requests in flight finish first, a second SIGINT ends at once \[/,
    );
    return await this.exited();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A task has processes below it: they are told by the signal, and known by the log, not by this handle.
    if (!this.#ended) this.#child.kill("SIGTERM");
    await this.exited().catch(() => this.#kill());
    await this.#read;
  }

  #kill(): void {
    const pids = new Set(this.lines.map((line) => Number(/^[A-Z]+ +\S+@(\d+) /.exec(line)?.[1])));
    for (const pid of pids) if (pid > 0) Deno.kill(pid, "SIGKILL");
    if (!this.#ended) this.#child.kill("SIGKILL");
  }

  async #each(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    const take = (message: string) => this.log.sink({ level: "info", name: "-", message, time: new Date() });
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(take);
    }
    if (rest !== "") take(rest);
  }
}
