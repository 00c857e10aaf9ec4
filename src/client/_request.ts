import { ConnectionError } from "../errors/mod.ts";
import { backoffMs, pause } from "./_backoff.ts";
import type { Reach } from "./options.ts";

/** An answer, whatever it says. */
export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** What `fetch` is to send, and the id by which errors name it. */
export interface Outgoing extends Pick<RequestInit, "method" | "headers" | "body"> {
  readonly url: string;
  readonly requestId?: string;
}

/** Timers cannot wait longer. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Sends one request and reads its answer.
 *
 * @param outgoing The request.
 * @param reach How often to try, how long to wait, and what gives it up.
 * @returns The answer.
 * @throws {ConnectionError} When there is none, or not in time.
 * @throws The signal's reason, once it is aborted.
 */
export async function request(outgoing: Outgoing, { retries, timeout, signal }: Reach): Promise<Reply> {
  const { url, requestId } = outgoing;
  const end = new AbortController();
  let late = false;
  const timer = timeout === undefined || timeout > LONGEST_MS ? undefined : setTimeout(() => {
    late = true;
    end.abort(new DOMException(`no answer within ${timeout} ms`, "TimeoutError"));
  }, timeout);
  const giveUp = () => end.abort(signal?.reason);
  signal?.addEventListener("abort", giveUp, { once: true });
  if (signal?.aborted) giveUp();
  try {
    return await exchange(outgoing, retries, end.signal);
  } catch (error) {
    // Whoever gave up knows why.
    signal?.throwIfAborted();
    if (!late) throw error;
    const message = `Cannot get an answer from ${url} within ${timeout} ms: see what its Executors do, ` +
      "or give it a longer `timeout`";
    throw new ConnectionError(message, { cause: end.signal.reason, requestId });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}

/** Tries again while the connection fails before an answer begins: from then on the Executors have done their work. */
async function exchange(outgoing: Outgoing, retries: number, signal: AbortSignal): Promise<Reply> {
  const { url, requestId, ...init } = outgoing;
  for (let tried = 1;; tried++) {
    let response: Response;
    try {
      response = await fetch(url, { ...init, signal });
    } catch (cause) {
      if (tried > retries || signal.aborted) {
        const message = `Cannot reach a Flow at ${new URL(url).origin}: ${messageOf(cause)}; is it running?`;
        throw new ConnectionError(message, { cause, requestId });
      }
      await pause(backoffMs(tried), signal);
      continue;
    }
    const { status } = response;
    try {
      return { status, text: await response.text() };
    } catch (cause) {
      const message = `Cannot read the answer from ${url} to its end: ${messageOf(cause)}`;
      throw new ConnectionError(message, { cause, requestId, status });
    }
  }
}

/** Some runtimes say no more than "fetch failed", and the reason in its cause. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  return cause instanceof Error && !message.includes(cause.message)
    ? `${message}: ${cause.message}`
    : message;
}
