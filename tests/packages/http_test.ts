/** What the servers of the runtimes do with bodies, pages elsewhere and upgrades, and what cannot be sent. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { FlowProcess } from "../support/process.ts";
import { RUNTIMES } from "../../tools/runtimes.ts";
import { installed, pathOf } from "./_installed.ts";

const EXECUTOR = `import { Executor } from "hotflow";
export class Mine extends Executor {
  static requests = { default: "handle", "/lost": "lose", "/result": "result" };
  handle(docs) {
    for (const doc of docs) doc.text += " handled";
  }
  lose(docs) {
    docs[0].tags = { "two words": [1, new Map()] };
  }
  result() {
    return { best: { score: NaN } };
  }
}
`;

const FLOW = `import { Flow } from "hotflow";
const flow = await new Flow({ port: 0, bodyLimit: 10_000 }).add({ uses: "./mine.js" }).start();
console.log(flow.port);
await flow.block();
`;

/** Runs on the runtime: its own client, and its own way to send what \`fetch\` would not. */
const CLIENT = `import { connect } from "node:net";
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { Client } from "hotflow";
const port = Number(process.argv[2]);
const said = {};
const refused = async (name, make) => {
  try { await make(); said[name] = "sent"; } catch (error) { said[name] = error.constructor.name + ": " + error.message; }
};
const client = new Client({ port });
await refused("client docs", () => client.post("/", [{}, { tags: { a: [NaN] } }]));
await refused("client parameters", () => client.post("/", [], { parameters: { m: new Map() } }));
await refused("handler docs", () => client.post("/lost", {}));
await refused("handler result", () => client.post("/result", {}));
await refused("deep", () => client.post("/", { tags: { deep: JSON.parse("[".repeat(2000) + "]".repeat(2000)) } }));

const ask = async (name, body, headers, more) => {
  const response = await fetch("http://127.0.0.1:" + port + "/post", {
    method: "POST", body, headers: { "content-type": "application/json", ...headers }, ...more,
  });
  const text = await response.text();
  said[name] = response.status + " " + (JSON.parse(text).data?.[0]?.text ?? text);
};
const body = JSON.stringify({ data: [{ text: "x" }] });
await ask("plain", body, {});
await ask("gzip", gzipSync(body), { "content-encoding": "gzip" });
const inPieces = (bytes) => new ReadableStream({
  start(to) { for (const byte of bytes) to.enqueue(Uint8Array.of(byte)); to.close(); },
});
const send = async (name, bytes, headers) => await ask(name, inPieces(bytes), headers, { duplex: "half" });
await send("pieces", Buffer.from(body));
await send("gzip in pieces", gzipSync(body), { "content-encoding": "gzip" });
await send("too many pieces", Buffer.alloc(10_001, 32));
await ask("deflate", deflateSync(body), { "content-encoding": "deflate" });
await ask("raw deflate", deflateRawSync(body), { "content-encoding": "deflate" });
await ask("bomb", gzipSync(Buffer.alloc(9_000_000)), { "content-encoding": "gzip" });
await ask("cut", gzipSync(body).subarray(0, -4), { "content-encoding": "gzip" });
await ask("br", body, { "content-encoding": "br" });

const raw = (name, lines) => new Promise((resolve) => {
  let text = "";
  const socket = connect(port, "127.0.0.1", () => socket.write([
    "POST /post HTTP/1.1", "host: localhost:" + port, "content-length: " + body.length, ...lines, "", body,
  ].join("\\r\\n")));
  socket.on("data", (data) => {
    text += data;
    said[name] = text.slice(9, 12);
    socket.destroy();
  });
  socket.on("close", resolve);
});
await raw("foreign", ["origin: http://evil.example"]);
await raw("sandboxed", ["origin: null"]);
await raw("own", ["origin: http://localhost:" + port]);
await raw("h2c", ["connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAMAAABkAAQBAAAA"]);
console.log(JSON.stringify(said));
process.exit(0);
`;

const JSON_VALUE = "a string, a finite number, true, false, null, an array, a plain object or a Date";
const MAP = `expected ${JSON_VALUE}, not a Map; convert it with Object.fromEntries()`;

