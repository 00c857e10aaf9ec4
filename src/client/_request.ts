import { ConnectionError } from "../errors/mod.ts";
import { backoffMs, pause } from "./_backoff.ts";
import { Patience } from "./_request_timeout.ts";
import type { Outgoing, Reach } from "./options.ts";

/** An answer, whatever it says. */
export interface Reply {
  readonly status: number;
  readonly text: string;
}

/**
 * Sends one request and reads its answer.
 *
 * @param outgoing The request.
 * @param reach How often to try, how long to wait, and what gives it up.
 * @returns The answer.
 * @throws {ConnectionError} When there is none, or not in time.
 * @throws The signal's reason, once it is aborted.
 */
export async function request(outgoing: Outgoing, reach: Reach): Promise<Reply> {
  const patience = new Patience(outgoing, reach);
  try {
    return await patience.wait(exchange(outgoing, reach.retries, patience.signal));
  } finally {
    patience.end();
  }
}

async function exchange(outgoing: Outgoing, retries: number, signal: AbortSignal): Promise<Reply> {
  const response = await open(outgoing, retries, signal);
  const { status } = response;
  try {
    return { status, text: await response.text() };
  } catch (cause) {
    throw unfinished(outgoing, status, cause);
  }
}

/**
 * Gets an answer to begin. Tries again while the connection fails before it does: from then on the Executors have done
 * their work.
 */
export async function open(
  { url, requestId, ...init }: Outgoing,
  retries: number,
  signal: AbortSignal,
): Promise<Response> {
  for (let tried = 1;; tried++) {
    try {
      return await fetch(url, { ...init, signal });
    } catch (cause) {
      if (tried > retries || signal.aborted) {
        const message = `Cannot reach a Flow at ${new URL(url).origin}: ${messageOf(cause)}; is it running?`;
        throw new ConnectionError(message, { cause, requestId });
      }
      await pause(backoffMs(tried), signal);
    }
  }
}

/** The error of an answer that broke off. */
export function unfinished({ url, requestId }: Outgoing, status: number, cause: unknown): ConnectionError {
  const message = `Cannot read the answer from ${url} to its end: ${messageOf(cause)}`;
  return new ConnectionError(message, { cause, requestId, status });
}

/** Some runtimes say no more than "fetch failed", and the reason in its cause. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  return cause instanceof Error && !message.includes(cause.message)
    ? `${message}: ${cause.message}`
    : message;
}
