/** Jina's `DataRequestListProto`: one request in several branches, which meet here. @module */
import type { Backend } from "../gateway/backend.ts";
import {
  compact,
  type ProtobufAnswer,
  type ProtobufContext,
  type ReadRequest,
  run,
} from "../gateway/protobuf_requests.ts";
import { generationOf, readRequest } from "../protobuf/messages.ts";
import { mergeParameters } from "../protobuf/results.ts";
import { readFields } from "../protobuf/wire.ts";

const NONE = new Uint8Array();

/** Runs the merged request, as `runRequest()` runs one. */
export function runRequestList(
  bytes: Uint8Array,
  backend: Backend,
  context: ProtobufContext,
): Promise<ProtobufAnswer> {
  return run(backend, context, () => readList(bytes, context.endpoint));
}

/** The first request of a list, as its bytes. */
export function firstRequest(bytes: Uint8Array): Uint8Array {
  return requestsIn(bytes)[0] ?? NONE;
}

function requestsIn(bytes: Uint8Array): Uint8Array[] {
  const requests: Uint8Array[] = [];
  readFields(bytes, (number, reader) => number === 1 ? void requests.push(reader.bytes()) : false);
  return requests;
}

/** The first request has the head; documents, parameters, results and routes are those of all. */
function readList(bytes: Uint8Array, endpoint: string | undefined): ReadRequest {
  const heads = requestsIn(bytes).map(readRequest);
  const [first] = heads;
  if (first === undefined) throw new Error("the list has no request");
  const branches = heads.map(({ docs = NONE }) => compact(docs));
  const parameters = mergeParameters(heads.map(({ parameters = NONE }) => parameters));
  const { target = "" } = first;
  return {
    head: { ...first, parameters, routes: routesOf(heads.map(({ routes }) => routes)) },
    generation: branches.map(generationOf).find((one) => one !== undefined) ?? 1,
    // The branches have nothing in common that is known here.
    body: NONE,
    branches,
    envelope: {
      endpoint: endpoint ?? first.endpoint ?? "/",
      ...(target !== "" && { target }),
      ...(parameters.length > 0 && { parameters }),
    },
  };
}

/** The routes of all branches; an Executor that several of them have passed counts once. */
function routesOf(branches: readonly (readonly Uint8Array[])[]): Uint8Array[] {
  const routes = new Map<string, Uint8Array>();
  for (const route of branches.flat()) {
    const executor = executorOf(route);
    if (!routes.has(executor)) routes.set(executor, route);
  }
  return [...routes.values()];
}

function executorOf(route: Uint8Array): string {
  let executor = "";
  readFields(
    route,
    (number, reader) => number === 1 ? void (executor = reader.string()) : false,
  );
  return executor;
}
