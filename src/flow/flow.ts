import type { Client } from "../client/client.ts";
import type { Inputs, PostOptions, StreamOptions } from "../client/options.ts";
import type { DocumentArray } from "../document/document_array.ts";
import { atCaller, invalidArgument, invalidState, inWorker, showCallers } from "../errors/mod.ts";
import { Logger } from "../log/logger.ts";
import { unavailable } from "../gateway/respond.ts";
import type { ExposedRoute } from "../gateway/routes.ts";
import { blockUntilEnd } from "./_block.ts";
import { type Poster, posterOf } from "./_poster.ts";
import { FlowBuilder } from "../graph/flow_builder.ts";
import type { FlowServer } from "./flow_server.ts";
import { type ExposeOptions, routeOf } from "./expose.ts";
import type { FlowYaml } from "../flow_yaml/read_flow_yaml.ts";
import { FlowYamlError } from "../flow_yaml/flow_yaml.ts";
import type { AddOptions, FlowOptions, LoadOptions } from "../options/options.ts";
import {
  checkAdd,
  checkReload,
  type FlowSettings,
  type Listening,
  listeningOf,
  settingsOf,
  splitLoad,
} from "../options/settings.ts";
import type { FlowStatus } from "../live/status.ts";

/**
 * Executors behind a gateway, whose code is swapped while they serve.
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
    showCallers(Flow, ["load"]);
    showCallers(Flow.prototype, ["add", "exposeEndpoint", "needsAll", "plot", "status"]);
    showCallers(Flow.prototype, ["start", "block", "reload", "post", "stream"]);
  }
  readonly #settings: FlowSettings;
  readonly #log: Logger;
  #builder = new FlowBuilder();
  /** The YAML that it was loaded from, when changes of it are applied. */
  #yaml?: FlowYaml;
  readonly #exposed: ExposedRoute[] = [];
  readonly #closed: PromiseWithResolvers<void> = Promise.withResolvers<void>();
  #server?: FlowServer;
  #starting = false;
  /** The protocols and ports, once it has started. */
  #listening?: readonly Listening[];
  #closing?: Promise<void>;
  /** The client of {@linkcode post} and {@linkcode stream}; one, since with gRPC it has a connection. */
  #poster?: Poster;

  /**
   * Creates a Flow. Nothing is started yet.
   *
   * @param options How it serves.
   * @throws {RangeError} When a number is out of range.
   * @throws {TypeError} When an option is unknown, or has the wrong type.
   */
  constructor(options: FlowOptions = {}) {
    this.#settings = atCaller(Flow, () => settingsOf(options));
    this.#log = new Logger("Flow", options.log);
  }

  /**
   * Creates a Flow from a YAML file, after checking the whole file. Paths in the file are relative to it.
   *
   * @param path The file, as a path relative to the current folder or as a `file:` URL.
   * @param options Options that override those of the file.
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
    const port = own.listen === false ? 0 : yaml.options.port; // That of the file is for a Flow that listens.
    const flow = new Flow({ ...yaml.options, port, ...own });
    flow.#builder = yaml.builder;
    if (yaml.reload) flow.#yaml = yaml;
    return flow;
  }

  /**
   * The port it listens on, of its first protocol; before the start, the one in its options.
   *
   * @throws {Error} When the Flow has no port, with `listen: false`.
   */
  get port(): number {
    const [port] = this.ports;
    if (port !== undefined) return port;
    throw invalidState("Cannot read the port of a Flow with listen: false: it has none; use flow.fetch()");
  }

  /** The ports it listens on, in the order of its protocols; before the start, those in its options. */
  get ports(): readonly number[] {
    return (this.#listening ?? listeningOf(this.#settings)).map(({ port }) => port);
  }

  /**
   * Answers an HTTP request as the gateway does, without a port: for an app of yours, which checks hosts and pages of
   * other origins, or for tests. It answers 503 before the start and after the end, and has no WebSocket.
   *
   * @param request The request; an app that mounts the Flow takes its own base path off.
   * @returns The response.
   * @throws {TypeError} When it is not given a request.
   *
   * @example
   * ```ts
   * import { Flow } from "@hotflow/hotflow";
   *
   * console.assert((await new Flow({ listen: false }).fetch(new Request("http://localhost/"))).status === 503);
   * ```
   */
  readonly fetch = async (request: Request): Promise<Response> => {
    if (this.#closing !== undefined || this.#server === undefined) return unavailable();
    return await this.#server.fetch(request);
  };

  /** The address that it binds. */
  get host(): string {
    return this.#settings.host;
  }

  /**
   * Adds an Executor. It gets the documents of the Executor added before, or of those named in `needs`; Executors that
   * do not need each other run in parallel. The response is the output of the last Executor, the one that no other
   * needs. {@linkcode Flow.start} checks the topology, so `needs` can name an Executor that is added later.
   *
   * @param options The Executor.
   * @returns The Flow itself.
   * @throws {TypeError} When `uses` is missing, or an option is unknown or invalid.
   * @throws {RangeError} When `replicas` is not a whole number from 1 to 1000.
   */
  add(options: AddOptions): this {
    this.#checkCanAdd();
    checkAdd(options);
    this.#builder.add(options);
    return this;
  }

  /**
   * Exposes an endpoint under another path or with other methods, or describes it in `GET /openapi.json` and on
   * the page. Every endpoint is exposed as `POST /<endpoint>` without it.
   *
   * @param endpoint The endpoint, such as `/search`.
   * @param options The path, the methods, and a summary.
   * @returns The Flow itself.
   * @throws {TypeError} When an option is invalid, or the path is taken.
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
   * Joins all open branches: adds an Executor that needs every Executor that no other needs so far. Without an Executor,
   * the branches are merged for the one that is added next, or for the response.
   *
   * @param options The Executor, as for {@linkcode Flow.add}; its `needs` are the open branches.
   * @returns The Flow itself.
   * @throws {TypeError} As `add()` does, and when `needs` is given.
   * @throws {Error} When no Executor was added before.
   */
  needsAll(options?: Omit<AddOptions, "needs">): this {
    this.#checkCanAdd();
    if (this.#builder.isEmpty) {
      throw invalidState("Cannot need all Executors of a Flow that has none: call add() first");
    }
    if (options !== undefined && "needs" in options) {
      throw invalidArgument('Cannot give needsAll() the option "needs": it needs all open branches');
    }
    this.#builder.join();
    return options === undefined ? this : this.add(options);
  }

  /**
   * Draws the graph of the Flow.
   *
   * @returns A flowchart as Mermaid text, which many Markdown viewers render.
   * @throws {TypeError} When the topology is invalid, as {@linkcode Flow.start} does.
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
   * Loads the Executors and opens the port. The Flow also starts when an Executor cannot be loaded, if it is watched
   * with `reload` or `restart`: its requests are answered with 503 until a save fixes it.
   *
   * @returns The Flow itself.
   * @throws {TypeError} When the topology is invalid, such as with an unknown name, the same name twice, or a cycle.
   * @throws {LoadError} When an Executor cannot be loaded, and no watched file could fix it.
   * @throws {Error} When the port is in use, the Flow has no Executor or was started before, or `HOTFLOW_POLL` is invalid.
   */
  async start(): Promise<this> {
    if (inWorker()) {
      throw invalidState(
        "Cannot start a Flow inside an Executor's worker: the worker imports the module that defines the Executor, and " +
          "that module starts the Flow. Put the start behind `if (import.meta.main) { … }`, or the Executor into a file of its own",
      );
    }
    if (this.#starting) throw invalidState("Cannot start a Flow twice: make a new one");
    if (this.#builder.isEmpty) {
      throw invalidState("Cannot start a Flow without an Executor: call add() first");
    }
    const graph = this.#builder.graph();
    this.#starting = true;
    // Executors' modules import this module too, in workers: the server is loaded only where it is needed.
    const { FlowServer } = await import("./flow_server.ts");
    if (this.#closing !== undefined) throw invalidState("Cannot start the Flow: it was closed meanwhile");
    const { executors } = this.#builder;
    this.#server = new FlowServer(executors, graph, this.#settings, this.#log, this.#exposed, this.#yaml);
    try {
      this.#listening = await this.#server.start();
    } catch (error) {
      await this.close();
      throw error;
    }
    return this;
  }

  /**
   * Waits for SIGINT, SIGTERM or SIGHUP, or until the Flow is closed; then closes it. Requests in flight finish first. A
   * second signal, a second later or more, ends the process at once.
   *
   * After a signal, the code after `block()` runs, and then the process ends with the exit code that was set, or 0. It
   * does not wait for anything else that would keep it running, such as a timer or a server: it ends one second after
   * the script's last top-level `await`, or five seconds after a `block()` that no top level awaits. A process that was
   * started with SIGHUP ignored, as by `nohup`, keeps ignoring it. Node resets that at its start, and Deno half a second
   * later, so there the script has to import hotflow before.
   */
  async block(): Promise<void> {
    if (this.#server === undefined) throw invalidState("Cannot block: start the Flow first");
    await blockUntilEnd(this.#server, this.#log, this.#closed.promise, () => this.close());
  }

  /**
   * Loads every Executor and its YAML again, whether or not a file has changed. Each new version serves as soon as it is
   * ready.
   *
   * @param options With `fresh`, each new version runs in a new worker, and what the versions before have kept in theirs
   * is dropped. Otherwise the `reload` of each Executor decides.
   * @throws {LoadError} When an Executor cannot be loaded; the previous version keeps serving.
   * @throws {TypeError} When an option is unknown, or has the wrong type.
   * @throws {Error} When the Flow is not running.
   */
  async reload(options: { fresh?: boolean } = {}): Promise<void> {
    const isFresh = checkReload(options);
    const running = this.#listening === undefined || this.#closing !== undefined ? undefined : this.#server;
    if (running === undefined) throw invalidState("Cannot reload a Flow that is not running: start it first");
    await running.reload(isFresh);
  }

  /**
   * Reports what serves, what has failed, and what happened so far, as `GET /status` does.
   *
   * @returns The status at this moment; once the Flow is closed, the last one.
   * @throws {Error} When the Flow was not started.
   *
   * @example
   * ```ts
   * import { Executor, Flow } from "@hotflow/hotflow";
   *
   * export class Echo extends Executor {
   *   static requests = { default: "echo" };
   *   echo() {}
   * }
   *
   * if (import.meta.main) {
   *   await using flow = await new Flow({ port: 0 }).add({ uses: Echo, name: "echo" }).start();
   *   const [{ name, state, version }] = flow.status().deployments;
   *   console.assert(name === "echo" && state === "serving" && version === 1);
   * }
   * ```
   */
  status(): FlowStatus {
    if (this.#server === undefined) throw invalidState("Cannot report the status of a Flow: start it first");
    return this.#server.status();
  }

  /**
   * Stops watching, finishes requests in flight, closes the port and the Executors, and ends the workers. Further calls
   * return the same promise.
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

  #checkCanAdd(): void {
    if (this.#yaml !== undefined) {
      throw invalidState(
        `Cannot add an Executor to a Flow that follows its YAML: add it to ${this.#yaml.path}`,
      );
    }
    if (this.#starting) {
      throw invalidState("Cannot add an Executor to a Flow that was started: add them all, then start it");
    }
  }

  #client(): Poster {
    if (this.#listening === undefined) {
      throw invalidState("Cannot post to a Flow that is not running: start it first");
    }
    return this.#poster ??= posterOf(this.#listening, this.host, this.fetch);
  }
}
