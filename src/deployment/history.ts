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

  /** The records, the oldest first. */
  get records(): readonly SwapRecord[] {
    return this.#records;
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
