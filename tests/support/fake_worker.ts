import type { FromWorker, LoadAnswer, RpcMethod, RpcMethods, ToWorker } from "../../src/protocol/protocol.ts";
import type { WorkerLauncher } from "../../src/replica/worker_launcher.ts";
import type { WorkerHandle } from "../../src/runtime/mod.ts";

/** What a fake worker does when its host invokes a method; what it throws is the error of that call. */
export type FakeMethods = {
  [K in RpcMethod]: (
    params: RpcMethods[K]["params"],
    worker: FakeWorker,
  ) => RpcMethods[K]["result"] | Promise<RpcMethods[K]["result"]>;
};

/** The answer of a load that succeeded. */
export function loaded(facts: Partial<Extract<LoadAnswer, { kind: "ready" }>> = {}): LoadAnswer {
  return {
    kind: "ready",
    className: "Fake",
    endpoints: [{ path: "/", method: "handle" }],
    hasDefault: false,
    stateful: false,
    exclusive: false,
    closes: true,
    files: [],
    prepares: [],
    ...facts,
  };
}

/** The answer of a load whose code is broken. */
export function broken(message: string): LoadAnswer {
  return { kind: "failed", error: { name: "SyntaxError", message, stack: "" }, files: [] };
}

/** A method that never ends. */
export const hang = (): Promise<never> => new Promise(() => {});

const DEFAULTS: FakeMethods = {
  load: () => loaded(),
  construct: () => loaded(),
  call: ({ body }) => ({ kind: "done", endpoint: "/", docs: body }),
  save: () => ({ value: null }),
  restore: () => null,
  close: () => null,
  release: () => null,
  preload: () => 0,
  resume: () => null,
  clear: () => null,
  ping: () => null,
  capture: () => null,
  "warm-up": () => null,
  files: () => [],
};

/** A worker that is a plain object: it answers the protocol in the same thread. */
export class FakeWorker implements WorkerHandle {
  onMessage: (message: unknown) => void = () => {};
  onDeath: (message: string) => void = () => {};
  /** Whether it was terminated. */
  isTerminated = false;
  /** The messages that its host has sent. */
  readonly received: ToWorker[] = [];

  constructor(private readonly methods: FakeMethods, readonly killable: boolean) {}

  /** The kinds of the messages that its host has sent, without pings and the end of batches. */
  get kinds(): string[] {
    return this.received.map(({ kind }) => kind).filter((kind) => kind !== "ping" && kind !== "flush");
  }

  post(messages: unknown): void {
    for (const message of structuredClone(messages) as ToWorker[]) {
      this.received.push(message);
      if ("params" in message) this.#invoke(message);
    }
  }

  terminate(): Promise<boolean> {
    this.isTerminated = true;
    return Promise.resolve(true);
  }

  /** Sends messages to its host. */
  send(...messages: FromWorker[]): void {
    if (!this.isTerminated) this.onMessage(messages);
  }

  async #invoke<K extends RpcMethod>(
    { kind, id, params, instance }: {
      kind: K;
      id: number;
      params: RpcMethods[K]["params"];
      instance?: number;
    },
  ): Promise<void> {
    const to = { id, ...(instance !== undefined && { instance }) };
    try {
      this.send({ kind: "answer", ...to, result: await this.methods[kind](params, this) });
    } catch (error) {
      const { name, message } = error as Error;
      this.send({ kind: "error", ...to, error: { name, message, stack: "" } });
    }
  }
}

/** Launches fake workers. */
export class FakeLauncher implements WorkerLauncher {
  /** All workers, the oldest first. */
  readonly workers: FakeWorker[] = [];
  /** What all workers do from now on. */
  readonly methods: FakeMethods;
  /** Whether a worker that hangs can be ended. */
  killable = true;
  /** Whether new workers report that they are ready. */
  starts = true;

  constructor(methods: Partial<FakeMethods> = {}) {
    this.methods = { ...DEFAULTS, ...methods };
  }

  /** The worker that was launched last. */
  get last(): FakeWorker {
    return this.workers[this.workers.length - 1];
  }

  launch(): FakeWorker {
    const worker = new FakeWorker(this.methods, this.killable);
    this.workers.push(worker);
    if (this.starts) queueMicrotask(() => worker.send({ kind: "ready" }));
    return worker;
  }
}
