import { assertEquals, assertMatch } from "@std/assert";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Ex, OnlyFoo } from "./_executors.ts";
import { Served } from "./_serve.ts";

/** Sends bytes as they are, and reads one answer: what `fetch` would not send. */
async function raw(port: number, ...pieces: string[]): Promise<{ status: number; body: string }> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  for (const piece of pieces) await connection.write(new TextEncoder().encode(piece));
  let text = "";
  // The server keeps a connection open whose request is not over: the answer ends where its length says.
  for await (const bytes of connection.readable.values({ preventCancel: true })) {
    text += new TextDecoder().decode(bytes);
    const [head, body] = text.split("\r\n\r\n");
    if (body?.length === Number(/content-length: (\d+)/.exec(head)?.[1])) break;
  }
  return { status: Number(text.slice(9, 12)), body: text.split("\r\n\r\n")[1] };
}

Deno.test("Flow answers its fixed routes over HTTP", async () => {
  await using served = await Served.start({ uses: Ex });
  const get = async (path: string) => await (await fetch(served.at(path))).json();
  assertEquals(await get("/"), {});
  assertEquals(await get("/dry_run"), { code: 0, description: "", exception: null });
  const { deployments: [deployment] } = await get("/status");
  assertEquals([deployment.name, deployment.state, deployment.executor], ["executor0", "serving", "Ex"]);
  assertEquals([deployment.version, deployment.lastError], [1, null]);
  assertEquals(deployment.endpoints.includes("/foo") && deployment.endpoints.includes("default"), true);
  assertEquals(deployment.versions[0].replicas[0].name, "executor0/rep-0");
});

Deno.test("Flow answers POST /post, POST /<endpoint> and the fixed data routes alike", async () => {
  await using served = await Served.start({ uses: Ex });
  const data = [{ id: "a", text: "x" }];
  assertEquals((await served.post("/post", { data, execEndpoint: "/foo" })).body.data[0].text, "foo:x");
  assertEquals((await served.post("/post", { data, exec_endpoint: "/foo" })).body.data[0].text, "foo:x");
  assertEquals((await served.post("/foo", { data, execEndpoint: "/raise" })).body.data[0].text, "foo:x");
  assertEquals((await served.post("/post", { data })).body.data[0].text, "default:x");
  assertEquals((await served.post("/", { data })).body.data[0].text, "default:x");
  assertEquals((await served.post("/index", { data })).body.header.execEndpoint, "/index");
  assertEquals((await served.post("/update", { data }, "PUT")).body.data[0].text, "default:x");
  assertEquals((await served.post("/foo", { data: { id: "b", text: "y" } })).body.data, [{
    id: "b",
    text: "foo:y",
  }]);
});

Deno.test("Flow takes a missing, null or empty body or data for no documents", async () => {
  await using served = await Served.start({ uses: Ex });
  for (
    const body of ["", " ", "[]", "{}", '{"data":null}', '{"data":{}}', '{"data":[]}', '{"data":{"docs":[]}}']
  ) {
    const { status, body: answer } = await served.post("/foo", body);
    assertEquals([status, answer.data], [200, []], body);
  }
});

Deno.test("Flow gives back the request id it was given, and a new one otherwise", async () => {
  await using served = await Served.start({ uses: Ex });
  const id = async (header?: object) => (await served.post("/foo", { header })).body.header.requestId;
  assertEquals([await id({ requestId: "mine" }), await id({ request_id: "theirs" })], ["mine", "theirs"]);
  for (const header of [undefined, {}, { requestId: "" }, { requestId: 5 }]) {
    assertMatch(await id(header), /^[0-9a-f]{32}$/);
  }
});

const MALFORMED: Record<string, readonly [lineno: number, colno: number]> = {
  '{"data": [': [1, 11],
  '{"data": []} x': [1, 14],
  '{"data": [x]}': [1, 11],
  '{"a" 1}': [1, 6],
  '{\n  "data": [\n    {"text": tru}\n  ]\n}': [3, 17],
  '{\n  "data": [1,]\n}': [2, 14],
  '{"data": "a\nb"}': [1, 12],
  "{'data': []}": [1, 2],
};

