import { isPlain, nameOf, toJson } from "../document/json_value.ts";
import { type DocumentArray, toDocumentArray } from "../document/document_array.ts";
import type { BatchOptions, HandlerContext } from "../executor/requests.ts";
import { after } from "../async/deadline.ts";
import { returnedDocuments, returnedResult } from "./_handler_result.ts";
import { tracing } from "../trace/tracing.ts";
import type { CallContext } from "./_call_context.ts";

/** What a request gets of its batch. */
export interface BatchShare {
  /** Its documents, or the plain object that the handler returned. */
  readonly returned: DocumentArray | object;
  /** The size of the batch; for its first request only. */
  readonly batch?: readonly [documents: number, requests: number];
}

type SpanContext = NonNullable<typeof tracing.spans>["current"];

/** A request that waits for its batch, or runs in one. */
interface Member {
  readonly docs: DocumentArray;
  readonly context: CallContext;
  /** The span of its call, where there is tracing. */
  readonly span: SpanContext;
  readonly share: PromiseWithResolvers<BatchShare>;
}

/** Requests with equal parameters. */
interface Batch {
  readonly members: Set<Member>;
  size: number;
  cancelTimer: () => void;
}

/** Starts a callback after some milliseconds; returns a function that prevents it. */
type Timer = (ms: number, callback: () => void) => () => void;

/** Has a handler handle the documents of concurrent requests together: see `RequestsOptions.batch`. */
export class BatchQueue {
  /** The batches that wait, by their parameters. */
  readonly #waiting = new Map<string, Batch>();
  #running = 0;

  /**
   * @param invoke Calls the handler.
   * @param timer For tests.
   */
  constructor(
    private readonly options: BatchOptions,
    private readonly invoke: (docs: DocumentArray, context: HandlerContext) => unknown,
    private readonly timer: Timer = after,
  ) {}

  /**
   * Adds a request; a batch contains whole requests.
   *
   * @param parameters Those of the request as they came: requests with equal ones may share a batch.
   * @returns Its share of the batch's result. Rejects when the handler fails, its result cannot be split, or the request
   * is aborted before its batch starts.
   */
  async add(docs: DocumentArray, context: CallContext, parameters = context.parameters): Promise<BatchShare> {
    context.throwIfAborted();
    const key = toJson(sorted(parameters), "parameters");
    const isIdle = this.#running === 0 && this.#waiting.size === 0;
    let batch = this.#waiting.get(key);
    if (batch !== undefined && batch.size + docs.length > this.options.size) {
      this.#start(key, batch);
      batch = undefined;
    }
    batch ??= this.#open(key, isIdle);
    const member: Member = {
      docs,
      context,
      span: tracing.spans?.current,
      share: Promise.withResolvers<BatchShare>(),
    };
    batch.members.add(member);
    batch.size += docs.length;
    this.#leaveOnAbort(member, key, batch);
    if (batch.size >= this.options.size) this.#start(key, batch);
    return await member.share.promise;
  }

  #open(key: string, isIdle: boolean): Batch {
    const batch: Batch = { members: new Set(), size: 0, cancelTimer: () => {} };
    this.#waiting.set(key, batch);
    const start = () => this.#waiting.get(key) === batch && this.#start(key, batch);
    // At the end of the turn: requests that came together run together.
    if (isIdle) queueMicrotask(start);
    else batch.cancelTimer = this.timer(this.options.wait, start);
    return batch;
  }

  /** Has a request leave its batch when its client is gone before the batch starts. */
  #leaveOnAbort(member: Member, key: string, batch: Batch): void {
    member.context.onAbort = () => {
      batch.members.delete(member);
      batch.size -= member.docs.length;
      member.share.reject(new DOMException("the request was aborted before its batch started", "AbortError"));
      if (batch.members.size > 0) return;
      batch.cancelTimer();
      this.#waiting.delete(key);
    };
  }

  async #start(key: string, batch: Batch): Promise<void> {
    batch.cancelTimer();
    this.#waiting.delete(key);
    this.#running++;
    const members = [...batch.members];
    const context = new BatchContext(members.map(({ context }) => context));
    try {
      const docs = toDocumentArray(members.flatMap(({ docs }) => [...docs]));
      const shares = sharesOf(await traced(members, docs, () => this.invoke(docs, context)), docs, members);
      const size = [batch.size, members.length] as const;
      members.forEach(({ share }, index) =>
        share.resolve({ returned: shares[index], ...(index === 0 && { batch: size }) })
      );
    } catch (error) {
      for (const { share } of members) share.reject(error);
    } finally {
      this.#running--;
    }
  }
}

