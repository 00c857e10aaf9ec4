import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { BadServerError } from "../../mod.ts";
import { Served } from "./_serve.ts";
import { A } from "./_executors.ts";
import { Slow } from "./_slow.ts";

Deno.test("Flow answers 504 in Jina's form when a request takes longer than timeout, and tells the handler", async () => {
  await using served = await Served.start([{ uses: A, name: "first" }, { uses: Slow, name: "slow" }], {
    timeout: 300,
  });
  const { status, body } = await served.post("/wait", {
    header: { requestId: "r1" },
    data: [{ id: "d", text: "x" }],
  });
  assertEquals([status, body.header.status.code, body.header.requestId], [504, 1, "r1"]);
  assertEquals([body.header.status.exception.executor, body.data], ["slow", [{ id: "d", text: "x>A" }]]);
  assertMatch((await served.log.waitFor(/r1 was given up/)).message, /AbortError/);
  assertEquals((await served.post("/fine", { data: [{}] })).body.data[0].text, "aborted: false");
});

Deno.test("Flow answers 504 with the documents as they came when the first Executor is too slow", async () => {
  await using served = await Served.start({ uses: Slow }, { timeout: 100 });
  const { status, body } = await served.post("/wait", { data: { docs: [{ id: "d", text: "x" }] } });
  assertEquals([status, body.data], [504, [{ id: "d", text: "x" }]]);
  assertEquals(body.header.execEndpoint, "/wait");
});

Deno.test("Flow says in its 504 that the deadline passed, and how long it was", async () => {
  await using served = await Served.start({ uses: Slow }, { timeout: 100 });
  const error = await assertRejects(() => served.flow.post("/wait"), BadServerError);
  assertEquals(error.status, 504);
  assertMatch(error.message, /100 ms/);
});

Deno.test("Flow aborts the handler's signal when the client goes away", async () => {
  await using served = await Served.start({ uses: Slow });
  const client = new AbortController();
  const asked = fetch(served.at("/wait"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ header: { requestId: "gone" } }),
    signal: client.signal,
  });
  const lost = assertRejects(() => asked, DOMException);
  await served.log.waitFor(/gone waits/);
  client.abort();
  await lost;
  await served.log.waitFor(/gone was given up: AbortError/);
  assertEquals((await served.post("/fine", { data: [{}] })).status, 200);
});

Deno.test("Flow aborts the handler's signal when the client is gone as soon as it has asked", async () => {
  await using served = await Served.start({ uses: Slow });
  const body = JSON.stringify({ header: { requestId: "early" } });
  const head = `POST /wait HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n`;
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: served.flow.port });
  await connection.write(new TextEncoder().encode(head + body));
  await served.log.waitFor(/early waits/);
  await connection.closeWrite();
  connection.close();
  await served.log.waitFor(/early was given up: AbortError/);
});