for (const [text, [lineno, colno]] of Object.entries(MALFORMED)) {
  Deno.test(`Flow answers 422 with line and column when the body is ${JSON.stringify(text)}`, async () => {
    await using served = await Served.start({ uses: OnlyFoo });
    const { status, body: { detail: [issue] } } = await served.post("/post", text);
    assertEquals([status, issue.type], [422, "value_error.jsondecode"]);
    assertEquals([issue.ctx.lineno, issue.ctx.colno], [lineno, colno], issue.msg);
    assertMatch(issue.msg, new RegExp(`: line ${lineno} column ${colno} \\(char ${issue.loc[1]}\\)$`));
  });
}

Deno.test("Flow answers 422 naming every field of a request that has a bad type", async () => {
  await using served = await Served.start({ uses: Ex });
  const body = {
    data: [{ text: "x" }, { text: [], chunks: [{ tags: 1 }] }],
    execEndpoint: {},
    targetExecutor: [],
    parameters: [],
  };
  const { status, body: { detail } } = await served.post("/post", body);
  assertEquals(status, 422);
  assertEquals(detail.map(({ loc }: { loc: unknown[] }) => loc.join(".")).sort(), [
    "body.data.1.chunks.0.tags",
    "body.data.1.text",
    "body.execEndpoint",
    "body.parameters",
    "body.targetExecutor",
  ]);
});

Deno.test("Flow answers 4xx and goes on serving when documents are nested too deep", async () => {
  await using served = await Served.start({ uses: Ex });
  const deep = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);
  const chunks = `{"data":[${deep(60_000, '{"chunks":[', "]}")}]}`;
  const tags = `{"data":[{"tags":{"t":${deep(200_000, "[", "]")}}}]}`;
  for (const body of [chunks, tags]) {
    const { status } = await served.post("/foo", body);
    assertEquals([status >= 400 && status < 500, status], [true, status]);
  }
  assertEquals((await served.post("/foo", {})).status, 200);
});

Deno.test("Flow answers 413 over HTTP, by the stated length and chunk by chunk", async () => {
  await using served = await Served.start({ uses: Ex }, { bodyLimit: 100 });
  const { status } = await served.post("/foo", { data: [{ text: "x".repeat(100) }] });
  assertEquals(status, 413);
  const head = `POST /foo HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`;
  const chunk = `40\r\n${" ".repeat(64)}\r\n`;
  const chunked = `${head}transfer-encoding: chunked\r\n\r\n`;
  assertEquals((await raw(served.flow.port, chunked, chunk, chunk, "0\r\n\r\n")).status, 413);
  assertEquals((await raw(served.flow.port, chunked, chunk, "0\r\n\r\n")).status, 200);
  assertEquals((await raw(served.flow.port, `${head}content-length: 5000000\r\n\r\n`)).status, 413);
});

Deno.test("Flow answers 403 over HTTP when the Host is foreign, and 200 when it serves others", async () => {
  const head = (host: string) => `GET /status HTTP/1.1\r\nhost: ${host}\r\n\r\n`;
  {
    await using served = await Served.start({ uses: Ex });
    const { status, body } = await raw(served.flow.port, head("evil.example"));
    assertEquals(status, 403);
    assertMatch(body, /evil\.example/);
    assertEquals((await raw(served.flow.port, head("localhost:1"))).status, 200);
  }
  await using served = await Served.start({ uses: Ex }, { host: "0.0.0.0" });
  assertEquals((await raw(served.flow.port, head("my.example"))).status, 200);
});

