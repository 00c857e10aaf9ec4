import { onSignal } from "./cleanup.ts";
import { pause, within } from "./clock.ts";

/** A command to run, and what it gets in its environment besides ours. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A child process that ends with the bench. */
export class Process implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #stderr: Promise<void>;
  readonly #forget: () => void;
  #lastWords = "";
  #ended = false;

  constructor({ program, args, cwd, env }: Command) {
    this.#child = new Deno.Command(program, {
      args: [...args],
      cwd,
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#forget = onSignal(() => this.#signal("SIGKILL"));
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(lines()).getReader();
    this.#stderr = this.#keepLastWords();
    this.#child.status.then(() => this.#ended = true);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Whether it has ended, by itself or not. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The end of what it wrote to its standard error, to go on a message. */
  get lastWords(): string {
    return this.#lastWords === "" ? "" : `, having said:\n${this.#lastWords.trimEnd()}`;
  }

  /** The next line of the standard output. */
  async line(ms: number, what: string): Promise<string> {
    try {
      const { value } = await within(ms, what, this.#lines.read());
      if (value !== undefined) return value;
    } catch (cause) {
      throw new Error(`Cannot go on without ${what}${this.lastWords}`, { cause });
    }
    await this.#stderr;
    throw new Error(`Cannot go on without ${what}: the process ended${this.lastWords}`);
  }

  /** Lets what it prints from now on go by, so that a full pipe never stops it. */
  ignoreOutput(): void {
    const drain = async () => {
      while (!(await this.#lines.read()).done);
    };
    drain().catch(() => {});
  }

  /** Asks the process to end; makes it, when it takes too long. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal("SIGTERM");
    const ended = await Promise.race([this.#child.status.then(() => true), pause(3000).then(() => false)]);
    if (!ended) this.#signal("SIGKILL");
    await this.#child.status;
    this.#forget();
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended already.
    }
  }

  async #keepLastWords(): Promise<void> {
    try {
      for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
        this.#lastWords = (this.#lastWords + text).slice(-2000);
      }
    } catch {
      // The pipe broke: there is nothing more to hear.
    }
  }
}

function lines(): TransformStream<string, string> {
  let rest = "";
  return new TransformStream({
    transform(text, controller) {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) controller.enqueue(part);
    },
    flush(controller) {
      if (rest !== "") controller.enqueue(rest);
    },
  });
}
