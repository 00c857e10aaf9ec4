import { Client } from "../client/client.ts";
import type { Inputs, PostOptions, StreamOptions } from "../client/options.ts";
import type { DocumentArray } from "../document/document_array.ts";
import { atCaller, invalidArgument, invalidState, showCallers } from "../errors/mod.ts";
import { Logger } from "../log/logger.ts";
import type { ExposedRoute } from "../gateway/routes.ts";
import { blockUntilEnd } from "./_block.ts";
import { FlowBuilder } from "../graph/flow_builder.ts";
import { refuseAdding, refuseStarting } from "./_refusals.ts";
import type { FlowServer } from "./flow_server.ts";
import { type ExposeOptions, routeOf } from "./expose.ts";
import type { FlowYaml } from "../flow_yaml/read_flow_yaml.ts";
import { FlowYamlError } from "../flow_yaml/flow_yaml.ts";
import {
  type AddOptions,
  checkAdd,
  type FlowOptions,
  type FlowSettings,
  isLocal,
  type LoadOptions,
  settingsOf,
  splitLoad,
} from "../options/options.ts";

/** What the command line shows of a Flow that runs; no part of the public API. */
export let factsOf: (flow: Flow) => { status: unknown; host: string; polled: boolean } | undefined;

/**
 * Executors behind an HTTP gateway, whose code is swapped while they serve.
 *
 * @example
 * ```ts
 * import { type DocumentArray, Executor, Flow, requests } from "@hotflow/hotflow";
 *
 * export class Greeter extends Executor {
 *   @requests()
 *   greet(docs: DocumentArray) {
 *     for (const doc of docs) doc.text = `hello ${doc.text}`;
 *   }
 * }
 *
 * // An Executor's worker imports this module too; only the script itself starts the Flow.
 * if (import.meta.main) {
 *   await using flow = await new Flow({ port: 0 }).add({ uses: Greeter, reload: true }).start();
 *   console.log((await flow.post("/", { text: "you" }))[0].text);
 * }
 * ```
 */
export class Flow {
  static {
    factsOf = (flow) => flow.#server?.facts;
    showCallers(Flow, ["load"]);
    showCallers(Flow.prototype, ["add", "exposeEndpoint", "needsAll", "plot"]);
    showCallers(Flow.prototype, ["start", "block", "reload", "post", "stream"]);
  }
  readonly #settings: FlowSettings;
  readonly #log: Logger;
  #builder = new FlowBuilder();
  /** The YAML whose changes are applied. */
  #yaml?: FlowYaml;
  readonly #exposed: ExposedRoute[] = [];
  readonly #closed: PromiseWithResolvers<void> = Promise.withResolvers<void>();
  #server?: FlowServer;
  #starting = false;
  #port?: number;
  #closing?: Promise<void>;

  /**
   * Starts nothing yet.
   *
   * @param options How it serves.
   * @throws {RangeError} When an option is a number that cannot be meant.
   * @throws {TypeError} When an option is unknown, or has another type than its own.
   */
  constructor(options: FlowOptions = {}) {
    this.#settings = atCaller(Flow, () => settingsOf(options));
    this.#log = new Logger("Flow", options.log);
  }

  /**
   * Makes a Flow of a YAML file, which is checked as a whole first. Paths in it are relative to it.
   *
   * @param path The file, as a path relative to the current folder or as a `file:` URL.
   * @param options What takes the place of what the file says.
   * @returns The Flow, not started yet.
   * @throws {FlowYamlError} When something is wrong with the file; it lists everything.
   *
   * @example
   * ```ts
   * import { Flow } from "@hotflow/hotflow";
   *
   * const flow = await Flow.load("examples/flow_yaml/flow.yml", { port: 8080 });
   * console.assert(flow.port === 8080);
   * ```
   */
  static async load(path: string | URL, options: LoadOptions = {}): Promise<Flow> {
    const { readFlowYaml } = await import("../flow_yaml/read_flow_yaml.ts");
    const { overrides, own } = splitLoad(options);
    const { yaml, problems } = await readFlowYaml(path, overrides);
    if (yaml === undefined) throw new FlowYamlError(String(path), problems);
    const flow = new Flow({ ...yaml.options, ...own });
    flow.#builder = yaml.builder;
    if (yaml.reload) flow.#yaml = yaml;
    return flow;
  }

