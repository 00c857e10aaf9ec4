import type { DocumentForm } from "../codec/codec.ts";
import { codecOf } from "../codec/codecs.ts";
import type { Call, CallAnswer, CallDone } from "../protocol/protocol.ts";
import { issuesOf } from "./_answers.ts";
import { Dispatcher, type DispatcherOptions } from "./dispatcher.ts";

/** The parameter under which a protobuf answer has the results of its handlers. */
const RESULTS = "__results__";

/** Handles calls that need no Executor: decodes and merges documents, and converts them from one codec to another. */
export class Converter {
  readonly #dispatcher: Dispatcher;

  constructor(send: DispatcherOptions["send"]) {
    const invoke = () => {};
    const names = { deployment: "", replica: "", className: "" };
    this.#dispatcher = new Dispatcher({ ...names, bindings: new Map(), invoke, send });
  }

  call(id: number, call: Call): CallAnswer | Promise<CallAnswer> {
    return call.convertTo === undefined ? this.#dispatcher.call(id, call) : convert(call, call.convertTo);
  }

  abort(id: number, reason: string): void {
    this.#dispatcher.abort(id, reason);
  }

  addCredit(id: number, credit: number): void {
    this.#dispatcher.addCredit(id, credit);
  }
}

/** Encodes the documents and the parameters of a call in another codec. */
async function convert(call: Call, to: string): Promise<CallAnswer> {
  const [source, target] = await Promise.all([codecOf(call.codec), codecOf(to)]);
  const form = formOf(call, to);
  let request;
  try {
    request = source.decodeRequest(call, () => form);
  } catch (error) {
    return { kind: "invalid", issues: issuesOf(error) };
  }
  const { [RESULTS]: results = {}, ...parameters } = request.parameters;
  const answer: { -readonly [K in keyof CallDone]: CallDone[K] } = {
    kind: "done",
    docs: target.encodeDocuments(request.docs, form),
    endpoint: request.endpoint,
    count: request.docs.length,
  };
  if (request.target !== "") answer.target = request.target;
  if (request.requestId !== call.requestId) answer.requestId = request.requestId;
  if (Object.keys(parameters).length > 0) answer.parameters = target.encodeResult(parameters);
  const all = Object.entries(results as Record<string, object>);
  if (all.length > 0) {
    answer.results = all.map(([replica, result]) => [replica, target.encodeResult(result)]);
  }
  return answer;
}

/** Documents of the second generation have fields of their own classes. */
function formOf({ codec, typed }: Call, to: string): DocumentForm {
  if (codec === "protobuf-2" || to === "protobuf-2") return "plain";
  return typed === undefined ? "document" : "open";
}
