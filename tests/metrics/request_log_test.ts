/** The request log, and the outcomes that metrics have, over each front and for each way in which a request ends. */
import { assertEquals, assertMatch } from "@std/assert";
import { Client } from "../../mod.ts";
import { Served } from "../flow/_serve.ts";
import { SocketClient } from "../support/socket_client.ts";
import { Ex } from "../flow/_executors.ts";
import { Second } from "./_executors.ts";
import { logged } from "./_logged.ts";
import { Samples } from "./_samples.ts";

const HEADERS = { "content-type": "application/json" };

/** The body of a request whose id is `id`. */
function bodyOf(id: string, endpoint: string, documents = 2) {
  return {
    header: { requestId: id },
    execEndpoint: endpoint,
    data: Array.from({ length: documents }, () => ({})),
  };
}

/** The line of a request, without its milliseconds. */
async function lineOf({ log }: Served, pattern: string): Promise<string> {
  const { message } = await log.waitFor(new RegExp(`^DEBUG gateway ${pattern}`));
  return message.replaceAll(/\d+\.\d ms/g, "* ms");
}

Deno.test("Flow logs one line a request at debug, and none otherwise", async () => {
  const linesOf = async () => {
    await using served = await Served.start([{ uses: Ex, name: "a" }, { uses: Second, name: "b" }]);
    for (const id of ["r1", "r2"]) await served.post("/post", bodyOf(id, "/foo"));
    return served.log.records.filter(({ name, level }) => name === "gateway" && level === "debug")
      .map(({ message }) => message);
  };
  assertEquals(await linesOf(), []);
  Deno.env.set("HOTFLOW_LOG_LEVEL", "debug");
  try {
    const lines = await linesOf();
    assertEquals(lines.length, 2);
    assertMatch(lines[0], /^r1 \/foo 200: 2 documents, [\d.]+ ms \(a [\d.]+ ms, b [\d.]+ ms\)$/);
  } finally {
    Deno.env.delete("HOTFLOW_LOG_LEVEL");
  }
});

Deno.test("the request log has the status of each outcome over HTTP", async () => {
  await logged({}, async (served) => {
    const bodies = ["/done", "/refuse", "/fail", "/nowhere"].map((endpoint) =>
      bodyOf(endpoint.slice(1), endpoint)
    );
    for (const body of bodies) await served.post("/post", body);
    await served.post("/done", { data: 5 });
    assertEquals(await lineOf(served, "done"), "done /done 200: 2 documents, * ms (ways * ms)");
    assertEquals(await lineOf(served, "refuse"), "refuse /refuse 409: 2 documents, * ms (ways * ms)");
    assertEquals(await lineOf(served, "fail"), "fail /fail 500: 2 documents, * ms (ways * ms)");
    assertEquals(await lineOf(served, "nowhere"), "nowhere /nowhere 404: * ms");
    assertEquals(await lineOf(served, "[0-9a-f]+ /done 422").then(endOf), "/done 422: * ms (ways * ms)");
  });
});

/** A line without the id that the gateway has made. */
function endOf(line: string): string {
  return line.replace(/^[0-9a-f]{32} /, "");
}

Deno.test("a request whose client is gone is cancelled, in the log and in the metrics", async () => {
  await logged({}, async (served) => {
    const gone = new AbortController();
    const asked = fetch(served.at("/wait"), {
      method: "POST",
      headers: HEADERS,
      body: JSON.stringify(bodyOf("a", "/wait")),
      signal: gone.signal,
    }).catch(() => {});
    await served.log.waitFor(/ways\/rep-0 begun/);
    gone.abort();
    await asked;
    assertEquals(await lineOf(served, "a"), "a /wait 499: 2 documents, * ms (ways * ms)");
    const samples = await Samples.of(served.at("/metrics"));
    const at = { endpoint: "/wait", outcome: "cancelled" };
    assertEquals(samples.get("hotflow_requests_total", at), 1);
    assertEquals(samples.get("hotflow_calls_total", { ...at, deployment: "ways" }), 1);
  });
});

Deno.test("the request log has requests over gRPC, WebSocket and flow.fetch, streams and batches", async () => {
  await logged({ protocol: ["http", "grpc"], port: [0, 0] }, async (served) => {
    const [port, grpc] = served.flow.ports;
    const client = new Client({ port: grpc, protocol: "grpc" });
    await client.post("/done", [{}, {}, {}]);
    assertEquals(
      endOf(await lineOf(served, "[0-9a-f]+ /done 200: 3")),
      "/done 200: 3 documents, * ms (ways * ms)",
    );
    await client.post("/refuse", {}).catch(() => {});
    assertEquals(
      endOf(await lineOf(served, "[0-9a-f]+ /refuse")),
      "/refuse 409: 1 document, * ms (ways * ms)",
    );

    using socket = await SocketClient.open(port);
    socket.send(bodyOf("socket", "/done"));
    await socket.json();
    assertEquals(await lineOf(served, "socket"), "socket /done 200: 2 documents, * ms (ways * ms)");

    const body = JSON.stringify(bodyOf("inside", "/done"));
    const request = new Request("http://a/post", { method: "POST", headers: HEADERS, body });
    await served.flow.fetch(request);
    assertEquals(await lineOf(served, "inside"), "inside /done 200: 2 documents, * ms (ways * ms)");

    const accept = { ...HEADERS, accept: "text/event-stream" };
    const text = JSON.stringify(bodyOf("stream", "/stream"));
    await (await fetch(served.at("/post"), { method: "POST", headers: accept, body: text })).text();
    assertEquals(await lineOf(served, "stream"), "stream /stream 200: 2 documents, * ms (ways * ms)");

    await Promise.all(["b1", "b2"].map((id, index) => served.post("/post", bodyOf(id, "/batch", 1 + index))));
    assertEquals(await lineOf(served, "b1"), "b1 /batch 200: 1 document, * ms (ways * ms)");
    assertEquals(await lineOf(served, "b2"), "b2 /batch 200: 2 documents, * ms (ways * ms)");
    assertEquals(served.log.count(/^DEBUG gateway [^ ]+ \/\w+ \d{3}: /), 7);
  });
});