/** Calls the handler of a batch in a span, where there is tracing. */
async function traced(members: readonly Member[], docs: DocumentArray, run: () => unknown): Promise<unknown> {
  const invoke = async () => await run();
  return await (tracing.spans?.batch(members.map(({ span }) => span), docs.length, invoke) ?? invoke());
}

/** The context of a batch: its signal is aborted when all its requests are. */
class BatchContext implements HandlerContext {
  readonly requestIds: readonly string[];
  readonly headers = {};
  #open: number;
  #abort?: AbortController;
  #reason?: string;

  constructor(private readonly contexts: readonly CallContext[]) {
    this.requestIds = contexts.map(({ requestId }) => requestId);
    this.#open = contexts.length;
    for (const context of contexts) context.onAbort = (reason) => this.#leave(reason);
  }

  get parameters(): Record<string, unknown> {
    return this.contexts[0].parameters;
  }

  get endpoint(): string {
    return this.contexts[0].endpoint;
  }

  get requestId(): string {
    return this.requestIds[0];
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#reason !== undefined) this.#abort.abort(new DOMException(this.#reason, "AbortError"));
    return this.#abort.signal;
  }

  #leave(reason: string): void {
    if (--this.#open > 0) return;
    this.#reason = reason;
    this.#abort?.abort(new DOMException(reason, "AbortError"));
  }
}

/** Divides what a handler has returned for a batch among its requests. Throws when that is not possible. */
function sharesOf(
  returned: unknown,
  batch: DocumentArray,
  members: readonly Member[],
): (DocumentArray | object)[] {
  if (returned !== undefined && returned !== null && !Array.isArray(returned)) {
    if (!isPlain(returned)) throw notDivisible(nameOf(returned));
    const result = returnedResult(returned) as object;
    return members.map(() => result);
  }
  const docs = returnedDocuments(returned) ?? batch;
  const shares = returned === undefined || returned === null || returned === batch
    ? byPosition(docs, members) ?? byId(docs, members)
    : byId(docs, members) ?? byPosition(docs, members);
  if (shares === undefined) {
    const sent = members.reduce((sum, member) => sum + member.docs.length, 0);
    throw notDivisible(
      `${docs.length} documents for the ${sent} of ${members.length} requests: ` +
        "some have an id of no request, or of several",
    );
  }
  return shares;
}

function notDivisible(what: string): TypeError {
  return new TypeError(
    `Cannot divide ${what} among the requests of a batch: expected nothing, one document for each one in their order, ` +
      "documents with the ids of those that were sent, or a plain object",
  );
}

/** Gives each request as many documents as it has sent; `undefined` when that is not all, or contradicts their ids. */
function byPosition(docs: DocumentArray, members: readonly Member[]): DocumentArray[] | undefined {
  const owners = ownersOf(members);
  const shares: DocumentArray[] = [];
  let start = 0;
  for (const member of members) {
    const share = docs.slice(start, start += member.docs.length);
    const isOther = share.some(({ id }) => owners.has(id) && !owners.get(id)?.includes(member));
    if (isOther) return undefined;
    shares.push(toDocumentArray(share));
  }
  return start === docs.length ? shares : undefined;
}

/** Gives each request the documents with ids that it has sent; `undefined` when an id is of none or of several. */
function byId(docs: DocumentArray, members: readonly Member[]): DocumentArray[] | undefined {
  const owners = ownersOf(members);
  const shares = new Map<Member, DocumentArray>(members.map((member) => [member, toDocumentArray([])]));
  for (const doc of docs) {
    const [owner, ...others] = owners.get(doc.id) ?? [];
    if (owner === undefined || others.length > 0) return undefined;
    shares.get(owner)?.push(doc);
  }
  return [...shares.values()];
}

/** The requests that have sent an id. */
function ownersOf(members: readonly Member[]): Map<string, Member[]> {
  const owners = new Map<string, Member[]>();
  for (const member of members) {
    for (const { id } of member.docs) {
      const all = owners.get(id);
      if (all === undefined) owners.set(id, [member]);
      else if (!all.includes(member)) all.push(member);
    }
  }
  return owners;
}

/** The same value with the keys of its objects in order, so that equal ones have the same JSON. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.keys(value).sort().map((key) => [key, sorted((value as Record<string, unknown>)[key])]),
  );
}
