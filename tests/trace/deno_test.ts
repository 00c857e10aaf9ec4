/** Traces of real processes on Deno, rebuilt from what they export. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { TempFolder } from "../support/temp_folder.ts";
import { CLIENT, Receiver } from "./_receiver.ts";

const ROOT = join(import.meta.dirname ?? "", "../..");
const MOD = JSON.stringify(join(ROOT, "mod.ts"));

const EXECUTOR = `import { Executor, RequestError } from ${MOD};
import { trace } from "@opentelemetry/api";
const tracer = trace.getTracer("user");
export class Mine extends Executor {
  static requests = { "/embed": "embed", "/stream": "stream", "/fail": "fail", "/refuse": "refuse", "/batch": { method: "batch", batch: { size: 3, wait: 60_000 } } };
  async embed() {
    await tracer.startActiveSpan("model", async (span) => {
      await Promise.resolve();
      this.logger.info("embedding");
      span.end();
    });
  }
  async *stream(docs) {
    for (const doc of docs) {
      await Promise.resolve();
      tracer.startSpan("piece").end();
      yield doc;
    }
  }
  batch(docs) {
    tracer.startSpan("batched").end();
  }
  fail() { throw new TypeError("no model"); }
  refuse() { throw new RequestError(404, "no such index"); }
}
`;

/** Runs a Flow of two Executors whose HTTP and gRPC ports are `http` and `grpc`, in a process that traces. */
async function traced(script: string, receiver: Receiver, env: Record<string, string> = {}) {
  await using folder = await TempFolder.make();
  await folder.write("mine.ts", EXECUTOR);
  await folder.write(
    "flow.ts",
    `import { Client, Flow } from ${MOD};
const uses = "./mine.ts";
const flow = await new Flow({ port: [0, 0], protocol: ["http", "grpc"] })
  .add({ uses, name: "first" }).add({ uses, name: "second" }).start();
const [http, grpc] = flow.ports;
const traceparent = "${CLIENT.traceparent}";
${script}
await flow.close();
`,
  );
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", join(ROOT, "deno.json"), join(folder.path, "flow.ts")],
    cwd: folder.path,
    env: { OTEL_DENO: "true", ...receiver.env, ...env, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const [out, log] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(code, 0, log);
  return { out, log };
}

const POST = `const post = (endpoint, data = [{ text: "a" }, { text: "b" }], accept = "application/json") =>
  fetch(\`http://127.0.0.1:\${http}\${endpoint}\`, {
    method: "POST",
    headers: { "content-type": "application/json", accept, traceparent },
    body: JSON.stringify({ data }),
  }).then((response) => response.text());
`;

Deno.test("OTEL_DENO: a request over HTTP is Deno's server span, with a child for each deployment, and the handler's below", async () => {
  await using receiver = new Receiver();
  const { log } = await traced(`${POST} await post("/embed");`, receiver);
  const server = receiver.spans.filter(({ kind, scope }) => kind === 2 && scope === "deno");
  assertEquals(server.length, 1);
  assertEquals(server[0].parentSpanId, CLIENT.spanId);
  assertEquals(receiver.tree(CLIENT.traceId), [
    "deno: POST /embed",
    "  hotflow: first",
    "    user: model",
    "  hotflow: second",
    "    user: model",
  ]);
  assertEquals(server[0].attributes["http.route"], "/embed");
  assertEquals(receiver.span("first").attributes, {
    "hotflow.deployment": "first",
    "hotflow.replica": "first/rep-0",
    "hotflow.version": 1,
    "hotflow.outcome": "done",
    "hotflow.endpoint": "/embed",
    "hotflow.documents": 2,
  });
  assertMatch(log, new RegExp(`first/rep-0@\\d+ embedding .*\\[trace ${CLIENT.traceId}\\]`));
});

Deno.test("OTEL_DENO: the spans of a generator that is streamed are children of the deployment's", async () => {
  await using receiver = new Receiver();
  await traced(`${POST} await post("/stream", undefined, "text/event-stream");`, receiver);
  const pieces = receiver.spans.filter(({ name }) => name === "piece");
  const deployments = ["first", "second"].map((name) => receiver.span(name).spanId);
  assertEquals(pieces.length, 4);
  for (const { parentSpanId = "" } of pieces) assert(deployments.includes(parentSpanId));
});

Deno.test("OTEL_DENO: a handler that throws makes the span of its deployment an error, and the log line has the trace", async () => {
  await using receiver = new Receiver();
  const { log } = await traced(`${POST} await post("/fail");`, receiver);
  const { status, events, attributes } = receiver.span("first");
  assertEquals([status, events, attributes["hotflow.outcome"]], [2, ["exception"], "failed"]);
  assertMatch(log, new RegExp(`ERROR .*no model[^]*\\[trace ${CLIENT.traceId}\\]`));
});

Deno.test("OTEL_DENO: each load is a span of its own", async () => {
  await using receiver = new Receiver();
  await traced("await flow.reload();", receiver);
  const { attributes, events, parentSpanId } = receiver.span("reload second");
  assertEquals(attributes, {
    "hotflow.deployment": "second",
    "hotflow.version": 2,
    "hotflow.load.kind": "reload",
  });
  assertEquals([events, parentSpanId ?? ""], [["served"], ""]);
  receiver.span("start first");
});

/** Asks the Flow over gRPC from another process: Deno's own span of the client would replace the header. */
const askGrpc = (endpoint: string) =>
  `await Deno.writeTextFile("ask.ts", \`import { Client } from ${MOD};
const client = new Client({ port: \${grpc}, protocol: "grpc", metadata: { traceparent: "\${traceparent}" } });
await client.post("${endpoint}", { text: "a" }).catch(() => {});\`);
const args = ["run", "-A", "--no-check", "--config", ${JSON.stringify(join(ROOT, "deno.json"))}, "ask.ts"];
await new Deno.Command(Deno.execPath(), { args, env: { OTEL_DENO: "false" } }).output();
`;

const RPC = "jina.JinaSingleDataRequestRPC/process_single_data";

Deno.test("OTEL_DENO: a request over gRPC is Deno's server span, with the name of the method", async () => {
  await using receiver = new Receiver();
  await traced(askGrpc("/embed"), receiver);
  assertEquals(receiver.tree(CLIENT.traceId), [
    `deno: ${RPC}`,
    "  hotflow: first",
    "    user: model",
    "  hotflow: second",
    "    user: model",
  ]);
  const { parentSpanId, attributes, status } = receiver.span(RPC);
  assertEquals([parentSpanId, attributes["rpc.grpc.status_code"], status], [CLIENT.spanId, 0, 0]);
});

Deno.test("OTEL_DENO: a refusal over gRPC is no error of the span, and has its code", async () => {
  await using receiver = new Receiver();
  await traced(askGrpc("/refuse"), receiver);
  const { attributes, status, events } = receiver.span(RPC);
  assertEquals([attributes["rpc.grpc.status_code"], status, events], [5, 0, []]);
});

Deno.test("OTEL_DENO: a request over gRPC or WebSocket whose handler throws is an error", async () => {
  await using receiver = new Receiver();
  await traced(
    `${askGrpc("/fail")}
for (const [protocol, endpoint] of [["json", "/fail"], ["bytes", "/fail"], ["json", "/refuse"]]) {
  const socket = new WebSocket(\`ws://127.0.0.1:\${http}/\`, protocol);
  socket.binaryType = "arraybuffer";
  await new Promise((resolve) => socket.onopen = resolve);
  const answered = new Promise((resolve) => socket.onmessage = resolve);
  const json = JSON.stringify({ execEndpoint: endpoint, data: [{}] });
  socket.send(protocol === "json" ? json : new Uint8Array([0x0a, 7, 0x1a, 5, ...new TextEncoder().encode(endpoint)]));
  await answered;
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
}`,
    receiver,
  );
  const { attributes, status } = receiver.span(RPC);
  assertEquals([attributes["rpc.grpc.status_code"], status], [0, 2]);
  const messages = receiver.spans.filter(({ name }) => name === "WebSocket message");
  assertEquals(messages.map(({ status }) => status), [2, 2, 0]);
});

Deno.test("OTEL_DENO: each message of a WebSocket is a server span of its own, whose parent is the client's", async () => {
  await using receiver = new Receiver();
  const { log } = await traced(
    `const socket = new WebSocket(\`ws://127.0.0.1:\${http}/\`, { headers: { traceparent } });
await new Promise((resolve) => socket.onopen = resolve);
for (const text of ["a", "b"]) {
  const answered = new Promise((resolve) => socket.onmessage = resolve);
  socket.send(JSON.stringify({ execEndpoint: "/embed", data: [{ text }] }));
  await answered;
}
const closed = new Promise((resolve) => socket.onclose = resolve);
socket.close();
await closed;`,
    receiver,
    { HOTFLOW_LOG_LEVEL: "debug" },
  );
  const line = new RegExp(`DEBUG  gateway@\\d+ \\S+ /embed 200: .*\\[trace ${CLIENT.traceId}\\]`, "g");
  assertEquals(log.match(line)?.length, 2);
  const messages = receiver.spans.filter(({ name }) => name === "WebSocket message");
  assertEquals(messages.map(({ parentSpanId, kind }) => [parentSpanId, kind]), [
    [CLIENT.spanId, 2],
    [CLIENT.spanId, 2],
  ]);
  const below = ["  hotflow: first", "    user: model", "  hotflow: second", "    user: model"];
  const tree = receiver.tree(CLIENT.traceId).filter((line) => !line.startsWith("deno: "));
  assertEquals(tree, ["hotflow: WebSocket message", ...below, "hotflow: WebSocket message", ...below]);
});

Deno.test("OTEL_DENO: flow.fetch makes no server span within one of the outer app, and names no span after it", async () => {
  await using receiver = new Receiver();
  await traced(
    `import { trace } from "@opentelemetry/api";
const ask = () => flow.fetch(new Request("http://a/embed", {
  method: "POST",
  headers: { "content-type": "application/json", traceparent },
  body: JSON.stringify({ data: [{}] }),
})).then((response) => response.text());
await trace.getTracer("user").startActiveSpan("outer", (span) => ask().finally(() => span.end()));
await ask();`,
    receiver,
  );
  const below = ["  hotflow: first", "    user: model", "  hotflow: second", "    user: model"];
  assertEquals(receiver.tree(receiver.span("outer").traceId), ["user: outer", ...below]);
  assertEquals(receiver.tree(CLIENT.traceId), ["hotflow: POST /embed", ...below]);
});

Deno.test("OTEL_DENO: a batch is a span below one call, with links to the others", async () => {
  await using receiver = new Receiver();
  await traced(
    `${POST}
// Three requests that come together, each with one document, fill a batch.
await Promise.all([1, 2, 3].map(() => post("/batch", [{ text: "a" }])));`,
    receiver,
  );
  for (const deployment of ["first", "second"]) {
    const calls = receiver.spans.filter(({ name }) => name === deployment).map(({ spanId }) => spanId);
    const batches = receiver.spans.filter(({ parentSpanId = "" }) => calls.includes(parentSpanId));
    const linked = batches.flatMap(({ parentSpanId = "", links }) => [parentSpanId, ...links]);
    assertEquals(linked.sort(), calls.sort());
    const [batch] = batches.filter(({ name }) => name === "batch");
    assertEquals(batch.attributes["hotflow.batch.requests"], batch.links.length + 1);
    assertEquals(receiver.spans.find(({ parentSpanId }) => parentSpanId === batch.spanId)?.name, "batched");
  }
});

Deno.test("OTEL_DENO: only routes are in the names of spans", async () => {
  await using receiver = new Receiver();
  await traced(
    `${POST} await post("/guess");
await (await fetch(\`http://127.0.0.1:\${http}/status\`)).text();`,
    receiver,
  );
  const names = receiver.spans.filter(({ kind }) => kind === 2).map(({ name }) => name).sort();
  assertEquals(names, ["GET /status", "POST"]);
});

Deno.test("OTEL_DENO: requests to a Flow that was started within a span have spans of their own", async () => {
  await using receiver = new Receiver();
  await traced(
    `import { trace } from "@opentelemetry/api";
const inner = await trace.getTracer("user").startActiveSpan("boot", async (span) => {
  const inner = await new Flow({ port: 0 }).add({ uses, name: "inner" }).start();
  span.end();
  return inner;
});
await fetch(\`http://127.0.0.1:\${inner.port}/embed\`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ data: [{}] }),
}).then((response) => response.text());
await inner.close();`,
    receiver,
  );
  const { parentSpanId } = receiver.span("inner");
  const served = receiver.spans.find(({ spanId }) => spanId === parentSpanId);
  assertEquals([served?.name, served?.traceId === receiver.span("boot").traceId], ["POST /embed", false]);
});

Deno.test("Client continues the active trace over HTTP and gRPC", async () => {
  await using receiver = new Receiver();
  await traced(
    `import { trace } from "@opentelemetry/api";
for (const [protocol, port] of [["http", http], ["grpc", grpc]]) {
  await trace.getTracer("user").startActiveSpan(protocol, async (span) => {
    await new Client({ port, protocol }).post("/embed", { text: "a" });
    span.end();
  });
}`,
    receiver,
  );
  for (const name of ["http", "grpc"]) {
    const { traceId } = receiver.span(name);
    const lines = receiver.tree(traceId).map((line) => line.trim());
    assertEquals(lines.filter((line) => line === "user: model").length, 2, name);
    assertEquals(lines[0], `user: ${name}`);
  }
});

Deno.test("Client sends the trace of an SDK that is registered on Deno, which Deno's fetch does not know", async () => {
  await using receiver = new Receiver();
  const { out } = await traced(
    `import { propagation, ProxyTracerProvider, trace } from "@opentelemetry/api";
trace.setGlobalTracerProvider(new ProxyTracerProvider());
propagation.setGlobalPropagator({
  inject: (_, carrier, setter) => setter.set(carrier, "traceparent", traceparent),
  extract: (context) => context,
  fields: () => ["traceparent"],
});
const server = Deno.serve({ port: 0, onListen() {} }, (request) => {
  console.log(request.headers.get("traceparent"));
  return Response.json({ data: [] });
});
await new Client({ port: server.addr.port }).post("/embed", {}).catch(() => {});
await server.shutdown();`,
    receiver,
    { OTEL_DENO: "false" },
  );
  assertEquals(out, `${CLIENT.traceparent}\n`);
});

Deno.test("without OpenTelemetry nothing is exported, and no line has a trace", async () => {
  await using receiver = new Receiver();
  const { log } = await traced(`${POST} await post("/embed");`, receiver, { OTEL_DENO: "false" });
  assertEquals(receiver.spans, []);
  assertEquals(log.includes("[trace"), false);
});
