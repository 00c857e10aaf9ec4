/** Connections to Executors elsewhere whose other end vanished: no end of them is ever seen. */
import { assertEquals, assertMatch } from "@std/assert";
import { BadServerError } from "../../mod.ts";
import { inTime } from "../support/in_time.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { serveFront } from "./_flows.ts";
import { slowProcess } from "./_process.ts";
import { silentProxy } from "./_proxy.ts";

/** A check is made every 2 seconds, fails after 5, and then the connection has 10 seconds. */
const PATIENCE_MS = 40_000;

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const wait = async () => {
    while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await inTime(wait(), what, PATIENCE_MS);
}

/** A Flow whose only address is behind a proxy. */
async function behindProxy(folder: TempFolder) {
  const slow = await slowProcess(folder, "slow");
  const proxy = await silentProxy(slow.port);
  const front = await serveFront("http", { uses: proxy.address, name: "far" });
  const status = () => front.flow.status().deployments[0].addresses![0];
  await until("the address", () => status().state === "serving");
  return {
    ...{ front, proxy, status },
    where: async () => (await front.client.post("/where", {}, { retries: 0 }))[0].text,
    async [Symbol.asyncDispose]() {
      for (const each of [front, proxy, slow]) await each[Symbol.asyncDispose]();
    },
  };
}

Deno.test("an idle connection that fell silent is replaced", async () => {
  await using folder = await TempFolder.make();
  await using given = await behindProxy(folder);
  given.proxy.silence(false);
  await until("the loss", () => given.status().state === "away");
  await until("another connection", () => given.status().state === "serving");
  assertEquals(await given.where(), "slow");
});

for (const isGone of [false, true]) {
  const how = isGone ? "with its machine" : "alone";
  Deno.test(`a call and a stream whose connection fell silent ${how} are answered with 503`, async () => {
    await using folder = await TempFolder.make();
    await using given = await behindProxy(folder);
    const { client } = given.front;
    const call = client.post("/wait", {}, { retries: 0 }).catch((error) => error);
    const texts: (string | undefined)[] = [];
    const stream = (async () => {
      for await (const { text } of client.stream("/drip", {})) texts.push(text);
    })().catch((error) => error);
    await until("the calls", () => given.status().calls === 2 && texts.length === 1);
    given.proxy.silence(isGone);
    for (const answer of [call, stream]) {
      const error = await inTime(answer, "the answer", PATIENCE_MS);
      assertEquals([error instanceof BadServerError, error.status], [true, 503], String(error));
      assertMatch(
        error.message,
        /the connection to grpc:.* was lost before the answer; it is away since .*Z: it does not answer/,
      );
    }
    assertEquals(texts, ["first"]);
    if (isGone) assertEquals(given.status().state, "away");
    given.proxy.comeBack();
    await until("another connection", async () => await given.where().catch(() => "") === "slow");
  });
}
