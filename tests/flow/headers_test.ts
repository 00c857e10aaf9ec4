import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { Metadata } from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import { Client, Flow, LoadError, requests } from "../../mod.ts";
import { readRequest } from "../../src/protobuf/messages.ts";
import { decodeDocuments1 } from "../../src/protobuf/documents_v1.ts";
import { RawClient as GrpcClient, requestOf, SINGLE } from "../grpc/_grpc.ts";
import { RawClient } from "../support/raw_client.ts";
import { PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { First, Odd, Second } from "./_headers.ts";
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

/** What an Executor notes of the headers that come in any case, several times, and with names that HTTP alone has. */
const ODD = {
  "x-tenant": "a, b",
  "x!odd": "odd",
  "x-empty": "",
  cookie: "a=1; b=2",
};

Deno.test("a header that comes several times, in any case, is one text over HTTP", async () => {
  await using served = await Served.start({ uses: Odd, name: "odd" });
  const { port } = served.flow;
  const lines = ["X-TENANT: a", "x-Tenant: b", "x!odd: odd", "x-empty:", "Cookie: a=1; b=2"];
  using client = await RawClient.connect(port);
  const body = '{"data":[{}]}';
  const head = ["POST /odd HTTP/1.1", "host: localhost", `content-length: ${body.length}`, ...lines];
  await client.send([...head, "", body].join("\r\n"));
  assertEquals(tagsIn(await client.read()), ODD);
  await client.send(["POST /post HTTP/1.1", ...head.slice(1), "", body].join("\r\n"));
  assertEquals(tagsIn(await client.read()), ODD, "the default handler");
});

Deno.test("a header of gRPC's metadata is one text, in base64 where it is binary", async () => {
  await using served = await Served.start({ uses: Odd, name: "odd" }, { protocol: "grpc" });
  const client = new GrpcClient(served.flow.port);
  const metadata = new Metadata();
  metadata.add("X-Tenant", "a");
  metadata.add("x-tenant", "b");
  metadata.add("cookie", "a=1; b=2");
  metadata.add("x-raw-bin", Buffer.from([255, 0, 1]));
  const request = requestOf("r");
  const answer = await new Promise<Uint8Array>((resolve, reject) =>
    client.makeUnaryRequest(
      SINGLE,
      (bytes: Uint8Array) => Buffer.from(bytes),
      (bytes) => new Uint8Array(bytes),
      request,
      metadata,
      (error, bytes) => error ? reject(error) : resolve(bytes!),
    )
  );
  client.close();
  const [doc] = decodeDocuments1(readRequest(answer).docs!);
  assertEquals(doc.tags, { "x-tenant": "a, b", cookie: "a=1; b=2", "x-raw-bin": "/wAB" });
});

Deno.test("headers do not reach a handler that asks for none, nor one of another Executor", async () => {
  await using served = await Served.start([{ uses: First, name: "first" }, { uses: Odd, name: "odd" }]);
  const client = new Client({ port: served.flow.port, headers: { "x-tenant": "t", authorization: "a" } });
  const [{ tags }] = await client.post("/both", {});
  assertEquals(tags, { First: { authorization: "a" }, "x-tenant": "t" });
});

Deno.test("a reload changes the headers that a handler gets", async () => {
  await using folder = await TempFolder.make();
  const source = (headers: string[]) =>
    `import { Executor } from ${JSON.stringify(PACKAGE)};
export class Mine extends Executor {
  static requests = { "/note": { method: "note", headers: ${JSON.stringify(headers)} } };
  note(docs, { headers }) { for (const doc of docs) doc.tags = { ...headers }; }
}
`;
  const uses = await folder.write("mine.ts", source(["X-A"]));
  await using served = await Served.start({ uses, name: "mine", reload: true });
  const client = new Client({ port: served.flow.port, headers: { "x-a": "1", "x-b": "2" } });
  const tags = async () => (await client.post("/note", {}))[0].tags;
  assertEquals(await tags(), { "x-a": "1" });
  for (
    const [version, headers, expected] of [[2, ["x-b", "X-A"], { "x-a": "1", "x-b": "2" }], [
      3,
      [],
      {},
    ]] as const
  ) {
    await folder.write("mine.ts", source([...headers]));
    await served.log.waitFor(new RegExp(`version ${version} serves`));
    assertEquals(await tags(), expected);
  }
});

Deno.test("headers of static requests that are no names fail the load, and so do those of a batch", async () => {
  await using folder = await TempFolder.make();
  const bad: Record<string, string> = {
    '"authorization"':
      'headers "authorization" in "/note" of the `static requests` of Mine: expected a list of header names',
    '["a b"]': "expected a list of header names",
    "[1]": "expected a list of header names",
    '["a"], batch: { size: 2, wait: 0 }':
      'headers together with batch in "/note" of the `static requests` of Mine',
  };
  for (const [index, [headers, message]] of Object.entries(bad).entries()) {
    const uses = await folder.write(
      `mine${index}.ts`,
      `import { Executor } from ${JSON.stringify(PACKAGE)};
export class Mine extends Executor {
  static requests = { "/note": { method: "note", headers: ${headers} } };
  note() {}
}
`,
    );
    const error = await assertRejects(() => new Flow({ port: 0 }).add({ uses }).start(), LoadError);
    assertStringIncludes(error.message, message);
  }
});

/** The tags of the first document in an answer's text. */
function tagsIn(answer: string): unknown {
  return JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))).data[0].tags;
}

Deno.test("requests() refuses headers that are no names, and headers of a batch", () => {
  const define = (options: object) => () => void requests({ on: "/a", ...options });
  assertThrows(define({ headers: "authorization" }), TypeError, "expected a list of header names");
  assertThrows(define({ headers: ["a b"] }), TypeError, 'such as ["authorization"]');
  const batch = { size: 2, wait: 0 };
  assertThrows(define({ headers: ["a"], batch }), TypeError, "headers together with batch");
});