  /** The port it serves on; before it is started, the one it was asked for. */
  get port(): number {
    return this.#port ?? this.#settings.port;
  }

  /**
   * Adds an Executor. It gets the documents of the Executor added before, or of those named in `needs`; what does not
   * need each other runs in parallel. The answer is what the Executor that nobody needs gives. Whether the topology
   * holds together is found out by {@linkcode Flow.start}, so that `needs` can name what is added later.
   *
   * @param options The Executor.
   * @returns The Flow itself.
   * @throws {TypeError} When `uses` is missing, or a name, a pattern or another option cannot be meant.
   * @throws {RangeError} When `replicas` is not a whole number from 1 to 1000.
   */
  add(options: AddOptions): this {
    refuseAdding(this.#starting, this.#yaml);
    checkAdd(options);
    this.#builder.add(options);
    return this;
  }

  /**
   * Offers an endpoint under another path, or with other methods, or says in `GET /openapi.json` and on `GET /docs`
   * what it does. `POST /<endpoint>` is there without it.
   *
   * @param endpoint The endpoint, such as `/search`.
   * @param options Where to offer it, and how.
   * @returns The Flow itself.
   * @throws {TypeError} When something cannot be meant, or the path is taken.
   * @throws {Error} When the Flow was started already.
   *
   * @example
   * ```ts
   * import { Flow } from "@hotflow/hotflow";
   *
   * const flow = new Flow({ cors: true });
   * const same = flow.exposeEndpoint("/search", { httpPath: "/api/search", methods: ["PUT"], summary: "Finds notes" });
   * console.assert(same === flow);
   * ```
   */
  exposeEndpoint(endpoint: string, options: ExposeOptions = {}): this {
    if (this.#starting) {
      throw invalidState(
        "Cannot expose an endpoint of a Flow that was started: expose them all, then start it",
      );
    }
    this.#exposed.push(routeOf(endpoint, options, this.#exposed));
    return this;
  }

  /**
   * Joins all branches: adds an Executor that needs every Executor that nobody needs so far. Without an Executor the
   * branches are merged all the same, for whatever is added next, or as the answer.
   *
   * @param options The Executor, as for {@linkcode Flow.add}; `needs` follows from the others.
   * @returns The Flow itself.
   * @throws {TypeError} As `add()` does, and when `needs` is given.
   * @throws {Error} When no Executor was added before.
   */
  needsAll(options?: Omit<AddOptions, "needs">): this {
    refuseAdding(this.#starting, this.#yaml);
    if (this.#builder.isEmpty) {
      throw invalidState("Cannot need all Executors of a Flow that has none: call add() first");
    }
    if (options !== undefined && "needs" in options) {
      throw invalidArgument(
        'Cannot give needsAll() the option "needs": it needs whatever nobody needs so far',
      );
    }
    this.#builder.join();
    return options === undefined ? this : this.add(options);
  }

  /**
   * Draws the way of requests through the Flow.
   *
   * @returns A flowchart as Mermaid text, which many Markdown viewers show as a picture.
   * @throws {TypeError} When the topology has a mistake, as {@linkcode Flow.start} does.
   *
   * @example
   * ```ts
   * import { Executor, Flow } from "@hotflow/hotflow";
   *
   * class Echo extends Executor {
   *   static readonly source = import.meta.url;
   * }
   *
   * const flow = new Flow().add({ uses: Echo, name: "text" }).add({ uses: Echo, name: "index", replicas: 2 });
   * console.assert(
   *   flow.plot() === `flowchart LR
   *   request(["gateway"])
   *   e0["text"]
   *   e1["index x 2"]
   *   answer(["gateway"])
   *   request --> e0
   *   e0 --> e1
   *   e1 --> answer`,
   * );
   * ```
   */
  plot(): string {
    return this.#builder.graph().toMermaid();
  }

  /**
   * Loads the Executors and opens the port. An Executor that cannot be loaded is waited for when `reload` or
   * `restart` can bring it in: its requests are answered with 503 until then.
   *
   * @returns The Flow itself.
   * @throws {TypeError} When the topology has a mistake, such as a name that is unknown or given twice, or a cycle.
   * @throws {LoadError} When an Executor cannot be loaded, and nothing watched could mend it.
   * @throws {Error} When the port is taken, the Flow has no Executor or was started before, or `HOTFLOW_POLL` is wrong.
   */
  async start(): Promise<this> {
    refuseStarting(this.#starting, this.#builder);
    const graph = this.#builder.graph();
    this.#starting = true;
    // Executors' modules import this one too, in workers that serve nothing: what serves is loaded only here.
    const { FlowServer } = await import("./flow_server.ts");
    if (this.#closing !== undefined) throw invalidState("Cannot start the Flow: it was closed meanwhile");
    const { executors } = this.#builder;
    this.#server = new FlowServer(executors, graph, this.#settings, this.#log, this.#exposed, this.#yaml);
    try {
      this.#port = await this.#server.start();
    } catch (error) {
      await this.close();
      throw error;
    }
    return this;
  }

  /**
   * Waits until SIGINT, SIGTERM or SIGHUP comes, or the Flow is closed; then closes it. Requests in flight finish first.
   * A second signal, a second later or more, ends the process at once.
   *
   * After a signal, the code after it runs, and then the process ends with the exit code that was set, or 0. What else
   * would keep it running, such as a timer or a server, is not waited for: the process ends one second after the script's
   * last top-level `await`, or five seconds after a `block()` that no top level awaits. Where the process was started
   * with SIGHUP ignored, as by `nohup`, that signal stays ignored; but Node itself undoes that at its start, and Deno
   * half a second later: there only a script that imports hotflow before can know it.
   */
  async block(): Promise<void> {
    if (this.#server === undefined) throw invalidState("Cannot block: start the Flow first");
    await blockUntilEnd(this.#server, this.#log, this.#closed.promise, () => this.close());
  }

  /**
   * Loads every Executor anew, with its YAML, whether or not a file has changed: each serves as soon as it is ready.
   *
   * @throws {LoadError} When an Executor cannot be loaded; the version that served before keeps serving.
   * @throws {Error} When the Flow does not run.
   */
  async reload(): Promise<void> {
    const running = this.#port === undefined || this.#closing !== undefined ? undefined : this.#server;
    if (running === undefined) throw invalidState("Cannot reload a Flow that does not run: start it first");
    await running.reload();
  }

  /**
   * Stops watching, lets requests in flight finish, closes port and Executors, ends the workers. Can be called again.
   */
  close(): Promise<void> {
    this.#closing ??= Promise.resolve(this.#server?.close()).finally(() => this.#closed.resolve());
    return this.#closing;
  }

  /** Closes the Flow at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Sends documents through the Flow, as {@linkcode Client.post} does.
   *
   * @param on The endpoint.
   * @param inputs The documents.
   * @param options Parameters, how to send, and callbacks.
   * @returns The documents that come back.
   * @throws {Error} When the Flow was not started.
   */
  async post(on: string, inputs: Inputs = [], options: PostOptions = {}): Promise<DocumentArray> {
    return await this.#client().post(on, inputs, options);
  }

  /**
   * Streams documents through the Flow, as {@linkcode Client.stream} does.
   *
   * @param on The endpoint.
   * @param inputs The documents.
   * @param options Parameters, and how to send.
   * @returns The documents that come back, one by one.
   * @throws {Error} When the Flow was not started.
   */
  stream(on: string, inputs: Inputs = [], options: StreamOptions = {}): ReturnType<Client["stream"]> {
    return this.#client().stream(on, inputs, options);
  }

  #client(): Client {
    if (this.#port === undefined) {
      throw invalidState("Cannot post to a Flow that does not run: start it first");
    }
    const host = isLocal(this.#settings.host) ? this.#settings.host : "127.0.0.1";
    return new Client({ port: this.#port, host });
  }
}
