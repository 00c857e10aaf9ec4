import { assert, assertEquals, assertRejects } from "@std/assert";
import { BadClientError, Client } from "../../mod.ts";
import { SocketClient } from "../support/socket_client.ts";
import { Served } from "./_serve.ts";
import { Refuses } from "./_refuses.ts";

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

Deno.test("a RequestError is a BadClientError of the client, by each protocol", async () => {
  await using served = await Served.start({ uses: Refuses, name: "refuses" }, {
    protocol: ["http", "grpc"],
    port: [0, 0],
  });
  const [http, grpc] = served.flow.ports;
  for (const [port, protocol] of [[http, "http"], [http, "websocket"], [grpc, "grpc"]] as const) {
    const client = new Client({ port, protocol });
    const error = await assertRejects(
      () => client.post("/find", { text: "404" }),
      BadClientError,
      undefined,
      protocol,
    );
    assert(error.message.includes("no, since 404"), error.message);
    assertEquals(error.status, 404);
  }
});
