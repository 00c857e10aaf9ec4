/** WebSockets of a Flow: requests as JSON, their order, the handshake, limits. On each runtime. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { inTime } from "../support/in_time.ts";
import { Latch } from "../support/latch.ts";
import { RawClient } from "../support/raw_client.ts";
import { handshake, SocketClient } from "../support/socket_client.ts";
import { target } from "../support/target.ts";
import { request, seen, socketTest } from "./_sockets.ts";

socketTest("WebSocket answers each message as POST /post does, in order", async (fixture) => {
  await using latch = new Latch();
  using client = await SocketClient.open(fixture.port);
  client.send(request("/slow", "x", { latch: latch.url }));
  for (let i = 0; i < 200; i++) client.send(request("/echo", String(i)));
  await latch.reached();
  latch.open();
  assertEquals((await client.json()).data[0].text, "slow");
  for (let i = 0; i < 200; i++) {
    const { header, routes, data: [{ text }] } = await client.json();
    assertEquals([text, header.execEndpoint, routes.length], [`${i}!`, "/echo", 2]);
  }
});

socketTest("WebSocket answers errors as POST /post does, and goes on", async (fixture) => {
  using client = await SocketClient.open(fixture.port, "/", "json");
  assertEquals(client.protocol, "json");
  for (const body of [request("/raise"), request("/nope"), '{"data":[{"text":[]}]}', '{"data":3}']) {
    client.send(body);
    const response = await fetch(`http://127.0.0.1:${fixture.port}/post`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    assertEquals(stable(await client.json()), stable(await response.json()));
  }
  client.send(request("/echo"));
  assertEquals((await client.json()).data[0].text, "x!");
});

/** An answer without what differs each time. */
function stable(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer, (key, value) => /id|time|stacks/i.test(key) ? undefined : value));
}

socketTest("WebSocket closes with 1007 after the answer to a text that is not JSON", async (fixture) => {
  using client = await SocketClient.open(fixture.port);
  client.send(request("/echo"));
  client.send('{"data": [');
  assertEquals((await client.json()).data[0].text, "x!");
  const { detail: [issue] } = await client.json();
  assertEquals(issue.type, "value_error.jsondecode");
  assertEquals(await client.end(), { code: 1007, reason: issue.msg });
});

socketTest("WebSocket closes with 1003 or 1007 what it cannot read", async (fixture) => {
  const cases: [path: string, protocol: string, message: string | number[], code: number, reason: RegExp][] =
    [
      ["/", "json", [0, 1], 1003, /^expected a text message/],
      ["/", "bytes", "{}", 1003, /^expected a binary message/],
      ["/", "bytes", [255, 255, 255], 1007, /^Cannot read the request: /],
      ["/", "bytes", [10, 200, 1], 1007, /^Cannot read the request: /],
      ["/dry_run", "bytes", [10], 1003, /^expected an empty message/],
    ];
  for (const [path, protocol, message, code, reason] of cases) {
    using client = await SocketClient.open(fixture.port, path, protocol);
    client.send(typeof message === "string" ? message : Uint8Array.from(message));
    const closed = await client.end();
    assertEquals(closed.code, code);
    assertMatch(closed.reason, reason);
  }
});

socketTest(
  "WebSocket answers what is under way when the client ends, then closes with 1000",
  async (fixture) => {
    for (const end of [Uint8Array.of(1), Uint8Array.of(0), "\x01", "{}"]) {
      await using latch = new Latch();
      using client = await SocketClient.open(fixture.port);
      for (let i = 0; i < 100; i++) client.send(request("/slow", "x", { latch: latch.url }));
      client.send(end);
      client.send(request("/echo"));
      await latch.reached();
      latch.open();
      for (let i = 0; i < 100; i++) assertEquals((await client.json()).data[0].text, "slow");
      assertEquals((await client.end()).code, 1000);
    }
    using idle = await SocketClient.open(fixture.port, "/", "bytes");
    idle.send(Uint8Array.of(0));
    assertEquals((await idle.end()).code, 1000);
  },
);

socketTest(
  "WebSocket agrees on a subprotocol, and refuses unknown ones and unknown paths",
  async (fixture) => {
    for (const protocols of ["bytes", "json", ["other", "bytes"]]) {
      using client = await SocketClient.open(fixture.port, "/", protocols);
      assertEquals(client.protocol, [protocols].flat().at(-1));
    }
    const refusals: [path: string, headers: Record<string, string>, status: number, text: string][] = [
      ["/", { "sec-websocket-protocol": "other, more" }, 400, 'expected "bytes" or "json"'],
      ["/", { "sec-websocket-protocol": "constructor" }, 400, 'expected "bytes" or "json"'],
      ["/echo", {}, 404, 'expected a WebSocket at "/" or "/dry_run", not "/echo"'],
      ["/status", {}, 404, 'expected a WebSocket at "/" or "/dry_run", not "/status"'],
      ["/", { origin: "http://evil.example" }, 403, "of another origin"],
      ["/dry_run", { origin: "null" }, 403, "of another origin"],
      ["/", { "sec-fetch-site": "cross-site" }, 403, "of another origin"],
      ["/", { host: "evil.example" }, 403, "is not local"],
      ["/", { "sec-websocket-key": "" }, 400, ""],
    ];
    for (const [path, headers, status, text] of refusals) {
      const answer = await handshake(fixture.port, path, headers);
      using _ = answer.client;
      assertEquals(answer.status, status, answer.text);
      assertStringIncludes(answer.text, text.replaceAll('"', '\\"'));
    }
    const own = await handshake(fixture.port, "/", { origin: `http://localhost:${fixture.port}` });
    assertEquals(own.status, 101);
    own.client[Symbol.dispose]();
  },
);

