import { assertEquals, assertThrows } from "@std/assert";
import { Client, requests } from "../../mod.ts";
import { First, Second } from "./_headers.ts";
import { Served } from "./_serve.ts";

const HEADERS = { authorization: "Bearer a", "x-tenant": "t", "x-other": "o" };

const both = { protocol: ["http", "grpc"], port: [0, 0] } as const;
const chain = [{ uses: First, name: "first" }, { uses: Second, name: "second" }];

Deno.test("a handler gets the headers that it asks for, in a chain each its own, by each protocol", async () => {
  await using served = await Served.start(chain, both);
  const [http, grpc] = served.flow.ports;
  const clients = [
    new Client({ port: http, headers: HEADERS }),
    new Client({ port: grpc, protocol: "grpc", metadata: HEADERS }),
  ];
  for (const client of clients) {
    const [{ tags }] = await client.post("/both", { text: "x" });
    assertEquals(tags, { First: { authorization: "Bearer a" }, Second: { "x-tenant": "t" } });
    const [none] = await client.post("/none", { text: "x" });
    assertEquals(none.tags, { First: {}, Second: { "x-tenant": "t" } });
    for await (const doc of client.stream("/both", { text: "x" })) assertEquals(doc.tags, tags);
  }
});

Deno.test("a handler gets the headers of a request whose path names its endpoint", async () => {
  await using served = await Served.start(chain);
  for (const accept of ["application/json", "text/event-stream"]) {
    const response = await fetch(served.at("/both"), {
      method: "POST",
      headers: { ...HEADERS, accept, "content-type": "application/json" },
      body: '{"data":[{"text":"x"}]}',
    });
    const [tags] = /"tags":\{.*?\}\}/.exec(await response.text()) ?? [];
    assertEquals(tags, '"tags":{"First":{"authorization":"Bearer a"},"Second":{"x-tenant":"t"}}');
  }
});

Deno.test("a handler gets the headers of the request that opened its WebSocket", async () => {
  await using served = await Served.start(chain);
  const client = new Client({ port: served.flow.port, protocol: "websocket", headers: HEADERS });
  const [{ tags }] = await client.post("/both", { text: "x" });
  assertEquals(tags.First, { authorization: "Bearer a" });
});

Deno.test("requests() refuses headers that are no names, and headers of a batch", () => {
  const define = (options: object) => () => void requests({ on: "/a", ...options });
  assertThrows(define({ headers: "authorization" }), TypeError, "expected a list of header names");
  assertThrows(define({ headers: ["a b"] }), TypeError, 'such as ["authorization"]');
  const batch = { size: 2, wait: 0 };
  assertThrows(define({ headers: ["a"], batch }), TypeError, "headers together with batch");
});
