import { ConnectionError } from "../errors/mod.ts";
import { backoffMs, pause } from "./_backoff.ts";
import { RequestTimeout } from "./_request_timeout.ts";
import type { OutgoingRequest, RetryOptions } from "./options.ts";

/** An HTTP answer of any status. */
export interface Reply {
  readonly status: number;
  readonly text: string;
}

/**
 * Sends one request and reads its answer.
 *
 * @param outgoing The request.
 * @param options The number of retries, the timeout and the signal.
 * @returns The answer.
 * @throws {ConnectionError} When there is no answer, or the timeout passes.
 * @throws The signal's reason, when it is aborted.
 */
export async function request(outgoing: OutgoingRequest, options: RetryOptions): Promise<Reply> {
  const timeout = new RequestTimeout(outgoing, options);
  try {
    return await timeout.wait(exchange(outgoing, options.retries, timeout.signal));
  } finally {
    timeout.end();
  }
}

async function exchange(outgoing: OutgoingRequest, retries: number, signal: AbortSignal): Promise<Reply> {
  const response = await open(outgoing, retries, signal);
  const { status } = response;
  try {
    return { status, text: await response.text() };
  } catch (cause) {
    throw unfinished(outgoing, status, cause);
  }
}

/**
 * Sends a request, and resolves when the answer starts. A failed connection is retried only before that: afterwards the
 * Executors have handled the request.
 */
export async function open(
  { url, requestId, ...init }: OutgoingRequest,
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

/** The error of an answer that is incomplete. */
export function unfinished(
  { url, requestId }: OutgoingRequest,
  status: number,
  cause: unknown,
): ConnectionError {
  const message = `Cannot read the whole answer from ${url}: ${messageOf(cause)}`;
  return new ConnectionError(message, { cause, requestId, status });
}

/** The message of an error and its cause: some runtimes have only "fetch failed" in the message. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  return cause instanceof Error && !message.includes(cause.message)
    ? `${message}: ${cause.message}`
    : message;
}
