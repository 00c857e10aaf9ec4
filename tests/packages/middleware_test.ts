/** Hono's middleware, of the hono that the user has installed, in front of HTTP and WebSocket on each runtime. */
import { assertEquals, assertMatch } from "@std/assert";
import { FlowProcess } from "../support/process.ts";
import { RawClient } from "../support/raw_client.ts";
import { RUNTIMES } from "../../tools/runtimes.ts";
import { installed, pathOf } from "./_installed.ts";

const FLOW = `import { bearerAuth } from "hono/bearer-auth";
import { logger } from "hono/logger";
import { requestId } from "hono/request-id";
import { timing } from "hono/timing";
import { Flow } from "hotflow";
const throws = (c, next) => {
  const odd = c.req.header("x-odd");
  if (odd === "throws") throw new RangeError("odd");
  if (odd === "throws a text") throw "odd";
  return odd === "answers" ? "odd" : next();
};
const reads = async (c, next) => {
  await c.req.text();
  await next();
};
const log = logger((line) => console.error(line));
const middleware = [log, requestId(), timing(), bearerAuth({ token: "a" }), throws, reads];
const flow = new Flow({ port: 0, middleware }).add({ uses: "./mine.js" });
flow.exposeEndpoint("/own", { httpPath: "/own", methods: ["GET"] });
await flow.start();
console.log(flow.port);
await flow.block();
`;

const EXECUTOR = `import { Executor } from "hotflow";
export class Mine extends Executor {
  static requests = { default: { method: "handle", headers: ["x-request-id", "x-tenant"] } };
  handle(docs, { headers }) {
    for (const doc of docs) doc.tags = headers;
  }
}
`;

/** What middleware does wrong, and the beginning of the message. */
const ODD = {
  throws: "odd",
  "throws a text": "middleware threw odd",
  answers: "middleware answered with odd",
};

const BODY = '{"data":[{}]}';
const UPGRADE = [
  "connection: Upgrade",
  "upgrade: websocket",
  "sec-websocket-version: 13",
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
];

/** The beginning of the answer to a request. */
async function raw(port: number, first: string, headers: readonly string[], body = ""): Promise<string> {
  using client = await RawClient.connect(port);
  await client.send([first, `host: localhost:${port}`, ...headers, "", body].join("\r\n"));
  return await client.read();
}

for (const runtime of RUNTIMES) {
  Deno.test(`${runtime}: middleware covers HTTP and WebSocket, after the check of the host`, async () => {
    await using folder = await installed(["hono@4"]);
    await folder.write("mine.js", EXECUTOR);
    await using running = await FlowProcess.serve(folder, FLOW, "flow.js", [await pathOf(runtime)]);
    const { port } = running;
    const upgrade = (...headers: string[]) => raw(port, "GET / HTTP/1.1", [...UPGRADE, ...headers]);
    const post = (...headers: string[]) =>
      raw(port, "POST /post HTTP/1.1", [`content-length: ${BODY.length}`, ...headers], BODY);

    for (const refused of [await upgrade(), await upgrade("authorization: Bearer b"), await post()]) {
      assertMatch(refused, /^HTTP\/1.1 401 /);
      assertMatch(refused, /www-authenticate: Bearer/i);
      assertMatch(refused, /x-request-id: /i);
    }
    const token = "authorization: Bearer a";
    assertMatch(await upgrade(token), /^HTTP\/1.1 101 /);
    assertMatch(await upgrade(token, "origin: http://evil.example"), /^HTTP\/1.1 403 /);
    for (const [odd, said] of Object.entries(ODD)) {
      assertMatch(await upgrade(token, `x-odd: ${odd}`), /^HTTP\/1.1 500 /);
      const answer = await post(token, `x-odd: ${odd}`);
      assertMatch(answer, new RegExp(`^HTTP/1.1 500 [^]*"the gateway failed: ${said}`));
      await running.log.waitFor(new RegExp(`ERROR gateway .*Error: ${said}`));
    }
    assertMatch(await raw(port, "GET /own HTTP/1.1", [token]), /^HTTP\/1.1 200 [^]*"execEndpoint":"\/own"/);
    const fine = await post(token, "X-Tenant: a", "x-tenant: b");
    assertMatch(fine, /^HTTP\/1.1 200 [^]*server-timing: /i);
    assertMatch(fine, /"tags":\{"x-tenant":"a, b"\}/);
    const lines = running.log.lines.filter((line) => /-->/.test(line)).length;
    assertMatch(await raw(port, "GET / HTTP/1.1", ["origin: http://evil.example"]), /^HTTP\/1.1 403 /);
    await post(token);
    await running.log.waitFor(/--> POST/, running.log.mark - 1);
    assertEquals(running.log.lines.filter((line) => /-->/.test(line)).length, lines + 1);
  });
}
