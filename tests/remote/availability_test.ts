/** Executors elsewhere that are away, come and go, or die within a call. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { BadServerError, Client, Flow } from "../../mod.ts";
import { freePort } from "../client/_servers.ts";
import { inTime } from "../support/in_time.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Far, Near } from "./_executors.ts";
import { serveFar, serveFront } from "./_flows.ts";
import { slowProcess } from "./_process.ts";

type Front = Awaited<ReturnType<typeof serveFront>>;

/** Waits until a condition holds; something else makes it hold. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const wait = async () => {
    while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await inTime(wait(), what, 20_000);
}

const serves = ({ flow }: Front, count = 1) =>
  until(
    "the address",
    () => flow.status().deployments[0].addresses!.filter(({ state }) => state === "serving").length === count,
  );

for (const protocol of ["http", "grpc"] as const) {
  Deno.test(`over ${protocol}: an Executor that is away answers 503 with its address and since when, and comes back`, async () => {
    const port = freePort();
    await using front = await serveFront(protocol, { uses: `grpc://127.0.0.1:${port}`, name: "far" });
    const error = await assertRejects(() => front.client.post("/shout", { text: "a" }), BadServerError);
    assertEquals(error.status, 503);
    assertMatch(
      error.message,
      new RegExp(`far is down: grpc://127.0.0.1:${port} is away since \\d{4}-\\d\\d-.*Z: .*ECONNREFUSED`),
    );
    assertEquals(await front.client.isFlowReady(), false);
    for (let round = 0; round < 2; round++) {
      {
        await using _far = await serveFar(Far, port);
        await serves(front);
        assertEquals((await front.client.post("/shout", { text: "a" }))[0].text, "A");
        assertEquals(await front.client.isFlowReady(), true);
      }
      await serves(front, 0);
      await assertRejects(() => front.client.post("/shout", {}), BadServerError, "is away since");
    }
  });
}

Deno.test("the endpoints are those of the last discovery", async () => {
  const port = freePort();
  await using front = await serveFront("http", { uses: `grpc://127.0.0.1:${port}`, name: "far" });
  {
    await using _far = await serveFar(Far, port);
    await serves(front);
    assertEquals((await front.client.post("/shout", { text: "a" }))[0].text, "A");
  }
  await serves(front, 0);
  await using _near = await serveFar(Near, port);
  await serves(front);
  assertEquals(front.flow.status().deployments[0].endpoints, ["/shout", "/near"]);
  assertEquals((await front.client.post("/near", { text: "a" }))[0].text, "a+Near");
});

Deno.test("of several addresses the least busy one is called, and the others when one is gone", async () => {
  await using folder = await TempFolder.make();
  await using a = await slowProcess(folder, "a");
  await using b = await slowProcess(folder, "b");
  const addresses = [a, b].map(({ port }) => `grpc://127.0.0.1:${port}`);
  await using front = await serveFront("http", { uses: addresses, name: "far" });
  await serves(front, 2);
  const where = async () => (await front.client.post("/where", {}))[0].text!;
  const seen = new Set<string>();
  for (let count = 0; count < 4; count++) seen.add(await where());
  assertEquals([...seen].sort(), ["a", "b"]);
  const abort = new AbortController();
  const waiting = front.client.post("/wait", {}, { signal: abort.signal }).catch(() => {});
  const busy = () => front.flow.status().deployments[0].addresses!.find(({ calls }) => calls > 0)?.address;
  await until("the call", () => busy() !== undefined);
  const idle = busy() === addresses[0] ? "b" : "a";
  for (let count = 0; count < 4; count++) assertEquals(await where(), idle);
  abort.abort();
  await waiting;
  a.signal("SIGKILL");
  for (let count = 0; count < 20; count++) assertEquals(await where().catch(() => "b"), "b");
  await serves(front, 1);
  assertEquals(await where(), "b");
});

Deno.test("a call whose Executor dies is answered with 503, and is not sent again", async () => {
  await using folder = await TempFolder.make();
  await using a = await slowProcess(folder, "a");
  await using b = await slowProcess(folder, "b");
  const addresses = [a, b].map(({ port }) => `grpc://127.0.0.1:${port}`);
  await using front = await serveFront("http", { uses: addresses, name: "far" });
  await serves(front, 2);
  const calls = Array.from(
    { length: 2 },
    () => front.client.post("/wait", {}, { retries: 0 }).catch((error) => error),
  );
  const counts = async ({ port }: { port: number }) =>
    (await new Client({ port, protocol: "grpc" }).post("/counts", {}))[0].text;
  await until("the calls", async () => (await Promise.all([a, b].map(counts))).every((one) => one === "1 0"));
  // One that has begun its answer, too.
  const texts: (string | undefined)[] = [];
  a.signal("SIGKILL");
  const first = await inTime(Promise.race(calls), "the answer");
  assert(first instanceof BadServerError, String(first));
  assertEquals(first.status, 503);
  assertMatch(
    first.message,
    new RegExp(`the connection to ${addresses[0]} was lost .* away since \\d{4}-\\d\\d-.*Z: `),
  );
  assertEquals((await front.client.post("/counts", {}))[0].text, "1 0");
  const streams = (async () => {
    for await (const { text } of front.client.stream("/drip", {})) {
      texts.push(text);
      b.signal("SIGKILL");
    }
  })();
  const error = await assertRejects(() => streams, BadServerError);
  assertEquals([texts, error.status], [["first"], 503]);
  assertMatch(error.message, new RegExp(`the connection to ${addresses[1]} was lost .* away since`));
});

for (const protocol of ["http", "grpc"] as const) {
  Deno.test(`over ${protocol}: cancellation reaches the handler elsewhere, also of a stream`, async () => {
    await using folder = await TempFolder.make();
    await using slow = await slowProcess(folder, "slow");
    await using front = await serveFront(protocol, { uses: `grpc://127.0.0.1:${slow.port}`, name: "far" });
    const direct = new Client({ port: slow.port, protocol: "grpc" });
    const counts = async () => (await direct.post("/counts", {}))[0].text;
    const abort = new AbortController();
    const waiting = front.client.post("/wait", {}, { signal: abort.signal }).catch((error) => error);
    await until("the call", async () => await counts() === "1 0");
    abort.abort();
    await waiting;
    await until("the abort", async () => await counts() === "1 1");
    for await (const { text } of front.client.stream("/drip", {})) {
      assertEquals(text, "first");
      break;
    }
    await until("the end of the stream", async () => await counts() === "2 2");
  });
}

Deno.test("the time of a request is over elsewhere too", async () => {
  await using folder = await TempFolder.make();
  await using slow = await slowProcess(folder, "slow");
  const direct = new Client({ port: slow.port, protocol: "grpc" });
  await using timed = await new Flow({ port: 0, timeout: 300, log: () => {} })
    .add({ uses: `grpc://127.0.0.1:${slow.port}`, name: "far" }).start();
  // The worker that converts JSON is made by the first request, which can take longer than that.
  await until("a first answer", () => timed.post("/where", {}).then(() => true, () => false));
  const error = await assertRejects(() => timed.post("/wait", {}), BadServerError, "longer than 300 ms");
  assertEquals(error.status, 504);
  await until("the abort", async () => (await direct.post("/counts", {}))[0].text === "1 1");
});

Deno.test("a Flow that closes gives up calls elsewhere after its closeTimeout", async () => {
  await using folder = await TempFolder.make();
  await using slow = await slowProcess(folder, "slow");
  const flow = await new Flow({ port: 0, closeTimeout: 200, log: () => {} })
    .add({ uses: `grpc://127.0.0.1:${slow.port}`, name: "far" }).start();
  const answer = flow.post("/wait", {}).catch((error) => error);
  await until("the call", () => flow.status().deployments[0].addresses![0].calls === 1);
  await inTime(flow.close(), "the end");
  assertEquals((await answer).status, 503);
});

Deno.test("an address that does not answer checks while it has a call is late, not away", async () => {
  await using folder = await TempFolder.make();
  await using a = await slowProcess(folder, "a");
  await using b = await slowProcess(folder, "b");
  const [late, other] = [a, b].map(({ port }) => `grpc://127.0.0.1:${port}`);
  await using one = await serveFront("http", { uses: late, name: "far" });
  await using both = await serveFront("http", { uses: [late, other], name: "far" });
  const abort = new AbortController();
  const { signal } = abort;
  const calls = [one, both, both].map(({ client }) =>
    client.post("/wait", {}, { signal }).catch((error) => error)
  );
  const addressOf = ({ flow }: Front) => flow.status().deployments[0].addresses![0];
  await until("the calls", () => [one, both].every((front) => addressOf(front).calls > 0));
  a.signal("SIGSTOP");
  await until("a check", () => [one, both].every((front) => addressOf(front).reason !== undefined));
  for (const front of [one, both]) {
    const { state, reason } = addressOf(front);
    assertEquals([state, reason], ["serving", "it does not answer within 5000 ms"]);
  }
  for (let count = 0; count < 3; count++) {
    assertEquals((await both.client.post("/where", {}))[0].text, "b");
  }
  const answer = one.client.post("/where", {}, { retries: 0 });
  await until("the call", () => addressOf(one).calls === 2);
  a.signal("SIGCONT");
  assertEquals((await answer)[0].text, "a");
  await until("the next check", () => addressOf(one).reason === undefined);
  abort.abort();
  await Promise.all(calls);
});
