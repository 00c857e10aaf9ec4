import { assertEquals } from "@std/assert";
import type { AddOptions, FlowOptions, LoadOptions } from "../../mod.ts";
import { awaitSnapshot, type ResourceSnapshot, steadySnapshot, takeSnapshot } from "./resource_snapshot.ts";
import { type Host, makeHost } from "./host.ts";
import { LogTrap } from "./log_trap.ts";
import { ISOLATION, PACKAGE, target } from "./target.ts";
import { TempFolder } from "./temp_folder.ts";
import { ask, type Seen, Traffic } from "./traffic.ts";

export { PACKAGE };

/** The source of an Executor with one default handler. */
export function executorSource(text: string, name = "MyExecutor", more = ""): string {
  return `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class ${name} extends Executor {
  @requests()
  foo(docs) { for (const doc of docs) doc.text = ${JSON.stringify(text)}; }
${more}
}
`;
}

/** A Flow on real files, real workers and real HTTP, with requests running all the while. */
export class FlowFixture implements AsyncDisposable {
  readonly log = new LogTrap();
  #host?: Host;
  #port?: number;
  #traffic?: Traffic;
  #before?: ResourceSnapshot;
  /** How many folders were watched when the traffic began. */
  #watches?: number;
  #live = false;

  private constructor(readonly folder: TempFolder, readonly poll: boolean, readonly inPlace: boolean) {}

  /**
   * @param poll Whether its Flow polls the files instead of waiting for events.
   * @param inPlace Whether its Executors are reloaded in the worker of the version before.
   */
  static async make(poll = ALL_POLLED, inPlace = false): Promise<FlowFixture> {
    return new FlowFixture(await TempFolder.make(), poll, inPlace);
  }

