import type { Codec, DecodedRequest } from "../codec/codec.ts";
import { InvalidRequestError, isRequestError, type Issue } from "../errors/mod.ts";
import type { Encoded } from "../protocol/encoded.ts";
import type { Call, CallAnswer, CallDone, CallInvalid, RequestFacts } from "../protocol/protocol.ts";
import type { CallContext } from "./_call_context.ts";
import { describeError } from "./_library_files.ts";

/** The issue of documents that are nested too deeply to be encoded. */
const TOO_DEEP: Issue = {
  loc: ["body", "data"],
  msg: "the documents are nested too deep",
  type: "value_error",
};

/** A call with its request. */
export interface Received {
  readonly id: number;
  readonly call: Call;
  readonly codec: Codec;
  readonly request: DecodedRequest;
}

/** What an answer has in addition to its request. */
export interface Additions extends Pick<CallContext, "batch"> {
  /** The plain object that the handler returned. */
  readonly result?: object;
  /** The documents, when they are encoded already. */
  readonly docs?: Encoded;
}

/** Makes the answers to calls. */
export class Answers {
  /**
   * @param replica The replica's name, which handlers' results are reported under.
   * @param className The name of the Executor's class, for errors.
   */
  constructor(private readonly replica: string, private readonly className: string) {}

  /** A successful answer. */
  done({ call, codec, request }: Omit<Received, "id">, { result, docs, batch }: Additions = {}): CallDone {
    const { endpoint, target, encodedParameters } = request;
    const answer: Writable<CallDone> = {
      kind: "done",
      docs: docs ?? codec.encodeDocuments(request.docs, request.form),
      endpoint,
    };
    // Each key of a message costs time.
    if (target !== "") answer.target = target;
    if (encodedParameters !== undefined) answer.parameters = encodedParameters;
    if (result !== undefined) answer.result = [this.replica, codec.encodeResult(result)];
    return withFacts(answer, { call, request }, batch);
  }

  /** The answer to a request that does not fit the schemas of its endpoint. */
  unfit(issues: readonly Issue[], received: Received): CallAnswer {
    const { endpoint } = received.request;
    return withFacts<CallInvalid>({ kind: "invalid", issues: withinLimit(issues), endpoint }, received);
  }

  /**
   * The answer to a request whose handler has thrown.
   *
   * @param decode Decodes the documents of the request: what a handler that failed did to them is discarded.
   */
  failed(
    thrown: unknown,
    received: Received,
    decode: () => DecodedRequest,
    { batch }: Additions,
  ): CallAnswer {
    const { endpoint } = received.request;
    if (isRequestError(thrown)) {
      const { status, message } = thrown;
      return withFacts({ kind: "refused", endpoint, status, message }, received, batch);
    }
    try {
      const error = { info: describeError(thrown), executor: this.className };
      return { ...this.done({ ...received, request: decode() }, { batch }), error };
    } catch {
      // Documents so deep that they cannot be encoded again are the client's mistake.
      return withFacts({ kind: "invalid", issues: [TOO_DEEP], endpoint }, received, batch);
    }
  }
}

/** The most issues that an answer names. */
const MAX_ISSUES = 100;

/** The first issues, and one that says how many more there are. */
function withinLimit(issues: readonly Issue[]): readonly Issue[] {
  const more = issues.length - MAX_ISSUES;
  if (more <= 0) return issues;
  const msg = more === 1 ? "1 more value does not fit" : `${more} more values do not fit`;
  return [...issues.slice(0, MAX_ISSUES), { loc: ["body"], msg, type: "value_error" }];
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Adds what an answer says of its request, as far as it is not the default. */
function withFacts<A extends CallAnswer>(
  answer: A,
  { call, request }: Pick<Received, "call" | "request">,
  batch?: RequestFacts["batch"],
): A {
  const facts: Writable<RequestFacts> = answer;
  const { requestId, count = request.docs.length } = request;
  if (count !== 1) facts.count = count;
  if (requestId !== call.requestId) facts.requestId = requestId;
  if (batch !== undefined) facts.batch = batch;
  return answer;
}

/**
 * The answer to a request that cannot be decoded.
 *
 * @param facts What was read of it before.
 */
export function invalid(
  error: unknown,
  facts: Pick<RequestFacts, "endpoint" | "requestId"> = {},
): CallAnswer {
  return { kind: "invalid", issues: withinLimit(issuesOf(error)), isUnhandled: true, ...facts };
}

/** The issues of an error that the decoding of a request has thrown. */
export function issuesOf(error: unknown): readonly Issue[] {
  if (error instanceof InvalidRequestError) return error.issues;
  const { message } = error as Error;
  // Nesting that exhausts the call stack can only come from the request.
  if (error instanceof RangeError && message.includes("call stack")) return [TOO_DEEP];
  // For example, nesting that is too deep for the parser.
  return [{ loc: ["body"], msg: message, type: "value_error" }];
}
