import { assertEquals, assertMatch } from "@std/assert";
import { FakeBackend, gateway, json } from "./_backend.ts";

Deno.test("gateway answers 413 when the stated length is over the limit, and lets the limit itself through", async () => {
  const backend = new FakeBackend();
  const { app } = gateway(backend, { bodyLimit: 100 });
  const body = JSON.stringify({ data: [] }).padEnd(100);
  assertEquals((await app.request("/post", json(body, { "content-length": "100" }))).status, 200);
  const refused = await app.request("/post", json(`${body} `, { "content-length": "101" }));
  assertEquals([refused.status, await refused.json()], [413, {
    detail: "Content Too Large: the body may have 100 bytes",
  }]);
  assertEquals(backend.requests.length, 1);
});

/** A body that comes in pieces, without a stated length. */
function inPieces(size: number, pieces: number): RequestInit {
  let left = pieces;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array(size).fill(32));
      else controller.close();
    },
  });
  return { method: "POST", headers: { "content-type": "application/json" }, body };
}

Deno.test("gateway answers 413 when a body of unknown length grows over the limit", async () => {
  const backend = new FakeBackend();
  const { app } = gateway(backend, { bodyLimit: 100 });
  assertEquals((await app.request("/post", inPieces(50, 3))).status, 413);
  assertEquals(backend.requests.length, 0);
  assertEquals((await app.request("/post", inPieces(50, 2))).status, 200);
  assertEquals(backend.requests[0].body.length, 100);
});

Deno.test("gateway counts bytes, not characters", async () => {
  const { app } = gateway(new FakeBackend(), { bodyLimit: 100 });
  const stream = new Blob([`"${"é".repeat(60)}"`]).stream();
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: stream };
  assertEquals((await app.request("/post", init)).status, 413);
});

Deno.test("gateway answers 422 naming the header when the content type is not JSON", async () => {
  const backend = new FakeBackend();
  const { app } = gateway(backend);
  for (
    const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "json",
    ]
  ) {
    const response = await app.request("/post", json("{}", { "content-type": type }));
    const { detail: [issue] } = await response.json();
    assertEquals([response.status, issue.loc], [422, ["header", "content-type"]], type);
    assertMatch(issue.msg, /expected a JSON body with /);
  }
  assertEquals(backend.requests.length, 0);
});

Deno.test("gateway takes JSON of every spelling, and a request without a content type", async () => {
  const { app } = gateway(new FakeBackend());
  for (const type of ["application/json", "application/JSON; charset=utf-8", "application/vnd.api+json"]) {
    assertEquals((await app.request("/post", json("{}", { "content-type": type }))).status, 200, type);
  }
  const bare = new Request("http://localhost/post", { method: "POST", body: new TextEncoder().encode("{}") });
  assertEquals(bare.headers.get("content-type"), null);
  assertEquals((await app.request(bare)).status, 200);
});

Deno.test("gateway answers 403 naming the host when it is not local", async () => {
  const backend = new FakeBackend();
  const { app } = gateway(backend);
  const hosts = [
    "evil.example",
    "evil.example:12345",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "10.0.0.1",
  ];
  for (
    const host of [
      ...hosts,
      "0.0.0.0.evil.example",
      "10.0.0.0",
      "[::2]",
      "x@localhost",
      "evil.example#localhost",
      "",
    ]
  ) {
    for (const [path, init] of [["/", {}], ["/status", {}], ["/post", json({})]] as const) {
      const headers = { ...(init as { headers?: object }).headers, host };
      const response = await app.request(path, { ...init, headers });
      assertEquals(response.status, 403, `${host} ${path}`);
      assertMatch((await response.json()).detail, /^Forbidden: the host ".*" is not local/);
    }
  }
  assertEquals(backend.requests.length, 0);
});

Deno.test("gateway answers every spelling of a local host", async () => {
  const { app } = gateway(new FakeBackend());
  for (
    const host of [
      "localhost",
      "LOCALHOST:1",
      "127.0.0.1:12345",
      "127.1.2.3",
      "[::1]:80",
      // The default of Jina's clients for this machine. It is not a name, so that DNS cannot rebind it.
      "0.0.0.0:12345",
      "[::]:80",
      "app.localhost:3000",
    ]
  ) {
    assertEquals((await app.request("/", { headers: { host } })).status, 200, host);
  }
});

Deno.test("gateway answers any host when localOnly is off", async () => {
  const { app } = gateway(new FakeBackend(), { localOnly: false });
  assertEquals((await app.request("/", { headers: { host: "my.example" } })).status, 200);
});

Deno.test("gateway answers 500 and reports the error when the Flow behind it fails", async () => {
  const backend = new FakeBackend();
  backend.answer = () => Promise.reject(new Error("broken inside"));
  const { app, errors } = gateway(backend);
  const response = await app.request("/post", json({}));
  assertEquals([response.status, await response.json()], [500, {
    detail: "the gateway failed: broken inside",
  }]);
  assertEquals(errors.map(({ message }) => message), ["broken inside"]);
});
