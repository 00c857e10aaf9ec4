import { ref, type Schema, SCHEMAS } from "./_schemas.ts";
import { needsParameters, recursiveSchemas, typedAnswer, typedRequest } from "./_typed_schemas.ts";
import type { Backend } from "./backend.ts";
import { exampleOf } from "./_example.ts";
import { EVENT_STREAM } from "./streaming.ts";
import { type EndpointInfo, infoOf, isBound } from "../protocol/endpoint_info.ts";
import { dataOperations, type ExposedRoute, type Operation } from "./routes.ts";

/** The version of the HTTP contract, not of the Executors: those change with every save. */
const CONTRACT = "1.0.0";

/**
 * Describes the current routes of a Flow as an OpenAPI 3.1 document.
 *
 * `POST /default` is answered, but not listed: with it, old clients of Jina would not send the endpoint's name.
 */
export function openApi(backend: Backend, exposed: readonly ExposedRoute[]): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  const put = (path: string, method: string, operation: Schema) =>
    (paths[path] ??= {})[method.toLowerCase()] = operation;

  const operations = dataOperations(backend, exposed);
  const infos = operations.flatMap(({ endpoint }) => endpoint && infoOf(endpoint, backend) || []);
  for (const operation of operations) {
    const { endpoint, path, method } = operation;
    // No URL can contain such a path.
    if (/[?#]/.test(path) || !path.isWellFormed()) continue;
    if (endpoint !== undefined && !isBound(endpoint, backend)) continue;
    // Braces would be a template.
    put(encodeURI(path), method, describe(operation, backend, exposed));
  }
  put("/", "GET", health("Whether the gateway is up", { type: "object", maxProperties: 0 }));
  put("/dry_run", "GET", health("Whether every Executor can answer", ref("Readiness")));
  put("/status", "GET", health("What serves, and what happened", ref("FlowStatus")));
  put("/metrics", "GET", health("Figures for Prometheus", { type: "string" }, "text/plain"));
  if (backend.events !== undefined) {
    put("/events", "GET", health("What happens, as it happens", { type: "string" }, EVENT_STREAM));
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "hotflow",
      version: CONTRACT,
      description: "A Flow of Executors. It follows every reload.",
    },
    // Relative to this document, also under the base path of another app.
    servers: [{ url: "." }],
    paths,
    components: {
      schemas: { ...SCHEMAS, ...recursiveSchemas(infos) },
      responses: RESPONSES,
    },
  };
}

function describe(
  { endpoint, method, summary }: Operation,
  backend: Backend,
  exposed: readonly ExposedRoute[],
): Schema {
  const text = summary ?? exposed.find((route) => route.endpoint === endpoint && route.summary)?.summary ??
    (endpoint === undefined
      ? "Any endpoint: the body names it"
      : backend.endpoints.find(({ path }) => path === endpoint)?.summary);
  // The first one that an Executor binds is a better example than the first one in alphabetical order.
  const execEndpoint = backend.hasDefault ? "/" : backend.endpoints[0]?.path ?? "/";
  const info = infoOf(endpoint ?? execEndpoint, backend);
  const example = exampleFor(info);
  const hasSchema = info?.input !== undefined || info?.parameters !== undefined;
  const body = endpoint === undefined
    ? { schema: orNothing("PostRequest"), example: { ...example, execEndpoint } }
    : { schema: hasSchema ? typedRequest(info) : orNothing("Request"), example };
  const streams = endpoint === undefined
    ? [...backend.endpoints, backend.fallback].some((one) => one?.streams)
    : info?.streams;
  const failure = response(streams ? "StreamedFailure" : "Failure");
  return {
    tags: ["documents"],
    ...(text !== undefined && { summary: text }),
    ...(method !== "GET" &&
      {
        requestBody: {
          required: endpoint !== undefined && needsParameters(info),
          content: { "application/json": body },
        },
      }),
    responses: {
      200: endpoint === undefined || info?.output === undefined
        ? response(streams ? "StreamedAnswer" : "Answer")
        : json(typedAnswer(info), ANSWER, streams ? EVENTS : {}),
      "4XX": response("Refusal"),
      500: failure,
      503: failure,
      504: failure,
    },
  };
}

/** A request that an endpoint takes. */
function exampleFor({ input, parameters }: Partial<EndpointInfo> = {}): Schema {
  return {
    data: [input === undefined ? { text: "hello" } : exampleObject(input)],
    parameters: exampleObject(parameters),
  };
}

function exampleObject(schema: Schema = {}): Schema {
  const example = exampleOf(schema);
  return typeof example === "object" && example !== null && !Array.isArray(example) ? { ...example } : {};
}

/** As in Jina, an empty list stands for an empty request. */
function orNothing(name: string): Schema {
  return { anyOf: [ref(name), { type: "array", maxItems: 0 }] };
}

function health(summary: string, schema: Schema, type = "application/json"): Schema {
  return {
    tags: ["health"],
    summary,
    responses: {
      200: { description: "As it is now.", content: { [type]: { schema } } },
      "4XX": response("Refusal"),
    },
  };
}

function response(name: string): Schema {
  return { $ref: `#/components/responses/${name}` };
}

function json(schema: Schema, description: string, others: Schema = {}): Schema {
  return { description, content: { "application/json": { schema }, ...others } };
}

/** The answers to clients that accept events. Only those of generators are listed: others have all documents at once. */
const EVENTS: Schema = {
  [EVENT_STREAM]: {
    schema: {
      type: "string",
      description: "`update` with each document as it comes, then `end` with an answer without its `data`, " +
        "or `error` with a failure and its `status`.",
    },
  },
};

const ANSWER = "The documents after all Executors.";
const FAILURE = "An Executor threw (500), is down or has lost the request (503), or took too long (504).";

const RESPONSES: Schema = {
  Answer: json(ref("Answer"), ANSWER),
  StreamedAnswer: json(ref("Answer"), ANSWER, EVENTS),
  Refusal: json(ref("Refusal"), "The request is not taken, and why."),
  Failure: json(ref("Failure"), FAILURE),
  StreamedFailure: json(ref("Failure"), FAILURE, EVENTS),
};
