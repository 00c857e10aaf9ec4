import { assertEquals, assertMatch } from "@std/assert";
import { hiddenEndpoints } from "../../src/gateway/routes.ts";
import { endpointsOf, FakeBackend, gateway, json } from "./_backend.ts";

/** What a gateway answers: status, and the body as JSON. */
async function ask(backend: FakeBackend, path: string, init?: RequestInit) {
  const response = await gateway(backend).app.request(path, init);
  const text = await response.text();
  return {
    status: response.status,
    body: text === "" ? undefined : JSON.parse(text),
    headers: response.headers,
  };
}

Deno.test("gateway answers GET / with an empty object", async () => {
  const { status, body, headers } = await ask(new FakeBackend(), "/");
  assertEquals([status, body, headers.get("content-type")], [200, {}, "application/json"]);
});

Deno.test("gateway answers GET /dry_run with code 0 when the Flow can answer", async () => {
  const { status, body } = await ask(new FakeBackend(), "/dry_run");
  assertEquals([status, body], [200, { code: 0, description: "", exception: null }]);
});

Deno.test("gateway answers GET /dry_run with code 1 and the reason when a deployment is down", async () => {
  const backend = Object.assign(new FakeBackend(), { downReason: "executor0 is down: no" });
  const { status, body } = await ask(backend, "/dry_run");
  assertEquals([status, body.code, body.description], [200, 1, "executor0 is down: no"]);
  assertEquals(body.exception.args, ["executor0 is down: no"]);
});

Deno.test("gateway answers GET /status with the status of the Flow", async () => {
  const { status, body } = await ask(new FakeBackend(), "/status");
  assertEquals([status, body], [200, { deployments: [{ name: "executor0", state: "serving" }] }]);
});

Deno.test("gateway passes the body of POST /post on unparsed, without an endpoint, with a new id", async () => {
  const backend = new FakeBackend();
  const text = ' {"data": [ {"text":"x"} ], "execEndpoint":"/foo"}\n';
  assertEquals((await ask(backend, "/post", json(text))).status, 200);
  const [{ body, codec, endpoint }] = backend.requests;
  assertEquals([body, codec, endpoint], [text, undefined, undefined]);
  assertMatch(backend.ids[0], /^[0-9a-f]{32}$/);
});

Deno.test("gateway makes a route of every bound endpoint", async () => {
  const backend = new FakeBackend();
  for (const path of ["/foo", "/search-all"]) {
    assertEquals((await ask(backend, path, json({}))).status, 200);
  }
  assertEquals(backend.requests.map(({ endpoint }) => endpoint), ["/foo", "/search-all"]);
});

Deno.test("gateway follows the endpoints of each reload", async () => {
  const backend = new FakeBackend();
  const { app } = gateway(backend);
  assertEquals((await app.request("/later", json({}))).status, 404);
  backend.endpoints = endpointsOf("/later");
  assertEquals((await app.request("/later", json({}))).status, 200);
  assertEquals((await app.request("/foo", json({}))).status, 404);
});

Deno.test("gateway has Jina's fixed routes for data, whatever is bound", async () => {
  const backend = new FakeBackend();
  const routes = { "/index": "POST", "/search": "POST", "/update": "PUT", "/delete": "DELETE" };
  for (const [path, method] of Object.entries(routes)) {
    assertEquals((await ask(backend, path, { ...json({}), method })).status, 200, path);
  }
  assertEquals(backend.requests.map(({ endpoint }) => endpoint), Object.keys(routes));
});

Deno.test("gateway answers POST / only when a handler answers it", async () => {
  const backend = new FakeBackend();
  assertEquals((await ask(backend, "/", json({}))).status, 405);
  backend.hasDefault = true;
  assertEquals((await ask(backend, "/", json({}))).status, 200);
  backend.hasDefault = false;
  backend.endpoints.push(...endpointsOf("/"));
  assertEquals((await ask(backend, "/", json({}))).status, 200);
  assertEquals(backend.requests.map(({ endpoint }) => endpoint), ["/", "/"]);
});

Deno.test("gateway answers 404 naming the known endpoints and the nearest when a path is not bound", async () => {
  const { status, body } = await ask(new FakeBackend(), "/fooo", json({}));
  assertEquals([status, body], [404, {
    detail:
      'Not Found: no Executor binds the endpoint "/fooo"; did you mean "/foo"? (known: /foo, /search-all)',
  }]);
});