  /** Starts a Flow of Executors; paths in `uses` and `modules` are relative to the stand's folder. */
  async serve(add: AddOptions | AddOptions[], options: FlowOptions = {}): Promise<this> {
    const host = this.#host = makeHost(this.log.sink);
    this.#before = await steadySnapshot(host.pid);
    this.#live = [add].flat().some(({ reload, restart }) => reload || restart);
    const executors = [add].flat().map((item) => this.#absolute(item));
    this.#port = await host.serve(executors, { port: 0, poll: this.poll, ...options });
    return this;
  }

  /** Starts the Flow that a YAML in the stand's folder describes, and follows it. */
  async load(name: string, options: LoadOptions = {}): Promise<this> {
    const host = this.#host = makeHost(this.log.sink);
    this.#before = await steadySnapshot(host.pid);
    this.#live = true;
    this.#port = await host.load(this.folder.at(name), {
      port: 0,
      reload: true,
      ...(ISOLATION && { isolation: ISOLATION }),
      ...options,
    });
    return this;
  }

  get port(): number {
    if (this.#port === undefined) throw new Error("serve() first");
    return this.#port;
  }

  /** Asks once. */
  ask(endpoint = "/", text = "x", parameters: object = {}): Promise<Seen> {
    return ask(this.port, endpoint, text, parameters);
  }

  /** Begins to ask all the time; waits for the first answers, and remembers how many workers and watchers there are. */
  async traffic(endpoint = "/", clients = 2): Promise<Traffic> {
    this.#traffic = new Traffic(() => this.ask(endpoint), clients);
    await this.#traffic.round();
    await this.standby();
    this.#watches = takeSnapshot(this.#host?.pid).watches;
    return this.#traffic;
  }

  /** Waits until the workers that are kept ready are up: a save then finds one, and the census is steady. */
  async standby(): Promise<void> {
    await awaitSnapshot(async () => ({ workers: await this.#expectedWorkers() }), this.#host?.pid);
  }

  /**
   * How many workers there should be. The Flow says how many of them are standbys: as many as its largest Executor has
   * replicas; and as many again for the one that was saved last, if its imports take long, as all do on a busy machine.
   */
  async #expectedWorkers(): Promise<number> {
    const { deployments } = await this.status();
    const serving =
      deployments.flatMap(({ versions }) => versions.flatMap(({ replicas }) => replicas)).length;
    const least = this.#live && !this.inPlace ? Math.max(...deployments.map(({ replicas }) => replicas)) : 0;
    const metrics = await (await fetch(`http://127.0.0.1:${this.port}/metrics`)).text();
    const standbys = Number(/^hotflow_standby_workers (\d+)$/m.exec(metrics)?.[1]);
    const spare = Math.min(Math.max(standbys, least), 2 * least);
    return (this.#before?.workers ?? 0) + serving + spare;
  }

  /** What `GET /status` says. Versions that finish what they have, which they do at their own pace, are left out. */
  async status(): Promise<Status> {
    const response = await fetch(`http://127.0.0.1:${this.port}/status`);
    const { deployments, ...rest }: Status = await response.json();
    return {
      ...rest,
      deployments: deployments.map((item) => ({
        ...item,
        versions: item.versions.filter(({ state }) => state !== "draining"),
        replicas: item.versions.at(0)?.replicas.length ?? 0,
      })),
    };
  }

  /**
   * Stops the traffic: nothing was lost or broken, and workers and watchers are as many as when it began.
   *
   * @param folders How many folders are watched besides, since they came later.
   */
  async assertNothingLost(folders = 0): Promise<void> {
    await this.#traffic?.stop();
    assertEquals(this.#traffic?.broken, []);
    assertEquals(this.#traffic?.failed, []);
    if (this.#watches === undefined) return;
    const watches = this.#watches + (this.poll ? 0 : folders);
    await awaitSnapshot(async () => ({ workers: await this.#expectedWorkers(), watches }), this.#host?.pid);
  }

  /** Reloads all Executors, whether or not their files have changed. */
  async reload(options: { fresh?: boolean } = {}): Promise<void> {
    await this.#host?.reload(options);
  }

  /** Counts its worker threads and watches now. */
  snapshot(): ResourceSnapshot {
    return takeSnapshot(this.#host?.pid);
  }

  /** Ends the Flow before the test does. */
  async close(): Promise<void> {
    await this.#host?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#traffic?.stop();
    await this.close();
    if (this.#before !== undefined && this.#host?.pid === "self") await awaitSnapshot(this.#before);
    await this.folder[Symbol.asyncDispose]();
  }

  #absolute(add: AddOptions): AddOptions {
    const { uses: given } = add;
    const uses = typeof given === "string" && !given.startsWith("class:") ? this.folder.at(given) : given;
    return {
      ...add,
      uses,
      modules: add.modules?.map((module) => this.folder.at(String(module))),
      ...(this.inPlace && { reload: "in-place" }),
      ...(ISOLATION && { isolation: ISOLATION }),
    };
  }
}

/** What of `/status` the tests look at. */
export interface Status {
  /** What is wrong with the Flow's YAML. */
  readonly lastError?: {
    readonly file: string;
    readonly line?: number;
    readonly message: string;
    readonly problems: readonly { readonly path: string; readonly line: number }[];
  } | null;
  readonly deployments: readonly {
    readonly name: string;
    readonly state: string;
    readonly version: number | null;
    readonly executor: string | null;
    readonly endpoints: readonly string[];
    readonly replicas: number;
    readonly versions: readonly {
      readonly number: number;
      readonly state: string;
      readonly replicas: readonly { readonly state: string }[];
    }[];
    readonly lastError: {
      readonly file?: string;
      readonly line?: number;
      readonly column?: number;
      readonly message: string;
    } | null;
    readonly history: readonly { readonly version: number; readonly kind: string }[];
  }[];
}

/** `HOTFLOW_POLL=1` has all Flows of this run poll. */
const ALL_POLLED = Deno.env.get("HOTFLOW_POLL") === "1";
/** The probes that are about how files are saved, and which belong to an Executor: they hold without events as well. */
const POLLED = [6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 29, 36, 37, 38];

/** The probes that no reload in place can pass, and why; `tests/probes` has what happens in place instead. */
const NOT_IN_PLACE: Readonly<Record<string, string>> = {
  "synchronous 1 s handler in flight during the save":
    "the load waits until the handler yields, since both run in one worker",
  "the constructor throws, its source is mended, the YAML saved again as it is":
    "it is about a source that no reload follows",
};

/** One of the probes of the real Jina's reload and restart, numbered and named as there; it runs in place as well. */
export function probe(number: number, name: string, run: (fixture: FlowFixture) => Promise<void>): void {
  const polls = ALL_POLLED ? [true] : POLLED.includes(number) ? [false, true] : [false];
  for (const poll of polls) fixtureTest(`probe ${number}${poll ? ", polled" : ""}: ${name}`, run, poll);
  if (!(name in NOT_IN_PLACE)) probeInPlace(number, name, run);
}

/** A probe that only runs in place. Bun cannot reload in place. */
export function probeInPlace(
  number: number,
  name: string,
  run: (fixture: FlowFixture) => Promise<void>,
): void {
  if (target.name !== "bun") fixtureTest(`probe ${number}, in place: ${name}`, run, ALL_POLLED, true);
}

function fixtureTest(
  name: string,
  run: (fixture: FlowFixture) => Promise<void>,
  ...how: Parameters<typeof FlowFixture.make>
): void {
  Deno.test(name, async () => {
    await using fixture = await FlowFixture.make(...how);
    await run(fixture);
  });
}
