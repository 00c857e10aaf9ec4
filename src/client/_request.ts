import { pause, TIMED_OUT, withDeadline } from "../async/deadline.ts";
import { ConnectionError } from "../errors/mod.ts";
import type { OutgoingRequest, RequestOptions, RetryOptions } from "./options.ts";

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 2_000;

/** An HTTP answer of any status. */
export interface Reply {
  readonly status: number;
  readonly text: string;
}

/**
 * Sends one request and reads its answer.
 *
 * @throws {ConnectionError} When there is no answer, or the timeout passes.
 * @throws The signal's reason, when it is aborted.
 */
export async function request(outgoing: OutgoingRequest, options: RetryOptions): Promise<Reply> {
  const end = new AbortController();
  options.signal?.throwIfAborted();
  try {
    return await inTime(exchange(outgoing, options.retries, end.signal), outgoing, options);
  } finally {
    end.abort();
  }
}

/** Waits for a part of an answer; afterwards the caller has to abort the request. Throws as {@linkcode request}. */
export async function inTime<T>(
  promise: Promise<T>,
  { url, requestId }: OutgoingRequest,
  { timeout = Infinity, signal }: RequestOptions,
): Promise<T> {
  const result = await withDeadline(timeout, promise, signal);
  if (result !== TIMED_OUT) return result;
  const message =
    `Cannot get an answer from ${url} within ${timeout} ms: check its Executors, or set a longer \`timeout\``;
  const cause = new DOMException(`no answer within ${timeout} ms`, "TimeoutError");
  throw new ConnectionError(message, { cause, requestId });
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

/**
 * The delay before a retry, in milliseconds: exponential with an upper limit, and with a jitter of 50 % to 100 %, so that
 * the clients of a Flow do not all retry at the same moment.
 *
 * @param failed The number of failed attempts.
 * @param random The jitter, from 0 to 1.
 */
export function backoffMs(failed: number, random: number = Math.random()): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** (failed - 1), MAX_BACKOFF_MS) / 2 * (1 + random);
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
