import type { Encoded } from "../protocol/encoded.ts";
import type { StreamQueue } from "../protocol/stream_queue.ts";
import type { RpcMethod, StreamName } from "../protocol/protocol.ts";

/** An answer that the worker has not sent yet. */
interface PendingAnswer {
  readonly kind: RpcMethod;
  deferred?: PromiseWithResolvers<unknown>;
  queue?: StreamQueue;
  /** The name of the stream, once the answer has become one. */
  stream?: StreamName;
  onEnd?: (() => void) | undefined;
}

/** The answers that a worker owes, and with them the calls in flight. */
export class PendingAnswers {
  readonly #answers = new Map<number, PendingAnswer>();
  /** Calls that were cancelled, and that the worker has not answered yet. */
  readonly #cancelled = new Set<number>();
  #nextId = 1;
  #calls = 0;
  #idle: (() => void)[] = [];

  get nextId(): number {
    return this.#nextId;
  }

  /** The number of answers that the worker owes. */
  get size(): number {
    return this.#answers.size;
  }

  get calls(): number {
    return this.#calls - this.#cancelled.size;
  }

  /** Whether the worker has calls, cancelled ones included. */
  get hasCalls(): boolean {
    return this.#calls > 0;
  }

  /** The id of the oldest call that the worker has not answered, cancelled ones included; `Infinity` without any. */
  get oldestCall(): number {
    for (const [id, { kind }] of this.#answers) if (kind === "call") return id;
    return Infinity;
  }

  /** Adds an answer, under {@linkcode nextId}; its stream goes to the queue. */
  add(kind: RpcMethod, queue?: StreamQueue): Promise<unknown> {
    if (kind === "call") this.#calls++;
    const deferred = Promise.withResolvers<unknown>();
    this.#answers.set(this.#nextId++, { kind, deferred, queue });
    return deferred.promise;
  }

  /** Calls back once when a call is answered or cancelled; immediately if it is already. */
  onEnd(id: number, callback: () => void): void {
    const answer = this.#answers.get(id);
    if (answer?.deferred === undefined) callback();
    else answer.onEnd = callback;
  }

  resolve(id: number, result: unknown): void {
    this.#take(id)?.resolve(result);
  }

  reject(id: number, error: Error): void {
    this.#take(id)?.reject(error);
  }

  /** Begins the stream that an answer has become. */
  beginStream(id: number, stream: StreamName): void {
    const answer = this.#answers.get(id);
    if (answer === undefined) return;
    answer.stream = stream;
    answer.queue?.begin(stream);
  }

  /** Passes on a document of a stream. */
  put(id: number, doc: Encoded): void {
    this.#answers.get(id)?.queue?.push(doc);
  }

  /** Rejects a call whose answer is still to come. Returns whether it was pending. */
  cancel(id: number, reason: Error): boolean {
    const answer = this.#answers.get(id);
    if (answer === undefined || this.#cancelled.has(id)) return false;
    this.#cancelled.add(id);
    this.#settleIdle();
    release(answer)?.reject(reason);
    return true;
  }

  /**
   * Rejects all answers.
   *
   * @param lost The error of calls, whose clients are told it.
   */
  rejectAll(error: Error, lost: Error): void {
    for (const [id, { kind }] of [...this.#answers]) this.reject(id, kind === "call" ? lost : error);
  }

  /** The ids of the calls in flight that are not cancelled, with the names of their streams. */
  openCalls(): (readonly [id: number, stream?: StreamName])[] {
    return [...this.#answers].filter(([id, { kind }]) => kind === "call" && !this.#cancelled.has(id))
      .map(([id, { stream }]) => [id, stream]);
  }

  /** Resolves when no call is in flight whose caller waits. */
  idle(): Promise<void> {
    return this.calls === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Removes an answer. Returns what settles it. */
  #take(id: number): PromiseWithResolvers<unknown> | undefined {
    const answer = this.#answers.get(id);
    if (answer === undefined) return undefined;
    this.#answers.delete(id);
    if (answer.kind === "call") {
      this.#calls--;
      this.#cancelled.delete(id);
      this.#settleIdle();
    }
    return release(answer);
  }

  #settleIdle(): void {
    if (this.calls > 0 || this.#idle.length === 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

/** Drops the promise of an answer: V8's maps keep deleted values until a full collection, and with each call its answer. */
function release(answer: PendingAnswer): PromiseWithResolvers<unknown> | undefined {
  const { deferred, onEnd } = answer;
  answer.deferred = answer.queue = answer.onEnd = undefined;
  onEnd?.();
  return deferred;
}
