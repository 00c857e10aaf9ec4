import type { CallInfo, ServiceAdder } from "../../src/grpc/service_adder.ts";

/** A server without a network, whose methods a test calls by their path. */
export class FakeServer implements ServiceAdder {
  readonly #unary = new Map<string, Parameters<ServiceAdder["unary"]>[1]>();
  readonly #streams = new Map<string, Parameters<ServiceAdder["serverStream"]>[1]>();
  readonly #bidi = new Map<string, Parameters<ServiceAdder["bidi"]>[1]>();
  readonly #abort = new AbortController();
  readonly #call: CallInfo = {
    metadata: new Map(),
    signal: this.#abort.signal,
    peer: "127.0.0.1:1",
    trailers: new Map(),
  };

  unary: ServiceAdder["unary"] = (path, handler) => void this.#unary.set(path, handler);
  serverStream: ServiceAdder["serverStream"] = (path, handler) => void this.#streams.set(path, handler);
  bidi: ServiceAdder["bidi"] = (path, handler) => void this.#bidi.set(path, handler);

  /** The paths of all methods. */
  get paths(): string[] {
    return [...this.#unary.keys(), ...this.#streams.keys(), ...this.#bidi.keys()];
  }

  /** Calls a method with one request and one answer. */
  async call(path: string, request: Uint8Array = new Uint8Array()): Promise<Uint8Array> {
    return await handlerOf(this.#unary, path)(request, this.#call);
  }

  /** Calls a method with a stream of answers. */
  stream(path: string, request: Uint8Array): AsyncIterator<Uint8Array> {
    return handlerOf(this.#streams, path)(request, this.#call)[Symbol.asyncIterator]();
  }

  /** Calls a method with two streams; returns all answers. */
  async talk(path: string, requests: readonly Uint8Array[]): Promise<Uint8Array[]> {
    return await Array.fromAsync(handlerOf(this.#bidi, path)(ReadableStream.from(requests), this.#call));
  }

  /** Ends all calls, as clients do that go away. */
  abort(): void {
    this.#abort.abort();
  }
}

function handlerOf<T>(handlers: ReadonlyMap<string, T>, path: string): T {
  const handler = handlers.get(path);
  if (handler === undefined) throw new Error(`no method ${path}`);
  return handler;
}
