import type { ErrorInfo } from "../errors/mod.ts";

/** Why a version is loaded. */
export type SwapKind = "start" | "reload" | "restart" | "replace";

/** One try to bring a version to serve. */
export interface SwapRecord {
  readonly version: number;
  readonly kind: SwapKind;
  /** When it was over. */
  readonly at: Date;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** Why it did not succeed. */
  readonly error?: ErrorInfo;
}

/** How many records are kept. */
const KEPT = 50;

/** What happened to a deployment, the newest last. */
export class History {
  /** What is wrong now, until a version is loaded that serves. */
  lastError?: { readonly info: ErrorInfo; readonly at: Date };
  readonly #records: SwapRecord[] = [];
  #numbers = { last: 0 };
  #before: readonly SwapRecord[] = [];

  /** The records, the oldest first. */
  get records(): readonly SwapRecord[] {
    return this.#records;
  }

  /** Those of the deployment that this one takes the place of, and its own. */
  get all(): readonly SwapRecord[] {
    return [...this.#before, ...this.#records].slice(-KEPT);
  }

  /** Whether it goes on where another one ends. */
  get isContinued(): boolean {
    return this.#before.length > 0;
  }

  /** Goes on where the history of the deployment ends that this one is to take the place of. */
  continue(before: History): void {
    this.#before = before.all;
    this.#numbers = before.#numbers;
  }

  /** The number of the next version. */
  allocateNumber(): number {
    return ++this.#numbers.last;
  }

  /** Takes back the number of a version that was given up, when it is still the last one. */
  releaseNumber(number: number): void {
    if (this.#numbers.last === number) this.#numbers.last--;
  }

  /** A version serves now. */
  served(version: number, kind: SwapKind, startedAt: number): SwapRecord {
    this.lastError = undefined;
    return this.#add({ version, kind, at: new Date(), ms: performance.now() - startedAt });
  }

  /** A version could not be brought to serve. */
  failed(version: number, kind: SwapKind, startedAt: number, error: ErrorInfo): SwapRecord {
    this.lastError = { info: error, at: new Date() };
    return this.#add({ version, kind, at: new Date(), ms: performance.now() - startedAt, error });
  }

  #add(record: SwapRecord): SwapRecord {
    this.#records.push(record);
    if (this.#records.length > KEPT) this.#records.shift();
    return record;
  }
}
