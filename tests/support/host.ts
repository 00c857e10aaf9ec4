import { type AddOptions, Flow, type FlowOptions, type LoadOptions, type LogSink } from "../../mod.ts";
import { each } from "./lines.ts";
import { target } from "./target.ts";

/** Where a test's Flow runs. */
export interface Host {
  /** The process whose threads and watches count. */
  readonly pid: number | "self";
  /** Starts the Flow; answers its port. `class:/abs/file.ts#Name` in `uses` stands for the class itself. */
  serve(executors: readonly AddOptions[], options: FlowOptions): Promise<number>;
  /** Starts the Flow that a YAML describes; answers its port. */
  load(path: string, options: LoadOptions): Promise<number>;
  /** Reloads all Executors. */
  reload(options: { fresh?: boolean }): Promise<void>;
  /** Ends it. */
  close(): Promise<void>;
}

/** The host for the target of this run. */
export function makeHost(log: LogSink): Host {
  return target.app === undefined ? new LocalHost(log) : new RemoteHost(log, target.app);
}

/** This process. */
class LocalHost implements Host {
  readonly pid = "self";
  #flow?: Flow;

  constructor(private readonly log: LogSink) {}

  async serve(executors: readonly AddOptions[], options: FlowOptions): Promise<number> {
    const flow = this.#flow = new Flow({ ...options, log: this.log });
    for (const { uses, ...rest } of executors) flow.add({ ...rest, uses: await classOf(uses) });
    await flow.start();
    return flow.port;
  }

  async load(path: string, options: LoadOptions): Promise<number> {
    this.#flow = await Flow.load(path, { ...options, log: this.log });
    await this.#flow.start();
    return this.#flow.port;
  }

  async reload(options: { fresh?: boolean }): Promise<void> {
    await this.#flow?.reload(options);
  }

  async close(): Promise<void> {
    await this.#flow?.close();
  }
}

async function classOf(uses: AddOptions["uses"]): Promise<AddOptions["uses"]> {
  const [, path, name] = /^class:(.*)#(\w+)$/.exec(String(uses)) ?? [];
  return path === undefined ? uses : (await import(path))[String(name)];
}

/** Another runtime, which has the package from npm. */
class RemoteHost implements Host {
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #id = 0;
  #closed?: Promise<void>;

  constructor(private readonly log: LogSink, app: string) {
    const [program, ...args] = target.command;
    const script = new URL("./remote_flow.mjs", import.meta.url).pathname;
    this.#child = new Deno.Command(program, {
      args: [...args, script, `${app}/node_modules/hotflow/mod.js`],
      cwd: app,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.pid = this.#child.pid;
    this.#orders = this.#child.stdin.getWriter();
    each(this.#child.stdout, (line) => this.#receive(line)).then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${target.name} has ended`));
    });
  }

  async serve(executors: readonly AddOptions[], flow: FlowOptions): Promise<number> {
    return Number(await this.#order({ serve: { executors, flow } }));
  }

  async load(path: string, flow: LoadOptions): Promise<number> {
    return Number(await this.#order({ serve: { path, flow } }));
  }

  async reload(options: { fresh?: boolean }): Promise<void> {
    await this.#order({ reload: options });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#order({}).finally(() => this.#orders.close());
    const { code } = await this.#child.status;
    if (code !== 0) throw new Error(`${target.name} ended with ${code}`);
  }

  #order(order: object): Promise<unknown> {
    const id = ++this.#id;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    this.#orders.write(new TextEncoder().encode(`${JSON.stringify({ id, ...order })}\n`)).catch(
      answer.reject,
    );
    return answer.promise;
  }

  #receive(line: string): void {
    const { log, id, value, error } = JSON.parse(line);
    if (log !== undefined) return this.log({ ...log, time: new Date(log.time) });
    const answer = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) answer?.resolve(value);
    else answer?.reject(new Error(error));
  }
}
