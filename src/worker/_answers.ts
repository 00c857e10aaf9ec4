import type { Codec, DecodedRequest } from "../codec/codec.ts";
import { InvalidRequestError, isRequestError, type Issue } from "../errors/mod.ts";
import type { Encoded } from "../protocol/encoded.ts";
import type { Call, CallAnswer, CallDone } from "../protocol/protocol.ts";
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
    const { endpoint, target, encodedParameters, requestId } = request;
    const answer: { -readonly [K in keyof CallDone]: CallDone[K] } = {
      kind: "done",
      docs: docs ?? codec.encodeDocuments(request.docs, request.form),
      endpoint,
    };
    const { count = request.docs.length } = request;
    // Each key of a message costs time.
    if (count !== 1) answer.count = count;
    if (target !== "") answer.target = target;
    if (requestId !== call.requestId) answer.requestId = requestId;
    if (encodedParameters !== undefined) answer.parameters = encodedParameters;
    if (result !== undefined) answer.result = [this.replica, codec.encodeResult(result)];
    if (batch !== undefined) answer.batch = batch;
    return answer;
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
    if (isRequestError(thrown)) {
      const { endpoint } = received.request;
      return { kind: "refused", endpoint, status: thrown.status, message: thrown.message };
    }
    try {
      const error = { info: describeError(thrown), executor: this.className };
      return { ...this.done({ ...received, request: decode() }, { batch }), error };
    } catch {
      // Documents so deep that they cannot be encoded again are the client's mistake.
      return { kind: "invalid", issues: [TOO_DEEP] };
    }
  }
}

/** The answer to a request that cannot be decoded. */
export function invalid(error: unknown): CallAnswer {
  return misfit(issuesOf(error));
}

/** The most issues that an answer names. */
const MAX_ISSUES = 100;

/** The answer to a request that does not fit. */
export function misfit(issues: readonly Issue[]): CallAnswer {
  const more = issues.length - MAX_ISSUES;
  if (more <= 0) return { kind: "invalid", issues };
  const msg = more === 1 ? "1 more value does not fit" : `${more} more values do not fit`;
  return {
    kind: "invalid",
    issues: [...issues.slice(0, MAX_ISSUES), { loc: ["body"], msg, type: "value_error" }],
  };
}

function issuesOf(error: unknown): readonly Issue[] {
  if (error instanceof InvalidRequestError) return error.issues;
  const { message } = error as Error;
  // Nesting that exhausts the call stack can only come from the request.
  if (error instanceof RangeError && message.includes("call stack")) return [TOO_DEEP];
  // For example, nesting that is too deep for the parser.
  return [{ loc: ["body"], msg: message, type: "value_error" }];
}
