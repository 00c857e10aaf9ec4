/** The command line in processes of its own. */
import { inTime } from "../support/in_time.ts";
import { PATIENCE_MS } from "../support/log_trap.ts";
import type { TempFolder } from "../support/temp_folder.ts";

const CHECKOUT = new URL("../..", import.meta.url).pathname;

/** What runs the checkout's command line on this Deno. */
export const HOTFLOW: readonly string[] = [
  Deno.execPath(),
  ...["run", "-A", "--no-check", "--config", `${CHECKOUT}deno.json`, `${CHECKOUT}cli.ts`],
];

/** Whether there are pseudo-terminals, by util-linux's `script`. */
export const HAS_TERMINALS: boolean = await new Deno.Command("script", {
  args: ["--version"],
  stdout: "piped",
})
  .output().then(({ stdout }) => new TextDecoder().decode(stdout).includes("util-linux"), () => false);
if (!HAS_TERMINALS) {
  const note = "SKIPPED  the tests of terminals: there is no `script` of util-linux\n";
  Deno.stdout.writeSync(new TextEncoder().encode(note));
}

/** How a process is started. */
export interface Options {
  readonly env?: Record<string, string>;
  /** What runs the command line, when it is not this Deno. */
  readonly command?: readonly string[];
  /** Whether it is on a terminal. */
  readonly terminal?: boolean;
}

/** The command line while it runs. */
export class Cli implements AsyncDisposable {
  /** All it wrote so far. */
  stdout = "";
  stderr = "";
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #read: Promise<unknown>;
  readonly #waiting = new Set<() => void>();
  #ended = false;

  constructor(folder: TempFolder, args: readonly string[], options: Options = {}) {
    const { env = {}, command = HOTFLOW, terminal = false } = options;
    const line = [...command, ...args];
    // With `exec`, the command leads the terminal's session, whichever shell is the user's: when a leader ends, the
    // system sends SIGHUP to all in the foreground.
    const inTerminal = ["script", "-qefc", `exec ${line.map(quoted).join(" ")}`, "/dev/null"];
    const [program, ...rest] = terminal ? inTerminal : line;
    this.#child = new Deno.Command(program, {
      args: rest,
      cwd: folder.path,
      env: { NO_COLOR: "", TERM: "xterm", ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    const take = async (which: "stdout" | "stderr") => {
      for await (const text of this.#child[which].pipeThrough(new TextDecoderStream())) {
        this[which] += text;
        for (const look of this.#waiting) look();
      }
    };
    this.#read = Promise.all([
      take("stdout"),
      take("stderr"),
      this.#child.status.then(() => this.#ended = true),
    ]);
  }

  /** The process's id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Waits until it has written something to standard output. */
  async says(pattern: RegExp, ms = PATIENCE_MS): Promise<RegExpExecArray> {
    const { promise, resolve } = Promise.withResolvers<RegExpExecArray>();
    const look = () => {
      const found = pattern.exec(this.stdout);
      if (found !== null) resolve(found);
    };
    this.#waiting.add(look);
    look();
    try {
      return await inTime(promise, String(pattern), ms);
    } catch (error) {
      throw new Error(`${(error as Error).message}:\n${this.stdout}${this.stderr}`);
    } finally {
      this.#waiting.delete(look);
    }
  }

  /** The port that it serves on, once it does. */
  async port(): Promise<number> {
    const [, port] = await this.says(/http:\/\/127\.0\.0\.1:(\d+)[\s\S]*\n/);
    return Number(port);
  }

  /** Presses a key. */
  async press(key: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(key));
  }

  signal(signal: Deno.Signal): void {
    if (!this.#ended) this.#child.kill(signal);
  }

  /** Waits for its end; answers the exit code. */
  async ended(): Promise<number> {
    const { code } = await inTime(
      this.#child.status,
      `The end of what said\n${this.stdout}${this.stderr}\nwhich`,
    );
    await this.#read;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.#read;
    await this.#input.close().catch(() => {});
  }
}

/** Runs the command line to its end. */
export async function hotflow(
  folder: TempFolder,
  args: readonly string[],
  options: Options = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  await using cli = new Cli(folder, args, options);
  return { code: await cli.ended(), stdout: cli.stdout, stderr: cli.stderr };
}

/** What a Flow answers to one document. */
export async function answerOf(port: number, text = "x", endpoint = "/"): Promise<string> {
  const body = JSON.stringify({ data: [{ text }], execEndpoint: endpoint });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`http://127.0.0.1:${port}/post`, { method: "POST", headers, body });
  return (await response.json()).data[0].text;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
