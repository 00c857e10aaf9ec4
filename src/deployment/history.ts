import type { ErrorInfo } from "../errors/mod.ts";
import type { LoadPhases } from "./version.ts";
import { swapChannel, type SwapMessage } from "../runtime/channels.ts";

/** Why a version is loaded. */
export type SwapKind = SwapMessage["kind"];

/** One attempt to make a version serve. */
export interface SwapRecord {
  readonly version: number;
  readonly kind: SwapKind;
  readonly at: Date;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** Why it failed. */
  readonly error?: ErrorInfo;
  /** The names of the values kept, when the version was loaded in place. */
  readonly kept?: readonly string[];
  /** How long its parts took; left out when it has not begun. */
  readonly phases?: LoadPhases;
}

/** What is wrong with a deployment, and since when. */
export interface LastError {
  readonly info: ErrorInfo;
  readonly at: Date;
}

/** How many records are kept. */
const MAX_RECORDS = 50;

/** The loads of a deployment, the newest last, and its current error. */
export class History {
  /** Called with each load that is recorded. */
  onRecord: (swap: SwapMessage) => void = () => {};
  readonly #records: SwapRecord[] = [];
  #lastError?: LastError;
  #numbers = { last: 0 };
  #before: readonly SwapRecord[] = [];

  constructor(private readonly name: string) {}

  /** What is wrong now; `undefined` once a version serves that was loaded since. */
  get lastError(): LastError | undefined {
    return this.#lastError;
  }

  get records(): readonly SwapRecord[] {
    return this.#records;
  }

  /** The records of the deployment that this one replaces, and its own. */
  get all(): readonly SwapRecord[] {
    return [...this.#before, ...this.#records].slice(-MAX_RECORDS);
  }

  /** Whether it continues the history of another deployment. */
  get isContinued(): boolean {
    return this.#before.length > 0;
  }

  /** Continues the history of the deployment that this one is to replace. */
  continue(before: History): void {
    this.#before = before.all;
    this.#numbers = before.#numbers;
  }

  allocateNumber(): number {
    return ++this.#numbers.last;
  }

  /** Takes back the number of a version that was given up, if it is still the last one. */
  releaseNumber(number: number): void {
    if (this.#numbers.last === number) this.#numbers.last--;
  }

  /** Records that a version serves, or why it could not be brought to serve. */
  record(
    version: number,
    kind: SwapKind,
    startedAt: number,
    outcome: Pick<SwapRecord, "error" | "kept" | "phases"> = {},
  ): SwapRecord {
    this.setError(outcome.error);
    const record = {
      version,
      kind,
      at: new Date(),
      ms: performance.now() - startedAt,
      ...outcome,
    };
    this.#records.push(record);
    if (this.#records.length > MAX_RECORDS) this.#records.shift();
    const { at: _, kept: __, phases: ___, ...swap } = record;
    const message = { deployment: this.name, ...swap };
    this.onRecord(message);
    if (swapChannel.hasSubscribers) swapChannel.publish(message);
    return record;
  }

  /** Sets what is wrong now, or that nothing is. */
  setError(info: ErrorInfo | undefined): void {
    this.#lastError = info && { info, at: new Date() };
  }
}
