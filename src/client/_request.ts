import { pause, TIMED_OUT, withDeadline } from "../async/deadline.ts";
import type { Document } from "../document/document.ts";
import { ConnectionError } from "../errors/mod.ts";
import type { Answer, RequestOptions, RetryOptions, StreamEnd } from "./options.ts";
import type { EncodedRequest, Transport } from "./_transport.ts";

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 2_000;

/**
 * Sends one request and reads its answer.
 *
 * @throws {ConnectionError} When there is no answer, or the timeout passes.
 * @throws The signal's reason, when it is aborted.
 */
export async function send<Body>(
  transport: Transport<Body>,
  request: EncodedRequest<Body>,
  options: RetryOptions,
): Promise<Answer> {
  return await withEnd(options, (signal) => {
    const attempt = () => transport.send(request, { signal, timeout: options.timeout });
    return inTime(retrying(attempt, options.retries, signal), transport.address, options, request.requestId);
  });
}

/**
 * Sends one request, and yields the documents of its answer as they arrive; returns the rest of the answer. Throws the
 * errors of `post()`, also between documents. The request is ended at the end in any case.
 */
export async function* stream<Body>(
  transport: Transport<Body>,
  request: EncodedRequest<Body>,
  options: RetryOptions,
): AsyncGenerator<Document, StreamEnd, undefined> {
  const end = new AbortController();
  options.signal?.throwIfAborted();
  const wait = <T>(promise: Promise<T>) => inTime(promise, transport.address, options, request.requestId);
  const attempt = async () => {
    const docs = transport.stream(request, { signal: end.signal });
    return { docs, first: await docs.next() };
  };
  try {
    const { docs, first } = await wait(retrying(attempt, options.retries, end.signal));
    for (let next = first;; next = await wait(docs.next())) {
      if (next.done) return next.value;
      yield next.value;
    }
  } finally {
    end.abort();
  }
}

/** Asks once whether the Flow is ready. Throws as {@linkcode send}. */
export async function isReady(transport: Transport, options: RequestOptions): Promise<boolean> {
  const { timeout } = options;
  return await withEnd(
    options,
    (signal) => inTime(transport.isReady({ signal, timeout }), transport.address, options),
  );
}

/** Ends a request when its caller does not wait for it any longer. */
async function withEnd<T>({ signal }: RequestOptions, use: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const end = new AbortController();
  signal?.throwIfAborted();
  try {
    return await use(end.signal);
  } finally {
    end.abort();
  }
}

/** Waits for a part of an answer. */
async function inTime<T>(
  promise: Promise<T>,
  address: string,
  { timeout = Infinity, signal }: RequestOptions,
  requestId?: string,
): Promise<T> {
  const result = await withDeadline(timeout, promise, signal);
  if (result !== TIMED_OUT) return result;
  const message =
    `Cannot get an answer from ${address} within ${timeout} ms: check its Executors, or set a longer \`timeout\``;
  const cause = new DOMException(`no answer within ${timeout} ms`, "TimeoutError");
  throw new ConnectionError(message, { cause, requestId });
}

/**
 * Repeats an attempt while the connection fails. It is repeated only before an answer starts: afterwards the Executors
 * have handled the request.
 */
async function retrying<T>(attempt: () => Promise<T>, retries: number, signal: AbortSignal): Promise<T> {
  for (let tried = 1;; tried++) {
    try {
      return await attempt();
    } catch (error) {
      const started = !(error instanceof ConnectionError) || error.status !== undefined;
      if (started || tried > retries || signal.aborted) throw error;
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

/** The error of a connection that failed before an answer started. */
export function unreachable(
  address: string,
  cause: unknown,
  requestId?: string,
  reason = messageOf(cause),
): ConnectionError {
  const message = `Cannot reach a Flow at ${address}: ${reason}; is it running?`;
  return new ConnectionError(message, { cause, requestId });
}

/** The error of an answer that is incomplete. */
export function unfinished(
  address: string,
  cause: unknown,
  requestId: string,
  status = 200,
  reason = messageOf(cause),
): ConnectionError {
  const message = `Cannot read the whole answer from ${address}: ${reason}`;
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