Deno.test("Flow inflates gzip and deflate over HTTP, whole and streamed, and names what it cannot read", async () => {
  await using served = await Served.start({ uses: Ex }, { bodyLimit: 1_000 });
  const text = JSON.stringify({ data: [{ id: "a", text: "x".repeat(200) }] });
  const ask = (body: Uint8Array, coding: string, headers = {}) =>
    fetch(served.at("/foo"), {
      method: "POST",
      headers: { "content-type": "application/json", "content-encoding": coding, ...headers },
      body: new Uint8Array(body),
    });
  for (const [coding, body] of [["gzip", gzipSync(text)], ["deflate", deflateSync(text)]] as const) {
    const response = await ask(body, coding);
    assertEquals([response.status, (await response.json()).data[0].text], [200, `foo:${"x".repeat(200)}`]);
    const streamed = await (await ask(body, coding, { accept: "text/event-stream" })).text();
    assertMatch(streamed, /^event: update\ndata: \{"id":"a","text":"foo:x+"\}\n\nevent: end\n/);
  }
  const refused: [body: Uint8Array, coding: string, status: number, said: RegExp][] = [
    [gzipSync(new Uint8Array(100_000)), "gzip", 413, /may have 1000 bytes/],
    [gzipSync(text).subarray(0, 30), "gzip", 400, /unexpected end of file/],
    [new TextEncoder().encode(text), "gzip", 400, /content-encoding: gzip\\": incorrect header check/],
    [brotliCompressSync(text), "br", 415, /content-encoding.*not \\"br\\"/],
  ];
  for (const [body, coding, status, said] of refused) {
    const response = await ask(body, coding);
    assertEquals(response.status, status);
    assertMatch(await response.text(), said);
  }
});

Deno.test("Flow answers 403 over HTTP when a request is from a page of another origin", async () => {
  await using served = await Served.start({ uses: Ex });
  const { port } = served.flow;
  const head = (method: string, path: string, origin: string) =>
    `${method} ${path} HTTP/1.1\r\nhost: localhost:${port}\r\norigin: ${origin}\r\n`;
  for (
    const [method, path] of [["POST", "/foo"], ["PUT", "/update"], ["OPTIONS", "/post"], ["GET", "/status"]]
  ) {
    const body = method === "GET" || method === "OPTIONS" ? "\r\n" : "content-length: 2\r\n\r\n{}";
    for (
      const origin of ["http://evil.example", "null", `http://127.0.0.1:${port}`, `http://localhost:${port}0`]
    ) {
      const { status, body: text } = await raw(port, head(method, path, origin) + body);
      assertEquals(status, 403, `${method} ${path} ${origin}`);
      assertMatch(text, path === "/status" ? /only pages of the Flow itself/ : /`cors: true`/);
    }
    const { status } = await raw(port, head(method, path, `http://localhost:${port}`) + body);
    assertEquals(status, method === "OPTIONS" ? 405 : 200, `${method} ${path}`);
  }
});

Deno.test("Deno itself answers 400 to a request with a body that would upgrade to HTTP/2: the documents say so", async () => {
  await using served = await Served.start({ uses: Ex });
  const upgrade =
    "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQBAAAA\r\n";
  const request = (more: string) =>
    `POST /foo HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${more}content-length: 2\r\n\r\n{}`;
  assertEquals((await raw(served.flow.port, request(""))).status, 200);
  // When this is answered, the paragraph in docs/jina-differences.md can go.
  assertEquals((await raw(served.flow.port, request(upgrade))).status, 400);
  assertEquals(
    (await raw(served.flow.port, `GET / HTTP/1.1\r\nhost: localhost\r\n${upgrade}\r\n`)).status,
    200,
  );
});

Deno.test("Flow serves an endpoint named like a fixed route through POST /post, and says so at the start", async () => {
  await using folder = await TempFolder.make();
  const source = `import { Executor, requests } from "${PACKAGE}";
export class Named extends Executor {
  @requests({ on: ["/status", "/foo", "/q?x"] }) foo(docs) { docs[0].text = "mine"; }
}
`;
  await using served = await Served.start({ uses: await folder.write("named.ts", source) });
  const { message, level } = await served.log.waitFor(/\/status/);
  assertEquals(level, "warning");
  assertMatch(message, /^the endpoint \/status is named like a route of the gateway: .*POST \/post only$/);
  assertEquals((await (await fetch(served.at("/status"))).json()).deployments.length, 1);
  await served.log.waitFor(
    /WARNING Flow the endpoint \/q\?x is not read as it is in a URL: .*POST \/post only$/,
  );
  assertEquals((await served.post("/q?x", { data: [{}] })).status, 404);
  for (const execEndpoint of ["/status", "/q?x"]) {
    const { body } = await served.post("/post", { data: [{}], execEndpoint });
    assertEquals(body.data[0].text, "mine");
  }
});
