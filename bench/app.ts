import { pause } from "./clock.ts";
import { Connection } from "./connection.ts";
import type { Reply } from "./reply.ts";
import { Process } from "./process.ts";
import { postRequest, versionOf } from "./request.ts";
import { ServerFolder } from "./server_folder.ts";
import type { ServerKind } from "./servers.ts";

const START_LIMIT = 30_000;
const EDIT_LIMIT = 10_000;

/** A server in a process and a folder of its own, whose source can be edited while it serves. */
export class App implements AsyncDisposable {
  readonly kind: ServerKind;
  readonly port: number;
  readonly #process: Process;
  readonly #folder: ServerFolder;
  readonly #template: string;
  #version = 0;
  #connection?: Connection;

  private constructor(
    kind: ServerKind,
    process: Process,
    folder: ServerFolder,
    port: number,
    template: string,
  ) {
    this.kind = kind;
    this.#process = process;
    this.#folder = folder;
    this.port = port;
    this.#template = template;
  }

  /** Starts a server and waits until it has told its port. */
  static async start(kind: ServerKind): Promise<App> {
    const folder = await ServerFolder.make(kind);
    let process: Process | undefined;
    try {
      const env = { ...kind.env, PORT: kind.needsPort ? String(freePort()) : "0" };
      process = new Process({ ...kind.command(folder.entry), cwd: folder.app, env });
      const port = await readPort(kind, process);
      process.ignoreOutput();
      const template = kind.edited ? await Deno.readTextFile(`${folder.app}/${kind.edited.file}`) : "";
      return new App(kind, process, folder, port, template);
    } catch (error) {
      await process?.[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A file's text, by its path from the server's folder. */
  read(path: string): Promise<string> {
    return Deno.readTextFile(`${this.#folder.app}/${path}`);
  }

  /** The end of what it wrote to its standard error, to go on a message. */
  get lastWords(): string {
    return this.#process.lastWords;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** The version that was saved last. */
  get version(): number {
    return this.#version;
  }

  /** Renames the next version over the source; returns the time just before. */
  save(): number {
    const edited = this.kind.edited;
    if (edited === undefined) throw new TypeError(`Cannot save "${this.kind.name}": nothing of it is edited`);
    // Written beside the folder that is watched: what is measured begins with the rename.
    const next = `${this.#folder.next}/saved`;
    Deno.writeTextFileSync(next, edited.source(this.#template, ++this.#version));
    const before = performance.now();
    Deno.renameSync(next, `${this.#folder.app}/${edited.file}`);
    return before;
  }

  /**
   * Saves the next version and asks until it answers; milliseconds, or NaN when it never does.
   * Before the save it asks without a pause for `askingFirst` milliseconds, at least once.
   */
  async edit(askingFirst = 0): Promise<number> {
    let late = false;
    const deadline = setTimeout(() => {
      late = true;
      this.#hangUp();
    }, askingFirst + EDIT_LIMIT);
    try {
      // The connection is there before, as a busy client's would be; one that was idle for long may be closed.
      const due = performance.now() + askingFirst;
      do await this.#ask().catch(() => this.#ask()); while (performance.now() < due);
      const before = this.save();
      while (!late) {
        try {
          const reply = await this.#ask();
          if (reply.status === 200 && versionOf(reply.body) === this.#version) {
            return performance.now() - before;
          }
        } catch {
          // `deno run --watch` is away for a moment: knock again.
          await pause(0);
        }
      }
      return NaN;
    } finally {
      clearTimeout(deadline);
    }
  }

  /** Asks once, on one connection for all edits, as long as the server keeps it. */
  async #ask(): Promise<Reply> {
    try {
      this.#connection ??= await Connection.open(this.port);
      const reply = await this.#connection.exchange(this.request(1));
      if (reply.last) this.#hangUp();
      return reply;
    } catch (error) {
      this.#hangUp();
      throw error;
    }
  }

  #hangUp(): void {
    this.#connection?.[Symbol.dispose]();
    this.#connection = undefined;
  }

  #requests = new Map<number, Uint8Array>();

  /** The request that the bench sends, made once. */
  request(documents: number): Uint8Array {
    let request = this.#requests.get(documents);
    if (request === undefined) this.#requests.set(documents, request = postRequest(this.port, documents));
    return request;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#hangUp();
    await this.#process[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** A port that was free a moment ago. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function readPort(kind: ServerKind, process: Process): Promise<number> {
  const line = await process.line(START_LIMIT, `the port of "${kind.name}"`);
  const port = Number(line);
  if (!Number.isInteger(port) || port <= 0) {
    throw new Error(`Cannot start "${kind.name}": it said "${line}" in place of its port`);
  }
  return port;
}
