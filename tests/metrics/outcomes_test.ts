/** What the metrics and the request log have of requests that do not end well. */
import { assert, assertEquals } from "@std/assert";
import { Client, type FlowOptions } from "../../mod.ts";
import { Served } from "../flow/_serve.ts";
import { Ways } from "./_executors.ts";
import { logged } from "./_logged.ts";
import { Samples } from "./_samples.ts";

const HEADERS = { "content-type": "application/json" };
const DOCS = [{ text: "a" }, { text: "b" }, { text: "c" }];
const BOTH: FlowOptions = { protocol: ["http", "grpc"], port: [0, 0] };

/** The requests, calls and documents of an endpoint. */
function counts(samples: Samples, endpoint: string, outcome: string): (number | undefined)[] {
  const at = { deployment: "ways", endpoint };
  return [
    samples.get("hotflow_requests_total", { endpoint, outcome }),
    samples.get("hotflow_calls_total", { ...at, outcome }),
    samples.get("hotflow_documents_total", at),
  ];
}

/** The lines of the request log, without their times. */
function linesOf({ log }: Served): string[] {
  return log.records.filter(({ name, level }) => name === "gateway" && level === "debug")
    .map(({ message }) => message.replaceAll(/\d+\.\d ms/g, "* ms"));
}

function bodyOf(execEndpoint: string, requestId: string, data: readonly object[] = DOCS) {
  return { header: { requestId }, execEndpoint, data };
}

for (const [endpoint, outcome] of [["/refuse", "refused"], ["/typed", "invalid"], ["/fail", "failed"]]) {
  Deno.test(`a request whose body names ${endpoint} is ${outcome} under this endpoint, with its documents and its id`, async () => {
    await logged(BOTH, async (served) => {
      await served.post("/post", bodyOf(endpoint, "mine"));
      const client = new Client({ port: served.flow.ports[1], protocol: "grpc" });
      await client.post(endpoint, [{}, {}]).catch(() => {});
      const samples = await Samples.of(served.at("/metrics"));
      assertEquals(counts(samples, endpoint, outcome), [2, 2, 5]);
      assertEquals(samples.labels("hotflow_calls_total", "endpoint"), [endpoint]);
      const status = { refused: 409, invalid: 422, failed: 500 }[outcome];
      assertEquals(linesOf(served)[0], `mine ${endpoint} ${status}: 3 documents, * ms (ways * ms)`);
    });
  });
}

for (const protocol of ["http", "grpc", "websocket"] as const) {
  Deno.test(`a call whose client is gone has the endpoint and the documents of its body, over ${protocol}`, async () => {
    await logged(BOTH, async (served) => {
      const port = served.flow.ports[protocol === "grpc" ? 1 : 0];
      const gone = new AbortController();
      const asked = new Client({ port, protocol }).post("/wait", [{}, {}], { signal: gone.signal })
        .catch(() => {});
      await served.log.waitFor(/ways\/rep-0 begun/);
      gone.abort();
      await asked;
      await served.log.waitFor(/^DEBUG gateway .* 499/);
      const samples = await Samples.of(served.at("/metrics"));
      assertEquals(counts(samples, "/wait", "cancelled"), [1, 1, 2]);
    });
  });
}

Deno.test("a batch that refuses its requests is counted as a batch", async () => {
  await logged({}, async (served) => {
    // Together they fill a batch.
    await Promise.all([1, 2, 3].map(() => served.post("/refuse-batch", { data: [{}] })));
    const samples = await Samples.of(served.at("/metrics"));
    const at = { deployment: "ways", endpoint: "/refuse-batch" };
    assertEquals(counts(samples, "/refuse-batch", "refused"), [3, 3, 3]);
    assertEquals(samples.get("hotflow_batch_documents_sum", at), 3);
    assertEquals(samples.get("hotflow_batch_requests_sum", at), 3);
  });
});

Deno.test("a request that does not reach a handler or its schemas is no call of the Executor", async () => {
  await logged({}, async (served) => {
    await served.post("/post", { ...bodyOf("/done", "a"), targetExecutor: "(" });
    await served.post("/post", bodyOf("/done", "b", [{ text: {} }]));
    await served.post("/done", "{");
    const samples = await Samples.of(served.at("/metrics"));
    assertEquals(samples.labels("hotflow_calls_total", "endpoint"), []);
    assertEquals(samples.get("hotflow_requests_total", { endpoint: "/done", outcome: "invalid" }), 3);
    assertEquals(linesOf(served).slice(0, 2), [
      "a /done 422: * ms (ways * ms)",
      "b /done 422: * ms (ways * ms)",
    ]);
  });
});

Deno.test("the request log has one short line a request, whatever its client sends", async () => {
  await logged({}, async (served) => {
    await served.post("/post", bodyOf("/a\nb\u2028", "id\nFORGED"));
    await served.post("/post", bodyOf(`/${"x".repeat(5_000)}`, "y".repeat(5_000)));
    await served.post("/refuse", {});
    const [first, second] = linesOf(served);
    assertEquals(first, "id\\nFORGED /a\\nb\\u2028 404: * ms");
    assert(second.length < 1_000, second);
    const { message } = await served.log.waitFor(/refused a request/);
    assertEquals(message, "refused a request for /refuse: 409 not now,\\nbut later");
  });
});

Deno.test("the duration of a request begins before the middleware, and that of a call does not", async () => {
  const middleware = [async (_: unknown, next: () => Promise<void>) => {
    await new Promise((resolve) => setTimeout(resolve, 60));
    await next();
  }];
  await using served = await Served.start({ uses: Ways, name: "ways" }, { middleware });
  await served.post("/done", { data: DOCS });
  const samples = await Samples.of(served.at("/metrics"));
  const request = samples.get("hotflow_request_duration_seconds_sum", { endpoint: "/done" }) ?? 0;
  const at = { deployment: "ways", endpoint: "/done" };
  const call = samples.get("hotflow_call_duration_seconds_sum", at) ?? 0;
  assert(request - call >= 0.055);
});

Deno.test("the duration of a request begins before its body is read", async () => {
  await using served = await Served.start({ uses: Ways, name: "ways" });
  const chunks = ['{"data":', "[]}"].map((text) => new TextEncoder().encode(text));
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = chunks.shift();
      if (chunk === undefined) return controller.close();
      controller.enqueue(chunk);
      await new Promise((resolve) => setTimeout(resolve, 60));
    },
  });
  await (await fetch(served.at("/done"), { method: "POST", headers: HEADERS, body })).text();
  const samples = await Samples.of(served.at("/metrics"));
  const request = samples.get("hotflow_request_duration_seconds_sum", { endpoint: "/done" }) ?? 0;
  const at = { deployment: "ways", endpoint: "/done" };
  assert(request - (samples.get("hotflow_call_duration_seconds_sum", at) ?? 0) >= 0.055);
});
