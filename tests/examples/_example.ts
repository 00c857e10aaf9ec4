import { copy } from "@std/fs/copy";
import type { LogRecord } from "../../mod.ts";
import { LogTrap } from "../support/log_trap.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { type Reply, send } from "./_send.ts";

const CHECKOUT = new URL("../../", import.meta.url);

/** A copy of an example that runs in a process of its own, as a user would start it, on a free port. */
export class Example implements AsyncDisposable {
  /** What it writes to standard error. */
  readonly log = new LogTrap();
  readonly #output = new LogTrap();
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<unknown>;
  #port = 0;

  private constructor(readonly folder: TempFolder, env: Record<string, string>) {
    this.#child = command(folder, "flow.ts", 0, env).spawn();
    this.#read = Promise.all([each(this.#child.stdout, this.#output), each(this.#child.stderr, this.log)]);
  }

  /** Copies an example to a folder of its own, starts it there, and waits until it says how to ask. */
  static async run(name: string, env: Record<string, string> = {}): Promise<Example> {
    const folder = await TempFolder.make();
    await copy(new URL(`examples/${name}`, CHECKOUT), folder.at("example"));
    const example = new Example(folder, env);
    try {
      const { message } = await example.#output.waitFor(/Ask: .*http:\/\/127\.0\.0\.1:\d+\//);
      example.#port = Number(/127\.0\.0\.1:(\d+)/.exec(message)?.[1]);
      return example;
    } catch (error) {
      await example[Symbol.asyncDispose]();
      throw new Error(`${name} did not start:\n${example.log.lines.join("\n")}`, { cause: error });
    }
  }

  /** The port it serves on. */
  get port(): number {
    return this.#port;
  }

  /** Waits for a line on its standard output. */
  async printed(pattern: RegExp): Promise<string> {
    return (await this.#output.waitFor(pattern)).message;
  }

  /** Posts JSON to its Flow. */
  post(path: string, body: unknown): Promise<Reply> {
    return send(this.#port, path, body);
  }

  /** Replaces text in one of its files, as somebody who saves it; the text has to be there. */
  async edit(name: string, before: string, after: string): Promise<void> {
    const path = this.folder.at(`example/${name}`);
    const text = await Deno.readTextFile(path);
    if (!text.includes(before)) throw new Error(`${name} does not hold ${JSON.stringify(before)}`);
    await Deno.writeTextFile(path, text.replace(before, after));
  }

  /** Runs another script of it, a client of its Flow, to its end; returns what that prints. */
  async script(name: string): Promise<string> {
    const { success, stdout, stderr } = await command(this.folder, name, this.#port).output();
    const [printed, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    if (!success) throw new Error(`${name} failed:\n${errors}`);
    return printed;
  }

  /** Ends it as Ctrl-C does; answers its exit code. */
  async interrupt(): Promise<number> {
    this.#child.kill("SIGINT");
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#read;
    await this.folder[Symbol.asyncDispose]();
  }
}

function command(
  folder: TempFolder,
  script: string,
  port: number,
  env: Record<string, string> = {},
): Deno.Command {
  const config = new URL("deno.json", CHECKOUT).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", config, folder.at(`example/${script}`)],
    // Not the example's folder: nothing in it may depend on the current one.
    cwd: folder.path,
    env: { PORT: String(port), NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function each(stream: ReadableStream<Uint8Array>, trap: LogTrap): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const message of lines) {
      trap.sink({ level: "info", name: "-", message, time: new Date() } as LogRecord);
    }
  }
}
