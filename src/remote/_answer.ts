import { isRefusal } from "../errors/mod.ts";
import type { AnswerHead, Status } from "../protobuf/messages.ts";
import { takeResults } from "../protobuf/results.ts";
import type { CallAnswer } from "../protocol/protocol.ts";
import { compact, doneOf, type WireCall } from "./_remote_call.ts";

/** The names of errors that are a gateway's own, with the HTTP status that they have. */
const REFUSALS: Readonly<Record<string, number>> = { InvalidRequestError: 422, UnboundEndpointError: 404 };

/** The outcome of a call, as its answer states it. */
export function answerOf(wire: WireCall, { docs, status, parameters }: AnswerHead): CallAnswer {
  const refusal = status && refusalOf(status);
  if (refusal !== undefined) {
    return { kind: "refused", endpoint: wire.endpoint, status: refusal, message: status?.description ?? "" };
  }
  const results = parameters === undefined ? [] : takeResults(parameters);
  return {
    ...doneOf(wire, docs ?? new Uint8Array()),
    ...(results.length > 0 && { results: results.map(([replica, result]) => [replica, compact(result)]) }),
    ...(status !== undefined && status.code !== 0 && { error: errorOf(status) }),
  };
}

function refusalOf({ exception }: Status): number | undefined {
  if (exception === undefined || exception.executor !== "") return undefined;
  const { name, args } = exception;
  if (name !== "RequestError") return REFUSALS[name];
  return isRefusal(Number(args[1])) ? Number(args[1]) : 400;
}

function errorOf({ description, exception }: Status) {
  const { name = "Error", args = [], stacks = [], executor = "" } = exception ?? {};
  // The description is the error as it is written, with its name; the first argument is the message alone.
  const message = args[0] ?? description;
  return { info: { name, message, stack: stacks.join("\n") }, executor: executor || "gateway" };
}