Deno.test("gateway answers 404 for a path that is not bound even when there is a default handler", async () => {
  const backend = Object.assign(new FakeBackend(), { hasDefault: true });
  assertEquals((await ask(backend, "/quite/else", json({}))).body, {
    detail: 'Not Found: no Executor binds the endpoint "/quite/else" (known: /, /foo, /search-all)',
  });
  assertEquals(backend.requests, []);
});

Deno.test("gateway answers 404 naming the endpoints when the endpoint in the body is unbound", async () => {
  const backend = new FakeBackend();
  backend.answer = () => ({ kind: "unbound", endpoint: "/serch-all" });
  const { status, body } = await ask(backend, "/post", json({ execEndpoint: "/serch-all" }));
  assertEquals(status, 404);
  assertMatch(body.detail, /"\/serch-all"; did you mean "\/search-all"\? \(known: \/foo, \/search-all\)$/);
});

Deno.test("gateway passes on an unbound path when a deployment is down, which may bind it again", async () => {
  const backend = Object.assign(new FakeBackend(), { downReason: "down", endpoints: [] });
  backend.answer = () => ({ kind: "down", reason: "executor0 is down: no" });
  for (const path of ["/foo", "/", "/post"]) {
    assertEquals((await ask(backend, path, json({}))).status, 503, path);
  }
});

Deno.test("gateway answers 404 when a GET has no route", async () => {
  const { status, body } = await ask(new FakeBackend(), "/nope");
  assertEquals([status, body], [404, { detail: "Not Found" }]);
});

Deno.test("gateway answers 405 with the allowed method when the method is wrong", async () => {
  const backend = new FakeBackend();
  const cases = [
    ["GET", "/post", "POST"],
    ["PUT", "/post", "POST"],
    ["POST", "/dry_run", "GET"],
    ["DELETE", "/status", "GET"],
    ["GET", "/index", "POST"],
    ["POST", "/update", "PUT"],
    ["POST", "/delete", "DELETE"],
    ["GET", "/foo", "POST"],
    ["PUT", "/foo", "POST"],
  ];
  for (const [method, path, allow] of cases) {
    const { status, body, headers } = await ask(backend, path, { method });
    assertEquals([status, headers.get("allow")], [405, allow], `${method} ${path}`);
    assertEquals(body.detail, `Method Not Allowed: ${path} allows ${allow}`);
  }
  assertEquals(backend.requests, []);
});

Deno.test("gateway names GET and POST when / has a handler and the method is another one", async () => {
  const backend = Object.assign(new FakeBackend(), { hasDefault: true });
  const { status, headers } = await ask(backend, "/", { method: "PUT" });
  assertEquals([status, headers.get("allow")], [405, "GET, POST"]);
});

Deno.test("hiddenEndpoints() names those that a fixed route hides", () => {
  const hidden = hiddenEndpoints(endpointsOf("/", "/status", "/foo", "/post", "/index"));
  assertEquals([...hidden], [["/status", NAMED], ["/post", NAMED]]);
});

const NAMED = "is named like a route of the gateway";

Deno.test("hiddenEndpoints() names those that are no path of a request, and the gateway has all others as routes", async () => {
  const odd = ["/q?x", "/h#y", "/%41", "/a/../b", "/a/./b", "/back\\slash", "/tab\t"];
  const fine = [
    "/é/日本",
    "/with space",
    "/a%2Fb",
    "/x//y",
    "/{id}",
    "/:id",
    "/*",
    "/a.b-c_~",
    "/A",
    "/100%",
    "/'\"",
  ];
  assertEquals([...hiddenEndpoints(endpointsOf(...odd, ...fine)).keys()], odd);
  for (const endpoint of fine) {
    const backend = new FakeBackend();
    backend.endpoints.push(...endpointsOf(endpoint));
    assertEquals((await ask(backend, endpoint, json({}))).status, 200, endpoint);
    assertEquals(backend.requests.map(({ endpoint }) => endpoint), [endpoint]);
  }
  for (const endpoint of odd) {
    const backend = new FakeBackend();
    backend.endpoints.push(...endpointsOf(endpoint));
    assertEquals((await ask(backend, endpoint, json({}))).status, 404, endpoint);
  }
});

Deno.test("gateway keeps /status its own route when an Executor binds it too", async () => {
  const backend = new FakeBackend();
  backend.endpoints.push(...endpointsOf("/status"));
  assertEquals((await ask(backend, "/status")).body.deployments.length, 1);
  assertEquals((await ask(backend, "/status", json({}))).status, 405);
  assertEquals((await ask(backend, "/post", json({ execEndpoint: "/status" }))).status, 200);
});