socketTest("WebSocket agrees on a subprotocol whatever spaces are in the client's list", async (fixture) => {
  const cases: [offered: string, agreed: string][] = [
    ["json,bytes", "json"],
    ["bytes,json", "bytes"],
    ["other,bytes", "bytes"],
    ["other ,\tbytes", "bytes"],
    ["other, bytes", "bytes"],
  ];
  for (const [offered, agreed] of cases) {
    const { client, status, text } = await handshake(fixture.port, "/", {
      "sec-websocket-protocol": offered,
    });
    using _ = client;
    assertEquals(status, 101, text);
    assertEquals(/^sec-websocket-protocol: *(.*?)\r$/im.exec(text)?.[1], agreed);
  }
});

socketTest("WebSocket opens for pages of any origin when the Flow has `cors`", async (fixture) => {
  const { client, status } = await handshake(fixture.port, "/", { origin: "http://other.example" });
  assertEquals(status, 101);
  client[Symbol.dispose]();
}, { cors: true });

socketTest("A request that asks for another upgrade is answered as one that does not", async (fixture) => {
  const { client, status } = await handshake(fixture.port, "/", { upgrade: "other" });
  client[Symbol.dispose]();
  assertEquals(status, 200);
  // With a body that comes later; Deno itself refuses it.
  if (target.name === "deno") return;
  using raw = await RawClient.connect(fixture.port);
  const body = request("/echo");
  const headers = ["host: localhost", "connection: Upgrade, HTTP2-Settings", "upgrade: h2c"];
  const type = ["content-type: application/json", `content-length: ${body.length}`];
  await raw.send(["POST /post HTTP/1.1", ...headers, ...type, "", body.slice(0, 5)].join("\r\n"));
  await fixture.ask("/seen");
  await raw.send(body.slice(5));
  assertMatch(await inTime(raw.read(), "the answer"), /^HTTP\/1.1 200 OK\r\n/);
});

socketTest("WebSocket closes with 1009 a message that is larger than `bodyLimit`", async (fixture) => {
  const fitting = "é".repeat(400);
  for (const [message, fits] of [[fitting, true], ["é".repeat(600), false]] as const) {
    using client = await SocketClient.open(fixture.port);
    client.send(request("/echo", message));
    if (fits) assertEquals((await client.json()).data[0].text, `${fitting}!`);
    else assertEquals((await client.end()).code, 1009);
  }
}, { bodyLimit: 1_000 });

socketTest("WebSocket answers a request that takes longer than `timeout`", async (fixture) => {
  await using latch = new Latch();
  using client = await SocketClient.open(fixture.port);
  client.send(request("/slow", "x", { latch: latch.url }));
  const { header: { status }, data } = await client.json();
  assertMatch(status.description, /the request took longer than 50 ms/);
  assertEquals([status.code, data[0].text], [1, "x"]);
}, { timeout: 50 });

socketTest("WebSocket aborts the requests of a client that goes away", async (fixture) => {
  await using latch = new Latch();
  using client = await SocketClient.open(fixture.port);
  client.send(request("/slow", "x", { latch: latch.url }));
  await latch.reached();
  client.close();
  await seen(fixture, (_, aborted) => aborted === "the client is gone");
});

socketTest("WebSocket starts no more requests while its client takes no answers", async (fixture) => {
  const { client } = await handshake(fixture.port);
  using _ = client;
  const text = request("/large");
  // Masked with zeros.
  const frame = `\x81\xfe${String.fromCharCode(text.length >> 8, text.length & 255)}\0\0\0\0${text}`;
  const bytes = Uint8Array.from(frame, (char) => char.charCodeAt(0));
  for (let i = 0; i < 300; i++) await client.sendBytes(bytes);
  await seen(fixture, (calls) => calls >= 64);
  for (let i = 0; i < 50; i++) await seen(fixture, (calls) => (assert(calls < 150, `${calls} calls`), true));
});

for (const protocol of ["json", "bytes"]) {
  socketTest(`WebSocket of /dry_run answers an empty message, subprotocol ${protocol}`, async (fixture) => {
    using client = await SocketClient.open(fixture.port, "/dry_run", protocol);
    client.send(new Uint8Array());
    const message = await client.message();
    if (protocol === "json") {
      assertEquals(JSON.parse(String(message)), { code: 0, description: "", exception: null });
    } else {
      assertEquals(message, new Uint8Array());
    }
    assertEquals((await inTime(client.closed, "the end")).code, 1000);
  });
}
