/** Hono's middleware at the gateway: what it covers, and what becomes of its answers and mistakes. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import type { MiddlewareHandler } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { logger } from "hono/logger";
import { requestId } from "hono/request-id";
import { timing } from "hono/timing";
import { Client, Flow } from "../../mod.ts";
import { LogTrap } from "../support/log_trap.ts";
import { RawClient } from "../support/raw_client.ts";
import { SocketClient } from "../support/socket_client.ts";
import { First } from "./_headers.ts";
import { Served } from "./_serve.ts";

const FIRST = { uses: First, name: "first" };
const BODY = '{"data":[{"text":"x"}]}';
const POST = {
  method: "POST",
  headers: { "content-type": "application/json", authorization: "Bearer a" },
  body: BODY,
};

function served(...middleware: MiddlewareHandler[]): Promise<Served> {
  return Served.start(FIRST, { middleware });
}

/** The first line and the headers of the answer to an upgrade. */
async function upgrade(port: number, ...headers: string[]): Promise<string> {
  using client = await RawClient.connect(port);
  const key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
  const asks = ["connection: Upgrade", "upgrade: websocket", "sec-websocket-version: 13", key];
  await client.send(["GET / HTTP/1.1", `host: localhost:${port}`, ...asks, ...headers, "", ""].join("\r\n"));
  return await client.read();
}

async function answer(response: Response | Promise<Response>): Promise<[number, string]> {
  const { status } = await response;
  return [status, await (await response).text()];
}

Deno.test("middleware covers all routes of HTTP, after the check of host and origin", async () => {
  const lines: string[] = [];
  const log = logger((line) => void lines.push(line));
  await using flow = await served(log, requestId(), timing(), bearerAuth({ token: "a" }));
  const good = await fetch(flow.at("/both"), POST);
  await good.body?.cancel();
  assertEquals(good.status, 200);
  assert(good.headers.has("x-request-id") && good.headers.has("server-timing"));
  for (const path of ["/", "/status", "/metrics", "/docs", "/events", "/openapi.json", "/nowhere", "/both"]) {
    const bad = await fetch(flow.at(path));
    assertEquals((await answer(bad))[0], 401);
    assert(bad.headers.has("x-request-id") && bad.headers.has("www-authenticate"));
  }
  assertEquals(lines.length, 18, lines.join("\n"));
  const foreign = await fetch(flow.at("/"), { headers: { origin: "http://evil.example" } });
  assertEquals((await answer(foreign))[0], 403);
  using client = await RawClient.connect(flow.flow.port);
  await client.send("GET / HTTP/1.1\r\nhost: evil.example\r\n\r\n");
  assertMatch(await client.read(), /^HTTP\/1.1 403 /);
  assertEquals(lines.length, 18);
});

Deno.test("middleware refuses the upgrade to a WebSocket with its own answer, or lets it open", async () => {
  await using flow = await served(bearerAuth({ token: "a" }));
  const { port } = flow.flow;
  assertMatch(await upgrade(port), /^HTTP\/1.1 401 /);
  assertMatch(await upgrade(port, "authorization: Bearer b"), /^HTTP\/1.1 401 /);
  assertMatch(await upgrade(port, "authorization: Bearer a"), /^HTTP\/1.1 101 /);
  assertMatch(await upgrade(port, "origin: http://evil.example"), /^HTTP\/1.1 403 /);
  const headers = { authorization: "Bearer a" };
  const client = new Client({ port, protocol: "websocket", headers });
  assertEquals((await client.post("/both", { text: "x" }))[0].tags, { First: headers });
});

Deno.test("a WebSocket opens through middleware that changes its answer", async () => {
  await using flow = await served(requestId(), timing(), logger(() => {}));
  using socket = await SocketClient.open(flow.flow.port);
  socket.send(JSON.stringify({ data: [{ text: "x" }], execEndpoint: "/none" }));
  assertEquals((await socket.json()).data[0].text, "x");
});

Deno.test("middleware does not cover gRPC, as the log says", async () => {
  const middleware = [bearerAuth({ token: "a" })];
  await using flow = await Served.start(FIRST, { middleware, protocol: ["http", "grpc"], port: [0, 0] });
  await flow.log.waitFor(/^WARNING .*requests over gRPC do not pass it/);
  const client = new Client({ port: flow.flow.ports[1], protocol: "grpc" });
  assertEquals((await client.post("/both", { text: "x" }))[0].text, "x");
});

Deno.test("middleware covers flow.fetch", async () => {
  await using flow = await new Flow({ listen: false, middleware: [bearerAuth({ token: "a" })] }).add(FIRST)
    .start();
  const ask = (init?: RequestInit) => answer(flow.fetch(new Request("http://outer.example/both", init)));
  assertEquals([(await ask())[0], (await ask(POST))[0]], [401, 200]);
});

