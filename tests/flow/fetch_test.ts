import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Hono } from "hono";
import { getRequestListener } from "@hono/node-server";
import { createServer } from "node:http";
import { Flow, type FlowOptions } from "../../mod.ts";
import { LogTrap } from "../support/log_trap.ts";
import { First } from "./_headers.ts";

const POST = {
  method: "POST",
  headers: { "content-type": "application/json", authorization: "Bearer a" },
  body: '{"data":[{"text":"x"}]}',
};

/** A Flow without a port. */
function portless(options: FlowOptions = {}): Flow {
  return new Flow({ listen: false, log: new LogTrap().sink, ...options }).add({ uses: First, name: "first" });
}

Deno.test("flow.fetch() answers 503 before the start and after the end, and as the gateway between", async () => {
  const flow = portless();
  const { fetch } = flow;
  const ask = async () => (await fetch(new Request("http://outer.example/both", POST))).status;
  assertEquals(await ask(), 503);
  await flow.start();
  assertEquals(await ask(), 200);
  assertEquals([flow.ports, flow.status().ports], [[], []]);
  assertThrows(() => flow.port, Error, "listen: false");
  const upgrade = new Request("http://outer.example/", { headers: { upgrade: "websocket" } });
  assertEquals((await fetch(upgrade)).status, 501);
  await flow.close();
  assertEquals(await ask(), 503);
});

Deno.test("flow.post() and stream() need no port", async () => {
  await using flow = await portless().start();
  assertEquals((await flow.post("/both", { text: "x" }))[0].tags, { First: {} });
  for await (const { text } of flow.stream("/both", { text: "x" })) assertEquals(text, "x");
});

Deno.test("flow.fetch has OpenAPI and the page with relative addresses under a base path", async () => {
  await using flow = await portless({ page: true }).start();
  const app = new Hono().mount("/ai", flow.fetch);
  const spec = await (await app.request("/ai/openapi.json")).json();
  assertEquals(new URL(spec.servers[0].url, "http://outer.example/ai/openapi.json").pathname, "/ai/");
  const { headers } = await app.request("/ai/docs");
  assertEquals(new URL(headers.get("location")!, "http://outer.example/ai/docs").pathname, "/ai/");
});

Deno.test("flow.fetch names the cause when the app has read the body", async () => {
  await using flow = await portless().start();
  const request = new Request("http://outer.example/both", POST);
  await request.text();
  const response = await flow.fetch(request);
  assertEquals(response.status, 400);
  assert((await response.json()).detail.startsWith("Cannot read the body: it was read before"));
});

Deno.test("flow.fetch names the cause when a body of unknown length is gone", async () => {
  await using flow = await portless().start();
  // As the adapter of Node passes on what express.json() has read.
  for (const coding of [undefined, { "content-encoding": "gzip" }]) {
    const headers = { ...POST.headers, ...coding, "transfer-encoding": "chunked" };
    const response = await flow.fetch(
      new Request("http://outer.example/both", { method: "POST", headers, body: new Blob([]).stream() }),
    );
    assertEquals(response.status, 400);
    assert((await response.json()).detail.includes("such as by express.json()"));
  }
});

Deno.test("flow.fetch takes no address, and says so", async () => {
  await using flow = await portless().start();
  for (const odd of ["http://outer.example/", undefined, new URL("http://outer.example/")]) {
    const error = await assertRejects(() => flow.fetch(odd as never), TypeError, "expected a Request");
    assertEquals((error as { code?: unknown }).code, "INVALID_ARGUMENT");
  }
});

Deno.test("listen: false is refused together with a port", () => {
  for (const port of [1234, [1234]]) {
    assertThrows(() => new Flow({ listen: false, port }), TypeError, "remove one of them");
  }
  assertEquals(new Flow({ listen: false, port: 0 }).ports, []);
});

Deno.test("flow.fetch serves a server of Node by getRequestListener", async () => {
  await using flow = await portless().start();
  const server = createServer(getRequestListener(flow.fetch, { overrideGlobalObjects: false }));
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as { port: number };
  const response = await fetch(`http://127.0.0.1:${port}/both`, POST);
  assertEquals([response.status, (await response.json()).data[0].text], [200, "x"]);
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("flow.fetch serves a Flow that a YAML describes, loaded with listen: false", async () => {
  const yaml = new URL("../../examples/flow_yaml/flow.yml", import.meta.url);
  await using flow = await Flow.load(yaml, { listen: false, log: new LogTrap().sink });
  await flow.start();
  assertEquals(flow.ports, []);
  const response = await flow.fetch(new Request("http://outer.example/status"));
  assertEquals([response.status, (await response.json()).ports], [200, []]);
});

Deno.test("flow.fetch serves beside the ports of a Flow that listens", async () => {
  await using flow = portless({ listen: true, protocol: ["http", "grpc"], port: [0, 0] });
  await flow.start();
  assertEquals(flow.ports.length, 2);
  assertEquals((await flow.fetch(new Request("http://outer.example/both", POST))).status, 200);
  const refused = await fetch(`http://127.0.0.1:${flow.port}/both`, {
    ...POST,
    headers: { ...POST.headers, origin: "http://outer.example" },
  });
  await refused.body?.cancel();
  assertEquals(refused.status, 403);
});

Deno.test("listen: false is refused together with gRPC", () => {
  assertThrows(
    () => new Flow({ listen: false, protocol: ["http", "grpc"] }),
    TypeError,
    "flow.fetch serves HTTP",
  );
});
