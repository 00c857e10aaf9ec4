import { Validator } from "@seriousme/openapi-schema-validator";
import { assert, assertEquals } from "@std/assert";
import type { ExposedRoute } from "../../src/gateway/routes.ts";
import { endpointsOf, FakeBackend, gateway } from "./_backend.ts";

const EXPOSED: ExposedRoute[] = [
  { endpoint: "/foo", path: "/p/q", methods: ["PUT", "GET"], summary: "Does foo" },
  { endpoint: "/search-all", path: "/search-all", methods: ["POST"], summary: "Finds all" },
  { endpoint: "/gone", path: "/was/there", methods: ["POST"] },
];

interface Operation {
  readonly summary: string;
  readonly requestBody?: { readonly content: Record<string, { readonly example: Record<string, unknown> }> };
}
type Paths = Record<string, Record<string, Operation>>;

/** The document of a gateway, checked against the schema of OpenAPI 3.1. */
async function documentOf(backend: FakeBackend, exposed: readonly ExposedRoute[] = []) {
  const response = await gateway(backend, { exposed }).app.request("/openapi.json");
  assertEquals([response.status, response.headers.get("content-type")], [200, "application/json"]);
  const document = await response.json();
  const validator = new Validator();
  assertEquals(await validator.validate(structuredClone(document)), { valid: true });
  assertEquals(validator.version, "3.1");
  return document as { openapi: string; paths: Paths };
}

function operations(paths: Paths): string[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`)
  ).sort();
}

const HEALTH = ["GET /", "GET /dry_run", "GET /events", "GET /metrics", "GET /status"];

Deno.test("GET /openapi.json lists what is bound, and nothing else", async () => {
  const { openapi, paths } = await documentOf(new FakeBackend());
  assertEquals(openapi, "3.1.0");
  assertEquals(operations(paths), [...HEALTH, "POST /foo", "POST /post", "POST /search-all"].sort());
});

Deno.test("GET /openapi.json lists / and Jina's data routes when there is a default handler, and never /default", async () => {
  const { paths } = await documentOf(Object.assign(new FakeBackend(), { hasDefault: true }));
  const more = ["POST /", "POST /index", "POST /search", "PUT /update", "DELETE /delete"];
  const bound = ["POST /foo", "POST /post", "POST /search-all"];
  assertEquals(operations(paths), [...HEALTH, ...bound, ...more].sort());
});

Deno.test("GET /openapi.json has what is exposed, with its summary, as long as it is bound", async () => {
  const { paths } = await documentOf(new FakeBackend(), EXPOSED);
  assertEquals(Object.keys(paths["/p/q"]), ["put", "get"]);
  assertEquals([paths["/p/q"].put.summary, paths["/foo"].post.summary], ["Does foo", "Does foo"]);
  assertEquals(paths["/search-all"].post.summary, "Finds all");
  assertEquals(paths["/p/q"].get.requestBody, undefined);
  assert(!("/was/there" in paths));
});

Deno.test("GET /openapi.json follows what is bound", async () => {
  const backend = new FakeBackend();
  backend.endpoints = endpointsOf("/later");
  assertEquals("/later" in (await documentOf(backend)).paths, true);
  backend.endpoints = [];
  assertEquals(operations((await documentOf(backend)).paths), [...HEALTH, "POST /post"].sort());
});

Deno.test("GET /openapi.json leaves out what only POST /post can reach, and writes odd paths as URLs do", async () => {
  const backend = new FakeBackend();
  backend.endpoints = endpointsOf("/status", "/docs", "/a?b", "/a#b", "/\ud800", "/über {x}", "/update");
  const { paths } = await documentOf(backend);
  const wanted = [...HEALTH, "POST /%C3%BCber%20%7Bx%7D", "POST /post", "POST /update", "PUT /update"];
  assertEquals(operations(paths), wanted.sort());
});

Deno.test("GET /openapi.json has an example for every body, and /post one that names an endpoint", async () => {
  const { paths } = await documentOf(new FakeBackend());
  const example = (path: string) => paths[path].post.requestBody?.content["application/json"].example;
  assertEquals(example("/foo"), { data: [{ text: "hello" }], parameters: {} });
  assertEquals(example("/post")?.execEndpoint, "/foo");
});

Deno.test("GET /openapi.json names for /post the endpoint that is bound first, or / where any is answered", async () => {
  const suggested = async (backend: FakeBackend) =>
    (await documentOf(backend)).paths["/post"].post.requestBody?.content["application/json"].example
      .execEndpoint;
  const backend = Object.assign(new FakeBackend(), { endpoints: endpointsOf("/search", "/boom", "/delete") });
  assertEquals(await suggested(backend), "/search");
  assertEquals(await suggested(Object.assign(backend, { hasDefault: true })), "/");
});

Deno.test("openApi() gives the summary of an endpoint; one that was exposed with it comes first", async () => {
  const backend = new FakeBackend();
  backend.endpoints = [{ path: "/foo", method: "foo", summary: "Of the Executor" }];
  const route = { endpoint: "/foo", path: "/api/foo", methods: ["PUT"] };
  const plain = await documentOf(backend, [route]);
  assertEquals([plain.paths["/foo"].post.summary, plain.paths["/api/foo"].put.summary], [
    "Of the Executor",
    "Of the Executor",
  ]);
  const exposed = await documentOf(backend, [{ ...route, summary: "Of the Flow" }]);
  assertEquals(exposed.paths["/foo"].post.summary, "Of the Flow");
});
