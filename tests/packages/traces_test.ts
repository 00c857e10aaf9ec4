/** Traces in the npm package, with an SDK in every thread: by `--import`; on Bun by the module of the Executor. */
import { assertEquals, assertMatch } from "@std/assert";
import { RUNTIMES } from "../../tools/runtimes.ts";
import { CLIENT, Receiver } from "../trace/_receiver.ts";
import { installed, pathOf, run } from "./_installed.ts";

const SDK = [
  "@opentelemetry/api@^1.9.0",
  "@opentelemetry/sdk-trace-node@^2.0.0",
  "@opentelemetry/exporter-trace-otlp-http@^0.200.0",
];

/** What `--import @opentelemetry/auto-instrumentations-node/register` does for HTTP: all modules are wrapped. */
const INSTRUMENTATION = `import { register } from "node:module";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import "./sdk.js";
register("@opentelemetry/instrumentation/hook.mjs", import.meta.url);
const ignoreOutgoingRequestHook = () => true;
registerInstrumentations({ instrumentations: [new HttpInstrumentation({ ignoreOutgoingRequestHook })] });
`;

const OTEL = `import { NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
const spanProcessors = [new SimpleSpanProcessor(new OTLPTraceExporter())];
new NodeTracerProvider({ spanProcessors }).register();
`;

const EXECUTOR = `import { Executor } from "hotflow";
import { trace } from "@opentelemetry/api";
export class Mine extends Executor {
  static requests = { "/embed": "embed" };
  async embed() {
    this.logger.info("embedding");
    await trace.getTracer("user").startActiveSpan("model", async (span) => {
      await Promise.resolve();
      span.end();
    });
  }
}
`;

/** Sends two requests, and ends once all spans have been received: those of two loads, of the start, of the requests, and of an upgrade. */
const SCRIPT = `import { Client, Flow } from "hotflow";
import { trace } from "@opentelemetry/api";
const uses = "./mine.js";
const flow = await trace.getTracer("user").startActiveSpan("boot", async (span) => {
  const flow = await new Flow({ port: [0, 0], protocol: ["http", "grpc"] })
    .add({ uses, name: "first" }).add({ uses, name: "second" }).start();
  span.end();
  return flow;
});
const [http, grpc] = flow.ports;
const traceparent = "${CLIENT.traceparent}";
await new Client({ port: http, headers: { traceparent } }).post("/embed", { text: "a" });
await new Client({ port: grpc, protocol: "grpc", metadata: { traceparent } }).post("/embed", { text: "a" });
const socket = new WebSocket("ws://127.0.0.1:" + http);
await new Promise((resolve) => socket.onopen = resolve);
socket.close();
const signal = AbortSignal.timeout(15_000);
await fetch(process.env.OTEL_EXPORTER_OTLP_ENDPOINT + "/received/14", { signal });
await flow.close();
`;

for (const runtime of RUNTIMES) {
  Deno.test(`${runtime}: with an SDK in each thread, requests are traced into the handlers`, async () => {
    await using receiver = new Receiver();
    await using folder = await installed(SDK);
    await folder.write("otel.js", OTEL);
    // Bun preloads in the main thread only.
    const [option, own] = runtime === "bun" ? ["--preload", 'import "./otel.js";\n'] : ["--import", ""];
    await folder.write("mine.js", own + EXECUTOR);
    await folder.write("flow.js", SCRIPT);
    const command = [await pathOf(runtime), option, "./otel.js", "flow.js"];
    const { code, stderr } = await run(command, folder.path, receiver.env);
    assertEquals(code, 0, stderr);
    const below = ["  hotflow: first", "    user: model", "  hotflow: second", "    user: model"];
    assertEquals(receiver.tree(CLIENT.traceId), [
      "hotflow: POST /post",
      ...below,
      "hotflow: jina.JinaSingleDataRequestRPC/process_single_data",
      ...below,
    ]);
    assertMatch(stderr, new RegExp(`first/rep-0@\\d+ embedding .*\\[trace ${CLIENT.traceId}\\]`));
    const { parentSpanId, attributes } = receiver.span("POST /post");
    assertEquals([parentSpanId, attributes], [CLIENT.spanId, {
      "http.request.method": "POST",
      "http.route": "/post",
      "url.path": "/post",
      "http.response.status_code": 200,
    }]);
    assertEquals(receiver.span("GET /").attributes["http.response.status_code"], 101);
  });
}

Deno.test("node: the span that an instrumentation has made of a request is used, and named", async () => {
  await using receiver = new Receiver();
  const packages = [
    "@opentelemetry/instrumentation@^0.200.0",
    "@opentelemetry/instrumentation-http@^0.200.0",
  ];
  await using folder = await installed([...SDK, ...packages]);
  await folder.write("sdk.js", OTEL);
  await folder.write("otel.js", INSTRUMENTATION);
  await folder.write("mine.js", EXECUTOR);
  await folder.write("flow.js", SCRIPT);
  const command = [await pathOf("node 24"), "--import", "./otel.js", "flow.js"];
  const { code, stderr } = await run(command, folder.path, receiver.env);
  assertEquals(code, 0, stderr);
  assertEquals(receiver.tree(CLIENT.traceId).slice(0, 5), [
    "@opentelemetry/instrumentation-http: POST /post",
    "  hotflow: first",
    "    user: model",
    "  hotflow: second",
    "    user: model",
  ]);
});

Deno.test("node: without @opentelemetry/api nothing of it is needed", async () => {
  await using folder = await installed();
  await folder.write(
    "mine.js",
    EXECUTOR.replace(/import .*api";\n/, "").replace(/embed\(\) \{[^]*$/, "embed() {} }"),
  );
  const script = `import { Client, Flow } from "hotflow";
const flow = await new Flow({ port: 0 }).add({ uses: "./mine.js" }).start();
await new Client({ port: flow.port }).post("/embed", {});
await flow.close();
`;
  await folder.write("flow.js", script);
  const { code, stderr } = await run([await pathOf("node 24"), "flow.js"], folder.path);
  assertEquals(code, 0, stderr);
  assertEquals(stderr.includes("trace"), false);
});
