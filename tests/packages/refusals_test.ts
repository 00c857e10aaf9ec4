/** Refusals and headers on each runtime, by the package's own server and client, over each protocol. */
import { assertEquals } from "@std/assert";
import { RUNTIMES } from "../../tools/runtimes.ts";
import { installed, pathOf, run } from "./_installed.ts";

const EXECUTOR = `import { Executor, RequestError } from "hotflow";
export class Mine extends Executor {
  static requests = { "/refuse": "refuse", "/late": "late", "/note": { method: "note", headers: ["X-Tenant"] } };
  refuse(docs) {
    throw new RequestError(Number(docs[0].text), "no");
  }
  async *late() {
    yield { text: "first" };
    throw new RequestError(418, "late");
  }
  note(docs, { headers }) {
    docs[0].tags = headers;
  }
}
`;

const FLOW = `import { Client, Flow } from "hotflow";
const flow = await new Flow({ protocol: ["http", "grpc"], port: [0, 0] }).add({ uses: "./mine.js" }).start();
const [http, grpc] = flow.ports;
const headers = { "x-tenant": "t" };
const clients = [
  new Client({ port: http, headers }),
  new Client({ port: http, protocol: "websocket", headers }),
  new Client({ port: grpc, protocol: "grpc", metadata: headers }),
];
const said = ({ constructor: { name }, status, message }) => name + " " + status + " " + message;
const all = [];
for (const client of clients) {
  const got = [];
  for (const text of ["400", "401", "404", "409", "418", "429", "500"]) {
    await client.post("/refuse", { text }).catch((error) => got.push(said(error)));
  }
  try {
    for await (const _ of client.stream("/late", {}));
  } catch (error) {
    got.push(said(error));
  }
  got.push((await client.post("/note", {}))[0].tags);
  all.push(got);
}
console.log(JSON.stringify(all));
await flow.close();
process.exit(0);
`;

const EXPECTED = [
  ...[400, 401, 404, 409, 418, 429].map((status) => `BadClientError ${status} no`),
  "BadServerError 500 RangeError: Cannot refuse a request with status 500: expected a whole number from 400 to 499",
  "BadClientError 418 late",
  { "x-tenant": "t" },
];

for (const runtime of RUNTIMES) {
  Deno.test(`${runtime}: a RequestError and headers are the same over HTTP, WebSocket and gRPC`, async () => {
    await using folder = await installed();
    await folder.write("mine.js", EXECUTOR);
    await folder.write("flow.js", FLOW);
    const { stdout, stderr } = await run([await pathOf(runtime), "flow.js"], folder.path);
    assertEquals(JSON.parse(stdout || "null"), [EXPECTED, EXPECTED, EXPECTED], stderr);
  });
}
