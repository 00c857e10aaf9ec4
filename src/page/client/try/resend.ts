import type { Answer } from "./answer.ts";
import { type Change, differences } from "./diff.ts";
import { latest } from "./latest.ts";
import { isSame } from "./recent.ts";
import type { TryRequest } from "./send.ts";

/** An answer to the chosen request. */
export interface Resent {
  /** The request. */
  readonly request: TryRequest;
  /** When it was sent, such as `after version 2 of executor0`. */
  readonly cause: string;
  /** The answer. */
  readonly answer: Answer;
  /** What differs from the answer before; left out when there was none. */
  readonly changes?: readonly Change[];
}

/** How long an answer may take; a stream without an end is compared as far as it came. */
const MAX_MS = 30_000;

/** Sends one chosen request again whenever new code serves, and compares the answers. */
export class Resender {
  #pinned: TryRequest | undefined;
  #before: Answer | undefined;
  #sending: AbortController | undefined;
  readonly #run: (cause: string) => void;

  /**
   * @param send Sends a request.
   * @param show Gets each answer.
   */
  constructor(
    private readonly send: (request: TryRequest, signal: AbortSignal) => Promise<Answer>,
    private readonly show: (resent: Resent) => void,
  ) {
    this.#run = latest((cause) => this.#again(cause));
  }

  /** The chosen request. */
  get pinned(): TryRequest | undefined {
    return this.#pinned;
  }

  /** Whether a request is the chosen one. */
  has(request: TryRequest): boolean {
    return this.#pinned !== undefined && isSame(this.#pinned, request);
  }

  /**
   * Chooses a request, and sends it for a first answer; `undefined` chooses none.
   *
   * @param cause Why, as {@linkcode Resent.cause}.
   */
  pin(request: TryRequest | undefined, cause = "when you chose it"): void {
    this.#pinned = request;
    this.#before = undefined;
    this.#sending?.abort();
    if (request !== undefined) this.#run(cause);
  }

  /** Sends the chosen request again. */
  again(cause: string): void {
    if (this.#pinned === undefined) return;
    // What it is still waiting for is from code that no longer serves.
    this.#sending?.abort();
    this.#run(cause);
  }

  async #again(cause: string): Promise<void> {
    const request = this.#pinned;
    if (request === undefined) return;
    const own = this.#sending = new AbortController();
    const answer = await this.send(request, AbortSignal.any([own.signal, AbortSignal.timeout(MAX_MS)]));
    if (own.signal.aborted || this.#pinned !== request) return;
    const before = this.#before;
    this.#before = answer;
    const changes = before && { changes: differences(before, answer) };
    this.show({ request, cause, answer, ...changes });
  }
}
