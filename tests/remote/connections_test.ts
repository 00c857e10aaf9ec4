/** Connections to Executors elsewhere that end in order, or lead to something else. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { BadServerError } from "../../mod.ts";
import { Far } from "./_executors.ts";
import { serveFar, serveFront } from "./_flows.ts";
import { goawayProxy, serve404 } from "./_raw_http2.ts";

for (const others of [0, 1]) {
  Deno.test(`a call that a server refuses as it closes the connection is sent again, with ${others} other addresses`, async () => {
    await using far = await serveFar(Far);
    await using proxy = await goawayProxy(far.port);
    const uses = [proxy.address, far.address].slice(0, 1 + others);
    await using front = await serveFront("http", { uses, name: "far" });
    const shout = async (text: string) =>
      (await front.client.post("/shout", { text }, { retries: 0 }))[0].text;
    assertEquals(await shout("before"), "BEFORE");
    for (let round = 0; round < 3; round++) {
      proxy.refuse(1);
      while (proxy.left() > 0) assertEquals(await shout("during"), "DURING");
      assertEquals(await shout("after"), "AFTER");
    }
    assertEquals(
      front.flow.status().deployments[0].addresses?.map(({ state, calls }) => [state, calls]),
      uses.map(() => ["serving", 0]),
    );
  });
}

Deno.test("a server of HTTP/2 that is none of gRPC does not count as one that serves", async () => {
  await using web = await serve404();
  await using front = await serveFront("http", { uses: web.address, name: "far" });
  const [{ state, addresses }] = front.flow.status().deployments;
  assertEquals([state, addresses?.[0].state], ["down", "away"]);
  assertMatch(addresses?.[0].reason ?? "", /is not a server of gRPC: .*404/);
  const error = await assertRejects(() => front.client.post("/shout", {}), BadServerError, "404");
  assertEquals(error.status, 503);
});
