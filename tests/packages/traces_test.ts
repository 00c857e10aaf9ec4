/** Traces in the npm package on Node, with an SDK that `--import` loads into every thread. */
import { assertEquals } from "@std/assert";
import { CLIENT, Receiver } from "../trace/_receiver.ts";
import { installed, pathOf, run } from "./_installed.ts";

const SDK = [
  "@opentelemetry/api@^1.9.0",
  "@opentelemetry/sdk-trace-node@^2.0.0",
  "@opentelemetry/exporter-trace-otlp-http@^0.200.0",
];

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
    await trace.getTracer("user").startActiveSpan("model", async (span) => {
      await Promise.resolve();
      span.end();
    });
  }
}
`;

/** Sends two requests, and ends once all spans have been received: those of two loads, and of the requests. */
const SCRIPT = `import { Client, Flow } from "hotflow";
const uses = "./mine.js";
const flow = await new Flow({ port: [0, 0], protocol: ["http", "grpc"] })
  .add({ uses, name: "first" }).add({ uses, name: "second" }).start();
const [http, grpc] = flow.ports;
const traceparent = "${CLIENT.traceparent}";
await new Client({ port: http, headers: { traceparent } }).post("/embed", { text: "a" });
await new Client({ port: grpc, protocol: "grpc", metadata: { traceparent } }).post("/embed", { text: "a" });
await fetch(process.env.OTEL_EXPORTER_OTLP_ENDPOINT + "/received/12");
await flow.close();
`;

Deno.test("node: with an SDK loaded by --import, requests are traced into the handlers", async () => {
  await using receiver = new Receiver();
  await using folder = await installed(SDK);
  await folder.write("otel.js", OTEL);
  await folder.write("mine.js", EXECUTOR);
  await folder.write("flow.js", SCRIPT);
  const command = [await pathOf("node 24"), "--import", "./otel.js", "flow.js"];
  const { code, stderr } = await run(command, folder.path, receiver.env);
  assertEquals(code, 0, stderr);
  const below = ["  hotflow: first", "    user: model", "  hotflow: second", "    user: model"];
  assertEquals(receiver.tree(CLIENT.traceId), [
    "hotflow: POST",
    ...below,
    "hotflow: jina.JinaSingleDataRequestRPC/process_single_data",
    ...below,
  ]);
  assertEquals(receiver.span("POST").parentSpanId, CLIENT.spanId);
  assertEquals(receiver.span("POST").attributes, {
    "http.request.method": "POST",
    "url.path": "/post",
    "http.response.status_code": 200,
  });
});

Deno.test("node: without @opentelemetry/api nothing of it is needed", async () => {
  await using folder = await installed();
  await folder.write(
    "mine.js",
    EXECUTOR.replace(/import .*api";\n/, "").replace(/embed\(\) \{[^]*$/, "embed() {} }"),
  );
  const script = SCRIPT.replace(/await fetch.*\n/, "");
  await folder.write("flow.js", script);
  const { code, stderr } = await run([await pathOf("node 24"), "flow.js"], folder.path);
  assertEquals(code, 0, stderr);
  assertEquals(stderr.includes("trace"), false);
});
