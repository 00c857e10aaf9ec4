/**
 * One address of an Executor elsewhere, over grpc-js. A Flow without such an Executor never loads this.
 *
 * @module
 */
import { type ClientReadableStream, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import type { CancelToken } from "../async/cancel_token.ts";
import { isTimedOut } from "../async/deadline.ts";
import type { RemoteAddress } from "../executor/remote_address.ts";
import type { Logger } from "../log/logger.ts";
import type { Bindings } from "../protocol/endpoint_info.ts";
import { nodeBuffer } from "../runtime/node_buffer.ts";
import { type Acquired, Channel } from "./_channel.ts";
import { toMetadata } from "./_metadata.ts";
import { EVERY_ENDPOINT, readBindings, readHealth } from "./_discovery.ts";
import { isRefused, isWithout, lostError, NotSentError, plainReason, toCallError } from "./_call_error.ts";

export { callRemote } from "./_remote_call.ts";

/** What an Executor elsewhere binds. */
export interface RemoteBindings extends Bindings {
  /** The endpoints whose documents are of the second generation. */
  readonly second: ReadonlySet<string>;
  /** Whether documents of either generation can be sent, or it is not known which. */
  readonly anyDocuments: boolean;
  /** The endpoints that do not stream. */
  readonly unary?: ReadonlySet<string>;
  /** The names of the headers that it asks for. */
  readonly headers: readonly string[];
}

/** Whether an address can be called. */
export type LinkState = "connecting" | "serving" | "away";

/** An answer, and what came with it. */
interface Reply {
  readonly bytes: Uint8Array;
  readonly trailers: Metadata;
}

/** What a call takes with it. */
export interface Outgoing {
  readonly bytes: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
  readonly cancel: CancelToken;
  /** When its time is over, in milliseconds since 1970. */
  readonly deadline?: number;
}

/** The interval between two checks of an address that serves, in milliseconds. */
const CHECK_MS = 2_000;
/** How long an address may take to answer a check, in milliseconds. */
const CHECK_TIMEOUT_MS = 5_000;
const LATE = `it does not answer within ${CHECK_TIMEOUT_MS} ms`;
/** How long a connection may be silent after that, unless the server is known to be busy, in milliseconds. */
const SILENCE_MS = 10_000;
const SILENT = "it does not answer, and takes no other connection";
/** How much later than on another connection a check may be answered, in milliseconds. */
const GRACE_MS = 5_000;
/** The first and the longest pause between two attempts to reach an address, in milliseconds. */
const [MIN_BACKOFF_MS, MAX_BACKOFF_MS] = [100, 2_000];
/** The Flow itself ends a late call; the other side ends it then, if it does not hear of that. */
const DEADLINE_SLACK_MS = 250;

const DISCOVERY = "/jina.JinaDiscoverEndpointsRPC/endpoint_discovery";
const HEALTH = "/grpc.health.v1.Health/Check";
const EMPTY = new Uint8Array();

/** A connection to one address, which is made again when it is lost. */
export class RemoteLink {
  /** The calls in flight. */
  calls = 0;
  state: LinkState = "connecting";
  /** Since when it has been in its state. */
  since: Date = new Date();
  /** Why it is away, or late. */
  reason?: string;
  /** Whether it has calls in flight, and did not answer the last check. */
  isLate = false;
  /** What it binds, as it said last. */
  bindings?: RemoteBindings;
  readonly #channel: Channel;
  readonly #probed = Promise.withResolvers<void>();
  #wake = () => {};
  #closed = false;

  constructor(
    readonly address: RemoteAddress,
    private readonly log: Logger,
    private readonly onChange: () => void,
  ) {
    this.#channel = new Channel(address);
    this.#run();
  }

  /** Resolves when it is known for the first time whether it serves. */
  get probed(): Promise<void> {
    return this.#probed.promise;
  }

  /**
   * Makes a call with one answer.
   *
   * @throws {NotSentError} When the call has not left this process.
   */
  async unary(path: string, { bytes, metadata, cancel, deadline }: Outgoing): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    let isBegun = false;
    const options = deadline === undefined ? {} : { deadline: deadline + DEADLINE_SLACK_MS };
    const sent = toMetadata(metadata);
    const { client, lost, release } = this.#begin();
    const call = client.makeUnaryRequest(
      ...[path, nodeBuffer, plain, bytes, sent, options] as const,
      (error, value) => error ? reject(error) : resolve(value as Uint8Array),
    );
    call.on("metadata", () => isBegun = true);
    const forget = [cancel, lost].map((token) => token.onCancel(() => call.cancel()));
    try {
      return await promise;
    } catch (error) {
      throw cancel.reason ?? lost.reason ?? this.#failure(error as ServiceError, isBegun);
    } finally {
      for (const each of forget) each();
      release();
    }
  }

  /** Makes a call with a stream of answers, which are read as they are taken; throws as {@linkcode unary} does. */
  async *stream(path: string, { bytes, metadata, cancel }: Outgoing): AsyncGenerator<Uint8Array> {
    const sent = toMetadata(metadata);
    const { client, lost, release } = this.#begin();
    const call = client.makeServerStreamRequest(path, nodeBuffer, plain, bytes, sent);
    const forget = [cancel, lost].map((token) => token.onCancel(() => call.cancel()));
    let isBegun = false;
    call.on("metadata", () => isBegun = true);
    try {
      yield* messagesOf(call);
    } catch (error) {
      throw cancel.reason ?? lost.reason ?? this.#failure(error as ServiceError, isBegun);
    } finally {
      for (const each of forget) each();
      call.cancel();
      release();
    }
  }

  close(): void {
    this.#closed = true;
    this.#wake();
    this.#channel.close();
  }

  /** A client for a call that counts. */
  #begin(): Acquired {
    const acquired = this.#channel.acquire();
    this.calls++;
    return {
      ...acquired,
      release: () => {
        this.calls--;
        acquired.release();
      },
    };
  }

  #failure(error: ServiceError, isBegun: boolean): Error {
    const failure = toCallError(error, this.address.url, isBegun);
    if (failure instanceof NotSentError && !failure.isRefused) this.#become("away", failure.message);
    this.#wake();
    return failure;
  }

  /** Looks after the connection until the end. */
  async #run(): Promise<void> {
    let backoffMs = MIN_BACKOFF_MS;
    while (!this.#closed) {
      const reason = await this.#check();
      if (this.#closed) break;
      // One that loops in a handler answers again when that is done, but only then.
      this.isLate = reason === LATE && this.state === "serving" && this.calls > 0;
      const serves = reason === undefined || this.isLate;
      this.#become(serves ? "serving" : "away", reason);
      this.#probed.resolve();
      if (reason === LATE) await this.#dropIfDead();
      if (this.#closed) break;
      const change = Promise.withResolvers<void>();
      this.#wake = change.resolve;
      if (serves) {
        backoffMs = MIN_BACKOFF_MS;
        this.#channel.onLoss(change.resolve, CHECK_MS);
        await isTimedOut(CHECK_MS, change.promise);
      } else {
        await isTimedOut(backoffMs, change.promise);
        backoffMs = Math.min(2 * backoffMs, MAX_BACKOFF_MS);
      }
    }
    this.#probed.resolve();
  }

  /**
   * Gives up a connection that is silent, such as one whose other end vanished. A server that is only busy takes another
   * connection, but answers no call of it.
   */
  async #dropIfDead(): Promise<void> {
    const dead = lostError(this.address.url, "it does not answer any more");
    if (!this.isLate) return this.#channel.drop(dead);
    const probe = new Channel(this.address);
    try {
      const old = this.#ask(HEALTH, this.#channel, SILENCE_MS)
        .then(() => true, ({ code }) => code !== status.DEADLINE_EXCEEDED);
      const other = this.#ask(HEALTH, probe, SILENCE_MS).then(() => true, isWithout);
      const isFirst = await Promise.race([other, old.then(() => false)]);
      const isReplaced = isFirst && await isTimedOut(GRACE_MS, old);
      if (!isReplaced && (await old || probe.isConnected)) return;
      if (!isReplaced) this.#become("away", SILENT);
      this.#channel.drop(isReplaced && this.#channel.isCrowded ? undefined : dead);
    } finally {
      probe.drop(dead);
      probe.close();
    }
  }

  /** Asks what it binds and whether it serves. Returns why it does not. */
  async #check(isSecond = false): Promise<string | undefined> {
    try {
      const [bindings, isHealthy] = await Promise.all([this.#discover(), this.#isHealthy()]);
      if (!isHealthy) return "it reports that it does not serve";
      this.bindings = bindings;
    } catch (error) {
      // By its next connection.
      if (!isSecond && isRefused(error as ServiceError)) return await this.#check(true);
      return reasonOf(error as ServiceError);
    }
  }

  async #discover(): Promise<RemoteBindings> {
    try {
      const { bytes, trailers } = await this.#ask(DISCOVERY);
      const first = (name: string) => trailers.get(name).at(0)?.toString();
      return readBindings(bytes, first("asked-headers"), first("documents") === "any");
    } catch (error) {
      if (isWithout(error as ServiceError)) return EVERY_ENDPOINT;
      throw error;
    }
  }

  async #isHealthy(): Promise<boolean> {
    try {
      return readHealth((await this.#ask(HEALTH)).bytes);
    } catch (error) {
      if (isWithout(error as ServiceError)) return true;
      throw error;
    }
  }

  #ask(path: string, channel = this.#channel, timeoutMs = CHECK_TIMEOUT_MS): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    let [bytes, failure]: [Uint8Array, unknown] = [EMPTY, undefined];
    const deadline = Date.now() + timeoutMs;
    const { client, lost, release } = channel.acquire();
    const call = client.makeUnaryRequest(
      ...[path, nodeBuffer, plain, EMPTY, new Metadata(), { deadline }] as const,
      (error, value) => [bytes, failure] = [value as Uint8Array, error],
    );
    const forget = lost.onCancel(() => call.cancel());
    call.on("status", ({ metadata: trailers }) => {
      forget();
      release();
      queueMicrotask(() => failure ? reject(failure) : resolve({ bytes, trailers }));
    });
    return promise;
  }

  #become(state: LinkState, reason?: string): void {
    this.reason = reason;
    if (state === this.state) return;
    const { url } = this.address;
    this.state = state;
    this.since = new Date();
    if (state === "serving") this.log.info(`${url} serves`);
    else this.log.warning(`${url} is away: ${reason}; it is tried again`);
    this.onChange();
  }
}

function plain(bytes: Uint8Array): Uint8Array {
  return bytes;
}

function reasonOf({ code, details }: ServiceError): string {
  if (code === status.DEADLINE_EXCEEDED) return LATE;
  return plainReason(details);
}

/** Yields the messages of a call as they are taken; see `messagesOf` in the client. */
async function* messagesOf(call: ClientReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  let [ended, failure]: [boolean, unknown] = [false, undefined];
  let wake = () => {};
  call.on("error", (error) => (failure = error, ended = true, wake()));
  call.on("end", () => (ended = true, wake()));
  call.on("readable", () => wake());
  for (;;) {
    const message = call.read();
    if (message !== null) yield message;
    else if (ended) break;
    else await new Promise<void>((resolve) => wake = resolve);
  }
  if (failure !== undefined) throw failure;
}
