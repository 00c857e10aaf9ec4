import type { StreamQueue } from "../async/stream_queue.ts";
import type { RpcMethod, StreamName } from "../protocol/protocol.ts";

/** The two ends of a promise. */
interface Settlers {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * An answer that the worker has not sent yet. It drops its promise when that is settled: V8's maps keep deleted values
 * until a full collection, and with each call its answer.
 */
class PendingAnswer {
  /** The name of the stream, once the answer has become one. */
  stream?: StreamName;

  constructor(readonly kind: RpcMethod, private settlers?: Settlers, private queue?: StreamQueue) {}

  resolve(value: unknown): void {
    this.settlers?.resolve(value);
    this.#release();
  }

  reject(error: Error): void {
    this.settlers?.reject(error);
    this.#release();
  }

  /** Begins a stream. */
  begin(stream: StreamName): void {
    this.stream = stream;
    this.queue?.begin();
  }

  /** Passes on a document of the stream. */
  put(doc: string): void {
    this.queue?.push(doc);
  }

  #release(): void {
    this.settlers = undefined;
    this.queue = undefined;
  }
}

/** The answers that a worker owes, and with them the calls in flight. */
export class PendingAnswers {
  readonly #answers = new Map<number, PendingAnswer>();
  /** Calls that were cancelled, and that the worker has not answered yet. */
  readonly #cancelled = new Set<number>();
  #nextId = 1;
  #calls = 0;
  #idle: (() => void)[] = [];

  /** The id of the next answer. */
  get nextId(): number {
    return this.#nextId;
  }

  /** The number of answers that the worker owes. */
  get size(): number {
    return this.#answers.size;
  }

  /** The number of calls in flight whose callers still wait. */
  get calls(): number {
    return this.#calls - this.#cancelled.size;
  }

  /** Whether the worker has calls, cancelled ones included. */
  get hasCalls(): boolean {
    return this.#calls > 0;
  }

  /** Adds an answer, under {@linkcode nextId}. */
  add(kind: RpcMethod, settlers: Settlers, queue?: StreamQueue): void {
    if (kind === "call") this.#calls++;
    this.#answers.set(this.#nextId++, new PendingAnswer(kind, settlers, queue));
  }

  /** The pending answer of an id. */
  get(id: number): PendingAnswer | undefined {
    return this.#answers.get(id);
  }

  /** Removes a pending answer, which the caller settles. */
  take(id: number): PendingAnswer | undefined {
    const answer = this.#answers.get(id);
    this.#answers.delete(id);
    if (answer?.kind === "call") {
      this.#calls--;
      this.#cancelled.delete(id);
      this.#settleIdle();
    }
    return answer;
  }

  /** Rejects a call whose answer is still to come. Returns whether it was pending. */
  cancel(id: number, reason: Error): boolean {
    const answer = this.#answers.get(id);
    if (answer === undefined || this.#cancelled.has(id)) return false;
    this.#cancelled.add(id);
    this.#settleIdle();
    answer.reject(reason);
    return true;
  }

  /** Rejects all answers. */
  rejectAll(error: Error): void {
    for (const id of [...this.#answers.keys()]) this.take(id)?.reject(error);
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

  #settleIdle(): void {
    if (this.calls > 0 || this.#idle.length === 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
