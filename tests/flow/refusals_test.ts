import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BadClientError, Client, type ClientOptions, type Document, RequestError } from "../../mod.ts";
import { SocketClient } from "../support/socket_client.ts";
import { Served } from "./_serve.ts";
import { Counts, Refuses } from "./_refuses.ts";

/** The line of a refusal. */
const LINE = /^INFO refuses\/rep-0 refused a request for \/find: 404 no, since 404$/;

Deno.test("a RequestError is the answer over HTTP, logged at info and not as an error", async () => {
  await using served = await Served.start({ uses: Refuses, name: "refuses" });
  const reply = await served.post("/find", { data: [{ text: "404" }] });
  assertEquals(reply, { status: 404, body: { detail: "no, since 404" } });
  assertEquals(await served.post("/copy", {}), { status: 410, body: { detail: "gone" } });
  await served.log.waitFor(LINE);
  assert(!served.log.lines.some((line) => line.startsWith("ERROR")), served.log.lines.join("\n"));
});

Deno.test("a RequestError has its status before a stream of events, and is an event in one", async () => {
  await using served = await Served.start({ uses: Refuses, name: "refuses" });
  const ask = (path: string) =>
    fetch(served.at(path), {
      method: "POST",
      headers: { accept: "text/event-stream", "content-type": "application/json" },
      body: JSON.stringify({ data: [{ text: "403" }] }),
    });
  const early = await ask("/find");
  assertEquals([early.status, await early.json()], [403, { detail: "no, since 403" }]);
  const first = await ask("/early");
  assertEquals([first.status, await first.json()], [412, { detail: "too early" }]);
  const late = await ask("/late");
  const text = await late.text();
  assertEquals(late.status, 200);
  assert(text.includes("event: update\n"), text);
  assert(text.endsWith('event: error\ndata: {"status":409,"detail":"too late"}\n\n'), text);
});

Deno.test("a RequestError is the message of a WebSocket, which stays open", async () => {
  await using served = await Served.start({ uses: Refuses, name: "refuses" });
  using socket = await SocketClient.open(served.flow.port);
  for (const status of ["404", "429"]) {
    socket.send(JSON.stringify({ data: [{ text: status }], execEndpoint: "/find" }));
    assertEquals(await socket.json(), { detail: `no, since ${status}` });
  }
});

/** A client of each protocol. */
function clientsOf(served: Served): Client[] {
  const [http, grpc] = served.flow.ports;
  return [[http, "http"], [http, "websocket"], [grpc, "grpc"]].map(([port, protocol]) =>
    new Client({ port, protocol } as ClientOptions)
  );
}

const BOTH = { protocol: ["http", "grpc"], port: [0, 0] } as const;

Deno.test("a RequestError of each status is the same BadClientError of the client, by each protocol", async () => {
  await using served = await Served.start({ uses: Refuses, name: "refuses" }, BOTH);
  for (const client of clientsOf(served)) {
    for (let status = 400; status <= 499; status++) {
      const error = await assertRejects(
        () => client.post("/find", { text: String(status) }),
        BadClientError,
      );
      assertEquals([error.status, error.message], [status, `no, since ${status}`]);
    }
  }
  assert(!served.log.lines.some((line) => /^(ERROR|WARNING)/.test(line)), served.log.lines.join("\n"));
});

Deno.test("a RequestError of a generator is the same error by each protocol, before and after a document", async () => {
  await using served = await Served.start({ uses: Refuses, name: "refuses" }, BOTH);
  for (const client of clientsOf(served)) {
    const early = await assertRejects(() => collect(client.stream("/early", {})), BadClientError);
    assertEquals([early.status, early.message], [412, "too early"]);
    const whole = await assertRejects(() => client.post("/late", {}), BadClientError);
    assertEquals([whole.status, whole.message], [409, "too late"]);
    const late = await assertRejects(() => collect(client.stream("/late", {})), BadClientError);
    assertEquals([late.status, late.message], [409, "too late"]);
  }
});

async function collect(stream: AsyncIterable<Document>): Promise<Document[]> {
  return await Array.fromAsync(stream);
}

Deno.test("a RequestError refuses all requests of a batch", async () => {
  await using served = await Served.start({ uses: Refuses, name: "refuses" });
  const ask = () => served.post("/batch", { data: [{}] });
  const refused = { status: 418, body: { detail: "no batch" } };
  assertEquals(await Promise.all([ask(), ask(), ask()]), [refused, refused, refused]);
});

Deno.test("a RequestError ends a chain, and is the answer when one of several branches throws it", async () => {
  const counts = { uses: Counts, name: "counts" };
  const body = { data: [{ text: "404" }] };
  const refused = { status: 404, body: { detail: "no, since 404" } };
  const before = { uses: Counts, name: "before" };
  await using chain = await Served.start([before, { uses: Refuses, name: "refuses" }, counts]);
  assertEquals(await chain.post("/find", body), refused);
  const { body: { data } } = await chain.post("/", { data: [{}] });
  assertEquals(data[0].tags, { count: 1 }, "the last one has not had the refused request");
  const branches = [{ uses: Refuses, name: "refuses", needs: "gateway" }, { ...counts, needs: "gateway" }];
  await using parallel = await Served.start(branches, {}, (flow) => flow.needsAll());
  assertEquals(await parallel.post("/find", body), refused);
});

Deno.test("a RequestError with another status is an error of the handler, which names it", async () => {
  await using served = await Served.start({ uses: Refuses, name: "refuses" });
  for (const text of ["500", "200", "404.5", "null", '"404"']) {
    const { status, body } = await served.post("/bad", { data: [{ text }] });
    const expected = "expected a whole number from 400 to 499";
    assertEquals(status, 500);
    assertEquals(
      body.header.status.description,
      `RangeError: Cannot refuse a request with status ${text}: ${expected}`,
    );
  }
  const error = assertThrows(() => new RequestError(500, "no"), RangeError);
  assertEquals((error as { code?: unknown }).code, "INVALID_ARGUMENT");
});
