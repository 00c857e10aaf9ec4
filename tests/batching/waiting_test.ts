/** When batches start, on real workers: a request never waits for a time that is over or that nothing needs. */
import { assertEquals } from "@std/assert";
import { Client } from "../../mod.ts";
import { Samples } from "../metrics/_samples.ts";
import { Served } from "../flow/_serve.ts";
import { askForEvents, eventsOf } from "../support/events.ts";
import { inTime } from "../support/in_time.ts";
import { Latch } from "../support/latch.ts";
import { Batches } from "./_batches.ts";
import { docsOf, inFlight, post, tagsOf } from "./_clients.ts";

Deno.test("a batch that waits starts when the last one that runs has ended", async () => {
  await using served = await Served.start({ uses: Batches });
  await using latch = new Latch();
  const first = post(served, "/hold", "a", latch.url);
  await latch.reached();
  const others = ["b", "c"].map((id) => post(served, "/hold", id));
  await inFlight(served, 3);
  latch.open();
  assertEquals((await Promise.all([first, ...others])).map((reply) => tagsOf(reply).requests), [1, 2, 2]);
});

Deno.test("clients over HTTP, gRPC, WebSocket, and those that stream, share a batch", async () => {
  await using served = await Served.start({ uses: Batches }, { protocol: ["http", "grpc"] });
  await using latch = new Latch();
  const [http, grpc] = served.flow.ports;
  const first = post(served, "/hold", "a", latch.url);
  await latch.reached();
  const clients = [
    new Client({ port: http }),
    new Client({ port: grpc, protocol: "grpc" }),
    new Client({ port: http, protocol: "websocket" }),
  ];
  const answers = clients.map((client, index) => client.post("/hold", [{ id: `c${index}`, text: "" }]));
  const events = askForEvents(served.at("/hold"), { data: [{ id: "events" }] })
    .then((response) => Array.fromAsync(eventsOf(response)));
  await inFlight(served, 5);
  latch.open();
  for (const [index, [{ id, tags }]] of (await Promise.all(answers)).entries()) {
    assertEquals([id, tags], [`c${index}`, { endpoint: "/hold", requests: 4 }]);
  }
  const [{ data }] = await events;
  assertEquals([data.id, data.tags], ["events", { endpoint: "/hold", requests: 4 }]);
  await first;
});

Deno.test("each endpoint of a method has batches of its own, and so has each of the default handler", async () => {
  await using served = await Served.start({ uses: Batches });
  await using latch = new Latch();
  const held = post(served, "/hold", "a", latch.url);
  await latch.reached();
  assertEquals(tagsOf(await post(served, "/hold-too", "b")), { endpoint: "/hold-too", requests: 1 });
  const others = await Promise.all(["/one", "/two", "/one", "/three"].map(async (execEndpoint) => {
    const reply = await served.post("/post", { data: [{}], execEndpoint });
    assertEquals(tagsOf(reply).endpoint, execEndpoint);
    return tagsOf(reply).requests;
  }));
  assertEquals(others.filter((requests) => requests > 2), []);
  latch.open();
  assertEquals(tagsOf(await held), { endpoint: "/hold", requests: 1 });
});

Deno.test("with a wait of 0 a request does not wait for the batch that runs, with a size of 1 for none", async () => {
  await using served = await Served.start({ uses: Batches });
  await using latch = new Latch();
  const held = post(served, "/at-once", "a", latch.url);
  await latch.reached();
  assertEquals(tagsOf(await post(served, "/at-once", "b")).requests, 1);
  latch.open();
  await held;
  const alone = await Promise.all(["a", "b", "c", "d"].map((id) => post(served, "/alone", id)));
  assertEquals(alone.map((reply) => tagsOf(reply).requests), [1, 1, 1, 1]);
});

Deno.test("the signal of a batch fires when all of its clients are gone", async () => {
  await using served = await Served.start({ uses: Batches });
  await using latches = new Latch();
  const gone = [new AbortController(), new AbortController()];
  const clients = gone.map(({ signal }, index) =>
    fetch(served.at("/hold"), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ data: [{ id: `${index}`, text: latches.url }] }),
      signal,
    }).then(() => "answered", () => "gone")
  );
  await inFlight(served, 2);
  await latches.reached();
  gone[0].abort();
  await inFlight(served, 1);
  assertEquals(served.log.lines.filter((line) => line.includes("gone:")), []);
  gone[1].abort();
  await served.log.waitFor(/gone: \d requests/);
  assertEquals(await Promise.all(clients), ["gone", "gone"]);
});

Deno.test("GET /metrics counts a batch whose first client is gone, and one that failed", async () => {
  await using served = await Served.start({ uses: Batches, name: "ex" });
  await using first = new Latch();
  await using second = new Latch();
  const held = post(served, "/hold", "a", first.url);
  await first.reached();
  const leaving = new AbortController();
  const body = JSON.stringify({ data: docsOf("b", 2, second.url) });
  const headers = { "content-type": "application/json" };
  const left = fetch(served.at("/hold"), { method: "POST", headers, body, signal: leaving.signal })
    .then(() => "answered", () => "gone");
  await inFlight(served, 2);
  const stays = post(served, "/hold", "c", second.url);
  await inFlight(served, 3);
  first.open();
  await held;
  await second.reached();
  leaving.abort();
  assertEquals(await left, "gone");
  await inFlight(served, 1);
  second.open();
  assertEquals(tagsOf(await stays).requests, 2);
  await served.post("/number", { data: docsOf("d", 3, "fail") });
  const samples = await Samples.of(served.at("/metrics"));
  const of = (endpoint: string, name: string) => samples.get(name, { deployment: "ex", endpoint });
  assertEquals(of("/hold", "hotflow_batch_documents_count"), 2);
  assertEquals(of("/hold", "hotflow_batch_documents_sum"), 4);
  assertEquals(of("/hold", "hotflow_batch_requests_sum"), 3);
  assertEquals(of("/number", "hotflow_batch_documents_sum"), 3);
});

Deno.test("Flow.close() starts the batches that wait, and answers their clients", async () => {
  await using first = new Latch();
  await using second = new Latch();
  const served = await Served.start({ uses: Batches });
  const held = post(served, "/hold", "a", first.url);
  await first.reached();
  const waiting = post(served, "/hold", "b", second.url);
  await inFlight(served, 2);
  const closing = served.flow.close();
  await second.reached();
  first.open();
  second.open();
  assertEquals((await Promise.all([held, waiting])).map(({ status }) => status), [200, 200]);
  await inTime(closing, "close()");
});
