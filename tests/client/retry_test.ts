/** Connections that fail, on real sockets. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { BadServerError, Client, ConnectionError } from "../../mod.ts";
import { backoffMs } from "../../src/client/_request.ts";
import { Ex } from "../flow/_executors.ts";
import { Served } from "../flow/_serve.ts";
import { inTime } from "../support/in_time.ts";
import { freePort, many, say, Sockets } from "./_servers.ts";

const ANSWER = `HTTP/1.1 200 OK\r\ncontent-length: 24\r\nconnection: close\r\n\r\n{"data":[{"text":"hi"}]}`;

Deno.test("Client.post() throws a ConnectionError naming the address when nobody listens there", async () => {
  const port = freePort();
  const client = new Client({ port });
  const error = await assertRejects(() => client.post("/"), ConnectionError);
  assertMatch(
    error.message,
    new RegExp(`^Cannot reach a Flow at http://127\\.0\\.0\\.1:${port}: .*; is it running\\?$`),
  );
  assertMatch(String(error.requestId), /^[0-9a-f]{32}$/);
  assertEquals([error.status, error.executor], [undefined, undefined]);
  assertEquals(await client.isFlowReady(), false);
});

Deno.test("Client.post() tries again when connections are closed before they answer", async () => {
  await using sockets = new Sockets((connection, count) => count < 3 ? undefined : say(connection, ANSWER));
  const [doc] = await new Client({ port: sockets.port }).post("/");
  assertEquals([doc.text, sockets.count], ["hi", 3]);
});

Deno.test("Client.post() reaches a Flow that starts meanwhile", async () => {
  const port = freePort();
  const posted = new Client({ port }).post("/", { text: "x" }, { retries: 100 });
  assertEquals(await new Client({ port }).isFlowReady(), false);
  await using _served = await Served.start({ uses: Ex }, { port });
  assertEquals((await inTime(posted, "the answer"))[0].text, "default:x");
});

Deno.test("Client.post() tries as often as it is told, and once more", async () => {
  for (const retries of [0, 2, undefined]) {
    await using sockets = new Sockets(() => {});
    const posted = new Client({ port: sockets.port }).post("/", [], { retries });
    await assertRejects(() => posted, ConnectionError);
    assertEquals(sockets.count, (retries ?? 3) + 1);
  }
});

Deno.test("Client.post() never tries again once an answer has begun, and the error has its status", async () => {
  for (const half of [ANSWER.slice(0, -5), ANSWER.slice(0, ANSWER.indexOf("{"))]) {
    await using sockets = new Sockets((connection) => say(connection, half));
    const posted = new Client({ port: sockets.port }).post("/");
    const error = await assertRejects(() => posted, ConnectionError, "Cannot read the whole answer");
    assertEquals([error.status, sockets.count], [200, 1]);
    assertMatch(String(error.requestId), /^[0-9a-f]{32}$/);
  }
});

Deno.test("Client.post() never tries again when it was answered, whatever the answer says", async () => {
  for (const status of ["500 No", "503 No", "504 No"]) {
    const answer = `HTTP/1.1 ${status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}`;
    await using sockets = new Sockets((connection) => say(connection, answer));
    await assertRejects(() => new Client({ port: sockets.port }).post("/"), BadServerError);
    assertEquals(sockets.count, 1);
  }
});

Deno.test("Client.isFlowReady() asks once", async () => {
  await using sockets = new Sockets(() => {});
  assertEquals(await new Client({ port: sockets.port }).isFlowReady(), false);
  assertEquals(sockets.count, 1);
});

Deno.test("backoffMs() doubles up to a limit, and leaves half of it to chance", () => {
  const least = [1, 2, 3, 4, 5, 6, 7, 1000].map((failed) => backoffMs(failed, 0));
  assertEquals(least, [50, 100, 200, 400, 800, 1000, 1000, 1000]);
  assertEquals([backoffMs(1, 1), backoffMs(1000, 1)], [100, 2000]);
  const some = [...many(50)].map(() => backoffMs(3));
  assert(new Set(some).size > 1 && some.every((ms) => ms >= 200 && ms <= 400));
});
