import { assertEquals, assertMatch } from "@std/assert";
import type { ExposedRoute } from "../../src/gateway/routes.ts";
import { FakeBackend, gateway, json } from "./_backend.ts";

const EXPOSED: ExposedRoute[] = [
  { endpoint: "/foo", path: "/p/q", methods: ["PUT", "GET"] },
  { endpoint: "/foo", path: "/status", methods: ["POST"] },
  { endpoint: "/foo", path: "/search", methods: ["POST"] },
];

Deno.test("gateway serves an exposed endpoint at its path, with its methods, and names them at others", async () => {
  const backend = new FakeBackend();
  const { app } = gateway(backend, { exposed: EXPOSED });
  assertEquals((await app.request("/p/q", { ...json({}), method: "PUT" })).status, 200);
  assertEquals((await app.request("/p/q")).status, 200);
  assertEquals((await app.request("/status", json({}))).status, 200);
  assertEquals((await app.request("/search", json({}))).status, 200);
  assertEquals(backend.requests.map(({ endpoint }) => endpoint), Array(4).fill("/foo"));
  assertEquals(backend.requests[1].body, "");
  for (
    const [method, path, allow] of [
      ["POST", "/p/q", "PUT, GET"],
      ["DELETE", "/p/q", "PUT, GET"],
      ["PUT", "/status", "GET, POST"],
    ]
  ) {
    const response = await app.request(path, { method });
    assertEquals([response.status, response.headers.get("allow")], [405, allow], `${method} ${path}`);
  }
  assertEquals((await (await app.request("/status")).json()).deployments.length, 1);
});

Deno.test("gateway answers POST /default when there is a default handler, and 404 when not", async () => {
  const backend = new FakeBackend();
  assertEquals((await gateway(backend).app.request("/default", json({}))).status, 404);
  backend.hasDefault = true;
  assertEquals((await gateway(backend).app.request("/default", json({}))).status, 200);
  assertEquals(backend.requests.map(({ endpoint }) => endpoint), ["/default"]);
});

const PREFLIGHT = {
  method: "OPTIONS",
  headers: {
    "origin": "http://page.example",
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type",
  },
};

Deno.test("gateway answers pages of any origin, without credentials, when cors is on", async () => {
  const { app } = gateway(new FakeBackend(), { cors: true });
  for (const path of ["/post", "/foo", "/nope"]) {
    const { status, headers, body } = await app.request(path, PREFLIGHT);
    assertEquals([status, headers.get("access-control-allow-origin"), body], [204, "*", null]);
    assertEquals(headers.get("access-control-allow-headers"), "content-type");
    assertMatch(headers.get("access-control-allow-methods") ?? "", /\bPOST\b.*\bDELETE\b/);
    assertEquals(headers.get("access-control-allow-credentials"), null);
  }
  for (const body of [{}, "not JSON", "x".repeat(2_000)]) {
    const { headers } = await app.request("/post", json(body, { origin: "http://page.example" }));
    assertEquals(headers.get("access-control-allow-origin"), "*", "refusals can be read too");
    assertEquals(headers.get("access-control-allow-credentials"), null);
  }
});

Deno.test("gateway still refuses a foreign host when cors is on", async () => {
  const { app } = gateway(new FakeBackend(), { cors: true });
  assertEquals((await app.request("/post", json({}, { host: "evil.example" }))).status, 403);
});

Deno.test("gateway refuses pages of other origins when cors is off", async () => {
  const { app } = gateway(new FakeBackend());
  for (const init of [PREFLIGHT, json({}, { origin: "http://page.example" })]) {
    const { status, headers } = await app.request("/post", init);
    assertEquals([status, headers.get("access-control-allow-origin")], [403, null]);
  }
});
