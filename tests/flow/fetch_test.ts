import { assert, assertEquals, assertThrows } from "@std/assert";
import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { logger } from "hono/logger";
import { requestId } from "hono/request-id";
import { timing } from "hono/timing";
import { getRequestListener } from "@hono/node-server";
import { createServer } from "node:http";
import { Flow, type FlowOptions } from "../../mod.ts";
import { LogTrap } from "../support/log_trap.ts";
import { SocketClient } from "../support/socket_client.ts";
import { First } from "./_headers.ts";
import { Served } from "./_serve.ts";

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

Deno.test("flow.fetch is mounted in Hono under a base path, with reloads going on", async () => {
  await using flow = await portless().start();
  const app = new Hono().mount("/ai", flow.fetch);
  await using server = Deno.serve({ port: 0, onListen: () => {} }, app.fetch);
  const base = `http://localhost:${server.addr.port}/ai`;
  let reloading = true;
  const reloads = (async () => {
    for (let count = 0; count < 3; count++) await flow.reload();
    reloading = false;
  })();
  while (reloading) {
    const response = await fetch(`${base}/both`, POST);
    const { data } = await response.json();
    assertEquals([response.status, data[0].tags.First], [200, { authorization: "Bearer a" }]);
  }
  await reloads;
  const spec = await (await fetch(`${base}/openapi.json`)).json();
  assertEquals(new URL(spec.servers[0].url, `${base}/openapi.json`).href, `${base}/`);
  const page = await (await fetch(`${base}/docs`)).text();
  assert(!page.includes("location.origin"));
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

Deno.test("listen: false is refused together with gRPC", () => {
  assertThrows(
    () => new Flow({ listen: false, protocol: ["http", "grpc"] }),
    TypeError,
    "flow.fetch serves HTTP",
  );
});

Deno.test("middleware covers HTTP and WebSocket after the host check, and the log warns of gRPC", async () => {
  const lines: string[] = [];
  const middleware = [
    logger((line) => void lines.push(line)),
    requestId(),
    timing(),
    bearerAuth({ token: "a" }),
  ];
  await using served = await Served.start({ uses: First, name: "first" }, {
    middleware,
    protocol: ["http", "grpc"],
    port: [0, 0],
  });
  await served.log.waitFor(/^WARNING .*requests over gRPC do not pass it/);
  const good = await fetch(served.at("/both"), POST);
  await good.body?.cancel();
  assertEquals(good.status, 200);
  assert(good.headers.has("x-request-id") && good.headers.has("server-timing"));
  for (const path of ["/", "/status", "/nowhere"]) {
    const bad = await fetch(served.at(path));
    await bad.body?.cancel();
    assertEquals(bad.status, 401);
  }
  assert(lines.length >= 8, lines.join("\n"));
  const count = lines.length;
  const foreign = await fetch(served.at("/"), { headers: { origin: "http://evil.example" } });
  await foreign.body?.cancel();
  assertEquals([foreign.status, lines.length], [403, count]);
  const url = `ws://127.0.0.1:${served.flow.port}/`;
  const refused = new WebSocket(url);
  await new Promise((resolve) => refused.onerror = resolve);
});

Deno.test("a WebSocket opens through middleware that changes its answer", async () => {
  await using served = await Served.start({ uses: First, name: "first" }, {
    middleware: [requestId(), timing()],
  });
  using socket = await SocketClient.open(served.flow.port);
  socket.send(JSON.stringify({ data: [{ text: "x" }], execEndpoint: "/none" }));
  assertEquals((await socket.json()).data[0].text, "x");
});

Deno.test("middleware has to be a list of functions", () => {
  assertThrows(() => new Flow({ middleware: [1] } as never), TypeError, "expected a list of Hono middleware");
});
