import type { CancelToken } from "../async/cancel_token.ts";
import type { Encoded } from "../protocol/encoded.ts";
import type { Call } from "../protocol/protocol.ts";
import type { WireCall } from "./_remote_call.ts";

/** A request's documents as protobuf, and what they were converted to. */
interface Kept {
  readonly converted: Encoded;
  readonly wire: WireCall;
}

/** Those of the last Executor elsewhere, by the token of the request. */
const kept = new WeakMap<CancelToken, Kept>();

/** Keeps the protobuf that an Executor elsewhere answered, for the next one: what it is converted to has fewer types. */
export function keepDocuments(request: CancelToken, converted: Encoded, wire: WireCall): void {
  kept.set(request, { converted, wire });
}

/** The protobuf of a call, if its documents are those that were kept. */
export function keptDocuments(request: CancelToken, call: Call): WireCall | undefined {
  const { converted, wire } = kept.get(request) ?? {};
  const isSame = call.branches === undefined && call.envelope !== undefined && call.body === converted;
  return isSame && wire !== undefined ? { ...wire, call, requestId: call.requestId } : undefined;
}
