/** Bodies with a content coding: gzip and deflate are inflated, within the limit; others are refused. */
import { assertEquals, assertMatch } from "@std/assert";
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { FakeBackend, gateway, json } from "./_backend.ts";

const TEXT = JSON.stringify({ data: [{ text: "héé 日本 ".repeat(20) }] });

/** A request with a body in this coding. */
function coded(body: Uint8Array, coding: string, headers: Record<string, string> = {}): RequestInit {
  const all = { "content-type": "application/json", "content-encoding": coding, ...headers };
  return { method: "POST", headers: all, body: new Uint8Array(body) };
}

Deno.test("gateway inflates gzip and deflate, in any spelling, and accepts the coding identity", async () => {
  const backend = new FakeBackend();
  const { app } = gateway(backend);
  const plain = new TextEncoder().encode(TEXT);
  const members = new Uint8Array([...gzipSync(TEXT.slice(0, 20)), ...gzipSync(TEXT.slice(20))]);
  const bodies: [coding: string, body: Uint8Array][] = [
    ["gzip", gzipSync(TEXT)],
    ["GZip", gzipSync(TEXT, { level: 0 })],
    ["x-gzip", gzipSync(TEXT)],
    ["gzip", members],
    ["identity, gzip", gzipSync(TEXT)],
    ["deflate", deflateSync(TEXT)],
    ["deflate", deflateSync(TEXT, { level: 1 })],
    ["deflate", deflateRawSync(TEXT)],
    ["identity", plain],
    ["", plain],
  ];
  for (const [coding, body] of bodies) {
    assertEquals((await app.request("/post", coded(body, coding))).status, 200, coding);
    assertEquals(backend.requests.pop()?.body, TEXT, coding);
  }
  assertEquals((await app.request("/foo", coded(new Uint8Array(), "gzip"))).status, 200);
  assertEquals(backend.requests.pop()?.body, "");
});

Deno.test("gateway inflates a body of unknown length too", async () => {
  const backend = new FakeBackend();
  const { app } = gateway(backend);
  const init = {
    ...coded(gzipSync(TEXT), "gzip"),
    body: new Blob([new Uint8Array(gzipSync(TEXT))]).stream(),
  };
  assertEquals((await app.request("/foo", init)).status, 200);
  assertEquals(backend.requests[0].body, TEXT);
});

Deno.test("gateway answers 413 when an inflated body is over the limit, and lets the limit itself through", async () => {
  const backend = new FakeBackend();
  const { app } = gateway(backend, { bodyLimit: 1_000 });
  const body = (size: number) => `{}${" ".repeat(size - 2)}`;
  for (
    const [coding, deflated] of [["gzip", gzipSync], ["deflate", deflateSync], [
      "deflate",
      deflateRawSync,
    ]] as const
  ) {
    assertEquals((await app.request("/post", coded(deflated(body(1_000)), coding))).status, 200);
    const refused = await app.request("/post", coded(deflated(body(1_001)), coding));
    assertEquals([refused.status, await refused.json()], [413, {
      detail: "Content Too Large: the body may have 1000 bytes",
    }]);
  }
  assertEquals(backend.requests.length, 3);
});

Deno.test("gateway stops inflating a body at the limit", async () => {
  const { app } = gateway(new FakeBackend(), { bodyLimit: 1_000_000 });
  const bomb = gzipSync(new Uint8Array(400_000_000), { level: 9 });
  assertEquals(bomb.length < 1_000_000, true);
  const before = Deno.memoryUsage().rss;
  let most = before;
  for (let count = 0; count < 5; count++) {
    const { status } = await app.request("/post", coded(bomb, "gzip"));
    assertEquals(status, 413);
    most = Math.max(most, Deno.memoryUsage().rss);
  }
  assertEquals(most - before < 100_000_000, true, `${(most - before) / 1e6} MB`);
});

Deno.test("gateway answers 400 naming the coding when a body is broken, or ends too early", async () => {
  const backend = new FakeBackend();
  const { app } = gateway(backend);
  const whole = { gzip: gzipSync(TEXT), deflate: deflateSync(TEXT) };
  const flipped = gzipSync(TEXT);
  flipped[flipped.length - 6] ^= 1;
  const bodies: [coding: string, body: Uint8Array, said: RegExp][] = [
    ["gzip", new TextEncoder().encode(TEXT), /incorrect header check/],
    ["gzip", whole.deflate, /incorrect header check/],
    ["gzip", flipped, /incorrect data check/],
    ["gzip", whole.gzip.subarray(0, -1), /unexpected end of file/],
    ["gzip", whole.gzip.subarray(0, 3), /unexpected end of file/],
    ["deflate", whole.deflate.subarray(0, -5), /unexpected end of file/],
    ["deflate", deflateRawSync(TEXT).subarray(0, -5), /unexpected end of file/],
    ["deflate", whole.gzip, /invalid/],
  ];
  for (const [coding, body, said] of bodies) {
    const response = await app.request("/post", coded(body, coding));
    const { detail } = await response.json();
    assertEquals(response.status, 400, detail);
    assertMatch(detail, new RegExp(`^invalid body for "content-encoding: ${coding}": `));
    assertMatch(detail, said);
  }
  assertEquals(backend.requests.length, 0);
});

Deno.test("gateway answers 415 naming the header, and what it takes, when a body is in another coding", async () => {
  const backend = new FakeBackend();
  const { app } = gateway(backend);
  for (const coding of ["br", "zstd", "compress", "gzip, gzip", "deflate,gzip", "constructor", "*"]) {
    const response = await app.request("/post", coded(gzipSync(TEXT), coding));
    const { detail: [issue] } = await response.json();
    assertEquals([response.status, response.headers.get("accept-encoding")], [415, "gzip, deflate"], coding);
    assertEquals([issue.loc, issue.type], [["header", "content-encoding"], "value_error.content_encoding"]);
    assertMatch(
      issue.msg,
      new RegExp(`one of gzip and deflate, not "${coding.replace("*", "\\*")}"$`),
    );
  }
  assertEquals(backend.requests.length, 0);
});

Deno.test("gateway inflates bodies of all routes, and reads no coding where there is no body", async () => {
  const backend = new FakeBackend();
  const exposed = [{ endpoint: "/foo", path: "/own", methods: ["PUT", "GET"] }];
  const { app } = gateway(backend, { exposed });
  for (
    const [method, path] of [["POST", "/post"], ["POST", "/foo"], ["PUT", "/own"], ["PUT", "/update"], [
      "DELETE",
      "/delete",
    ]]
  ) {
    const init = { ...coded(gzipSync(TEXT), "gzip"), method };
    assertEquals((await app.request(path, init)).status, 200, path);
    assertEquals(backend.requests.pop()?.body, TEXT, path);
  }
  const streamed = await app.request("/foo", coded(gzipSync(TEXT), "gzip", { accept: "text/event-stream" }));
  assertEquals([streamed.status, backend.requests.pop()?.body], [200, TEXT]);
  await streamed.body?.cancel();
  const headers = { "content-encoding": "gzip" };
  for (const path of ["/own", "/status"]) {
    assertEquals((await app.request(path, { headers })).status, 200, path);
  }
  assertEquals((await app.request("/post", json("{}", { "content-type": "text/plain" }))).status, 422);
});