const FAILURES: Record<string, [MiddlewareHandler, status: number, text: RegExp, isLogged: boolean]> = {
  "throws": [() => Promise.reject(new RangeError("odd")), 500, /"the gateway failed: odd"/, true],
  "throws an answer": [() => Promise.reject(new HTTPException(418, { message: "tea" })), 418, /^tea$/, false],
  "never calls next()": [() => Promise.resolve(), 500, /"the gateway failed: Context is not finalized/, true],
  "throws what is no Error": [
    () => Promise.reject("odd"),
    500,
    /"the gateway failed: middleware threw odd, /,
    true,
  ],
  "throws nothing": [() => Promise.reject(), 500, /"the gateway failed: middleware threw undefined, /, true],
  "returns what is no Response": [
    (() => Promise.resolve("odd")) as unknown as MiddlewareHandler,
    500,
    /"the gateway failed: middleware answered with odd: expected a Response"/,
    true,
  ],
  "replaces the answer by what is no Response": [
    async (c, next) => (await next(), c.res = undefined, void (c.res = {} as Response)),
    500,
    /"the gateway failed: middleware answered with \{\}: expected a Response"/,
    true,
  ],
  "answers itself": [(c) => Promise.resolve(c.text("own", 202)), 202, /^own$/, false],
  "replaces the answer": [
    async (c, next) => (await next(), void (c.res = new Response("other", { status: 203 }))),
    203,
    /^other$/,
    false,
  ],
};

for (const [what, [middleware, status, text, isLogged]] of Object.entries(FAILURES)) {
  Deno.test(`middleware that ${what} answers a request and an upgrade, and the Flow goes on`, async () => {
    const only: MiddlewareHandler = (c, next) => c.req.header("x-odd") ? middleware(c, next) : next();
    await using flow = await served(only);
    const headers = { ...POST.headers, "x-odd": "1" };
    const [got, body] = await answer(fetch(flow.at("/both"), { ...POST, headers }));
    assertEquals(got, status);
    assertMatch(body, text);
    assertMatch(await upgrade(flow.flow.port, "x-odd: 1"), new RegExp(`^HTTP/1.1 ${status} `));
    assertEquals(flow.log.lines.some((line) => /^ERROR gateway .*Error: /.test(line)), isLogged);
    assertEquals((await answer(fetch(flow.at("/both"), POST)))[0], 200);
  });
}

Deno.test("middleware may read the body before the handler does", async () => {
  const seen: unknown[] = [];
  const reads: MiddlewareHandler = async (c, next) => {
    seen.push(c.req.method === "POST" && await c.req.json());
    await next();
  };
  await using flow = await served(reads);
  assertMatch((await answer(fetch(flow.at("/both"), POST)))[1], /"text":"x"/);
  const typeless = { method: "POST", body: new TextEncoder().encode(BODY) };
  assertMatch((await answer(fetch(flow.at("/both"), typeless)))[1], /"text":"x"/);
  const events = { ...POST, headers: { ...POST.headers, accept: "text/event-stream" } };
  assertMatch((await answer(fetch(flow.at("/both"), events)))[1], /"text":"x"/);
  assertEquals(seen, Array(3).fill(JSON.parse(BODY)));
});

Deno.test("middleware may read the body of any method, also of those that have none", async () => {
  const middleware: MiddlewareHandler[] = [async (c, next) => (await c.req.text(), await next())];
  const methods = ["GET", "PUT", "DELETE"] as const;
  await using flow = await Served.start(
    FIRST,
    { middleware },
    (flow) => flow.exposeEndpoint("/both", { httpPath: "/own", methods: [...methods] }),
  );
  for (const method of methods) {
    const init = method === "GET" ? { method } : { ...POST, method };
    const [status, body] = await answer(fetch(flow.at("/own"), init));
    assertEquals([method, status], [method, 200], body);
  }
});

Deno.test("middleware that takes the body away gets an answer that names it", async () => {
  await using flow = await served(async (c, next) => (await c.req.raw.text(), await next()));
  const [status, body] = await answer(fetch(flow.at("/both"), POST));
  assertEquals([status, JSON.parse(body)], [400, {
    detail: "Cannot read the body: middleware of the Flow has read it by c.req.raw; use c.req.text() there",
  }]);
});

Deno.test("middleware that returns or throws the wrong thing is answered by flow.fetch, too", async () => {
  for (const odd of [() => "odd", () => Promise.reject("odd")]) {
    const log = new LogTrap();
    await using flow = await new Flow({ listen: false, middleware: [odd as never], log: log.sink }).add(FIRST)
      .start();
    assertEquals((await answer(flow.fetch(new Request("http://outer.example/both", POST))))[0], 500);
    assert(log.lines.some((line) => /^ERROR gateway .*middleware (threw|answered with) odd/.test(line)));
  }
});

Deno.test("middleware may limit the body", async () => {
  await using flow = await served(bodyLimit({ maxSize: 50 }));
  assertEquals((await answer(fetch(flow.at("/both"), POST)))[0], 200);
  const body = JSON.stringify({ data: [{ text: "x".repeat(50) }] });
  assertEquals((await answer(fetch(flow.at("/both"), { ...POST, body })))[0], 413);
});

Deno.test("middleware has to be a list of functions", () => {
  for (const middleware of ["x", [1], {}, null, bearerAuth({ token: "a" }), [[logger()]]]) {
    const error = assertThrows(
      () => new Flow({ middleware } as never),
      TypeError,
      "expected a list of Hono middleware, such as [logger()]",
    );
    assertEquals((error as { code?: unknown }).code, "INVALID_ARGUMENT");
  }
});