for (const runtime of RUNTIMES) {
  Deno.test(`${runtime}: bodies are inflated, pages elsewhere refused, and nothing is lost on the way`, async () => {
    await using folder = await installed();
    await folder.write("mine.js", EXECUTOR);
    const command = [await pathOf(runtime)];
    await using running = await FlowProcess.serve(folder, FLOW, "flow.js", command);
    await using asking = await FlowProcess.run(
      folder,
      CLIENT.replace("process.argv[2]", String(running.port)),
      "client.js",
      command,
    );
    const { message } = await asking.printed(/^INFO - \{/);
    const { bomb, cut, br, "too many pieces": large, ...said } = JSON.parse(message);
    assertEquals(said, {
      "client docs": "TypeError: Cannot send docs[1].tags.a[0]: expected a finite number, not NaN",
      "client parameters": `TypeError: Cannot send parameters.m: ${MAP}`,
      "handler docs": `BadServerError: TypeError: Cannot send docs[0].tags["two words"][1]: ${MAP}`,
      "handler result":
        "BadServerError: TypeError: Cannot send result.best.score: expected a finite number, not NaN",
      deep: "sent",
      plain: "200 x handled",
      pieces: "200 x handled",
      "gzip in pieces": "200 x handled",
      gzip: "200 x handled",
      deflate: "200 x handled",
      "raw deflate": "200 x handled",
      foreign: "403",
      sandboxed: "403",
      own: "200",
      h2c: "200",
    });
    assertStringIncludes(bomb, "413 ");
    assertStringIncludes(large, "413 ");
    assertStringIncludes(cut, "400 ");
    assertStringIncludes(cut, "unexpected end of file");
    assertStringIncludes(br, "415 ");
  });
}

/** Runs on the runtime: gRPC's requests over HTTP/2 that `Request` does not take, then one that is whole. */
const HTTP2_CLIENT = `import { connect } from "node:http2";
const port = Number(process.argv[2]);
const ask = (headers) => new Promise((resolve) => {
  const session = connect("http://127.0.0.1:" + port);
  session.on("error", () => resolve("failed"));
  const stream = session.request({
    ":method": "POST", ":path": "/jina.JinaRPC/Call", "content-type": "application/grpc", te: "trailers", ...headers,
  });
  let said = "closed";
  stream.on("response", (all) => said = all[":status"] + " " + (all["grpc-status"] ?? ""));
  stream.on("error", () => {});
  stream.on("close", () => {
    session.destroy();
    resolve(said);
  });
  stream.resume();
  stream.end();
});
const said = {};
for (const authority of ["localhost:99999", "["]) said[authority] = await ask({ ":authority": authority });
for (const method of ["TRACE", "GET", "CONNECT"]) {
  const tunnel = method === "CONNECT" ? { ":authority": "localhost:1", ":path": undefined } : {};
  said[method] = await ask({ ":method": method, ...tunnel });
}
said.type = await ask({ "content-type": "application/grpc\u00e9" });
said.json = await ask({ "content-type": "application/json" });
said.whole = await ask({});
console.log(JSON.stringify(said));
process.exit(0);
`;

for (const runtime of RUNTIMES.filter((name) => name.startsWith("node"))) {
  Deno.test(`${runtime}: what cannot be read over HTTP/2 gets a status, and the Flow goes on`, async () => {
    await using folder = await installed();
    await folder.write("mine.js", EXECUTOR);
    const command = [await pathOf(runtime)];
    await using running = await FlowProcess.serve(folder, FLOW, "flow.js", command);
    const client = HTTP2_CLIENT.replace("process.argv[2]", String(running.port));
    await using asking = await FlowProcess.run(folder, client, "client.js", command);
    const { message } = await asking.printed(/^INFO - \{/);
    assertEquals(JSON.parse(message), {
      "localhost:99999": "400 ",
      "[": "400 ",
      TRACE: "405 ",
      GET: "405 ",
      CONNECT: "405 ",
      type: "200 12",
      json: "505 ",
      whole: "200 12",
    });
  });
}
