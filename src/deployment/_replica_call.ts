import type { Call, CallAnswer } from "../protocol/protocol.ts";
import { reasonOf } from "../protocol/failure_reason.ts";
import type { RequestContext } from "../protocol/request_context.ts";
import type { Replica } from "../replica/replica.ts";
import { tracing } from "../trace/tracing.ts";
import { withHeaders } from "./_asked_headers.ts";
import type { Version } from "./version.ts";

/** Has a replica handle a request: with the headers that its endpoint asks for, and in a span when there is tracing. */
export function callReplica(
  replica: Replica,
  call: Call,
  context: RequestContext,
  deployment: string,
  version: Version | undefined,
): Promise<CallAnswer> {
  const asked = withHeaders(call, context, version?.loaded);
  if (tracing.spans === undefined || call.parseOnly) return replica.call(asked, context);
  const place = { deployment, replica: replica.name, version: version?.number ?? 0 };
  const reason = (error: unknown) => reasonOf(error, context);
  return tracing.spans.call(asked, place, (traced) => replica.call(traced, context), reason);
}
