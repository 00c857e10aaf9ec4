/** Streams over reloads, restarts, deaths of workers, and close(). */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { askForEvents, eventsOf, type Seen } from "../support/events.ts";
import { Latch } from "../support/latch.ts";
import { inTime } from "../support/in_time.ts";
import { FILE } from "../support/reloading.ts";
import type { FlowFixture } from "../support/flow_fixture.ts";
import { answering, executorWith, reloadTest } from "./_serving.ts";

/** Streams a word, waits at the latch of its parameters, and streams another one. Says in the log how it ends. */
function streaming(text: string, more = ""): string {
  return executorWith(`${answering(text)}
  @requests({ on: "/words" })
  async *words(docs, { parameters, signal }) {
    try {
      yield { text: "${text} begins" };
      await (await fetch(parameters.latch, { signal })).text();
      yield { text: "${text} ends" };
    } finally {
      this.logger.info("${text} is over");
    }
  }
${more}`);
}

const YAML = (version: string) =>
  `jtype: MyExecutor\nmetas: { modules: [${FILE}], description: "${version}" }\n`;

/** A stream of which the first document is there. */
async function begin(
  fixture: FlowFixture,
  latch: Latch,
  requestId = "r1",
): Promise<AsyncGenerator<Seen, void>> {
  const body = { execEndpoint: "/words", header: { requestId }, parameters: { latch: latch.url } };
  const stream = eventsOf(await askForEvents(`http://127.0.0.1:${fixture.port}/post`, body));
  assertMatch((await stream.next()).value?.data.text, /begins$/);
  await latch.reached();
  return stream;
}

async function rest(stream: AsyncGenerator<Seen, void>): Promise<Seen[]> {
  return await inTime(Array.fromAsync(stream), "The rest of a stream");
}

function summary(seen: Seen[]): string[] {
  return seen.map(({ name, data }) => name === "update" ? data.text : name);
}

reloadTest(
  "a reload in the middle of a stream: it finishes on its version, others get the new one",
  async (fixture) => {
    await using latch = new Latch();
    await fixture.folder.write(FILE, streaming("v1"));
    await fixture.serve({ uses: FILE, reload: true });
    const stream = await begin(fixture, latch);
    await fixture.folder.write(FILE, streaming("v2"));
    await fixture.log.waitFor(/version 2 serves/);
    assertEquals((await fixture.ask()).text, "v2");
    latch.open();
    assertEquals(summary(await rest(stream)), ["v1 ends", "end"]);
    await fixture.log.waitFor(/v1 is over/);
    await fixture.standby();
  },
);

reloadTest(
  "a restart cuts the streams of the version before after closeTimeout, and names them",
  async (fixture) => {
    await using latch = new Latch();
    await fixture.folder.write(FILE, streaming("v1"));
    await fixture.folder.write("executor.yml", YAML("one"));
    await fixture.serve({ uses: "executor.yml", restart: true }, { closeTimeout: 300 });
    const streams = [await begin(fixture, latch, "r1"), await begin(fixture, latch, "r2")];
    await fixture.folder.write("executor.yml", YAML("two"));
    await fixture.log.waitFor(/version 2 serves/);
    for (const stream of streams) {
      const seen = await rest(stream);
      assertEquals(summary(seen), ["error"]);
      assertEquals(seen[0].data.status, 500);
      assertMatch(seen[0].data.header.status.description, /cut by a restart, which waits 300 ms/);
    }
    const { message } = await fixture.log.waitFor(/WARNING executor0\/rep-0 streams that a restart has cut/);
    assertMatch(message, /after 300 ms: \/words \(request r1\), \/words \(request r2\)$/);
    await fixture.log.waitFor(/v1 is over/);
    await fixture.standby();
  },
);

reloadTest("a restart waits for a stream that ends within closeTimeout", async (fixture) => {
  await using latch = new Latch();
  await fixture.folder.write(FILE, streaming("v1"));
  await fixture.folder.write("executor.yml", YAML("one"));
  await fixture.serve({ uses: "executor.yml", restart: true });
  const stream = await begin(fixture, latch);
  await fixture.folder.write("executor.yml", YAML("two"));
  await fixture.log.waitFor(/version 2 serves/);
  latch.open();
  assertEquals(summary(await rest(stream)), ["v1 ends", "end"]);
  await fixture.standby();
  assertEquals(fixture.log.count(/WARNING|ERROR/), 0);
});

reloadTest("a state is handed over after the streams, or when handoverTimeout is over", async (fixture) => {
  const stateful = (text: string) =>
    streaming(
      text,
      "  saveState() { return 1; }\n  restoreState(state) { this.logger.info(`state ${state}`); }",
    );
  await using first = new Latch();
  await fixture.folder.write(FILE, stateful("v1"));
  await fixture.serve({ uses: FILE, reload: true }, { handoverTimeout: 5_000 });
  const stream = await begin(fixture, first);
  await fixture.folder.write(FILE, stateful("v2"));
  first.open();
  assertEquals(summary(await rest(stream)), ["v1 ends", "end"]);
  await fixture.log.waitFor(/state 1/);
  assert(
    fixture.log.lines.findIndex((line) => /v1 is over/.test(line)) <
      fixture.log.lines.findIndex((line) => /state 1/.test(line)),
  );
  assertEquals(fixture.log.count(/still running/), 0);
});

reloadTest("a state is handed over in spite of a stream that does not end", async (fixture) => {
  const stateful = (text: string) => streaming(text, "  saveState() { return 1; }\n  restoreState() {}");
  await using latch = new Latch();
  await fixture.folder.write(FILE, stateful("v1"));
  await fixture.serve({ uses: FILE, reload: true }, { handoverTimeout: 200 });
  const stream = await begin(fixture, latch);
  await fixture.folder.write(FILE, stateful("v2"));
  await fixture.log.waitFor(/1 request is still running after 200 ms/);
  await fixture.log.waitFor(/version 2 serves/);
  latch.open();
  assertEquals(summary(await rest(stream)), ["v1 ends", "end"]);
});

reloadTest("a worker that dies in the middle of a stream: the stream ends with an error", async (fixture) => {
  await using latch = new Latch();
  await fixture.folder.write(
    FILE,
    streaming("v1", `  @requests({ on: "/die" })\n  die() { setTimeout(() => process.exit(1)); }`).replace(
      /^/,
      'import process from "node:process";\n',
    ),
  );
  await fixture.serve({ uses: FILE, reload: true });
  const stream = await begin(fixture, latch);
  await fixture.ask("/die");
  const seen = await rest(stream);
  assertEquals(summary(seen), ["error"]);
  assertMatch(seen[0].data.header.status.description, /process\.exit\(1\) was called/);
  await fixture.log.waitFor(/it is replaced/);
});

reloadTest("close() waits for streams, and cuts them after closeTimeout", async (fixture) => {
  await using latch = new Latch();
  await fixture.folder.write(FILE, streaming("v1"));
  await fixture.serve({ uses: FILE }, { closeTimeout: 300 });
  const stream = await begin(fixture, latch);
  const closed = fixture.close();
  const seen = await rest(stream);
  assertEquals(summary(seen), ["error"]);
  assertMatch(seen[0].data.header.status.description, /its version was closed before/);
  await inTime(closed, "close()", 5_000);
  await fixture.log.waitFor(
    /WARNING executor0\/rep-0 requests in flight that were cut: 1, streams: \/\S+ \(request \S+\)$/,
  );
  await fixture.log.waitFor(/v1 is over/);
});

reloadTest("close() lets a stream end within closeTimeout", async (fixture) => {
  await using latch = new Latch();
  await fixture.folder.write(FILE, streaming("v1"));
  await fixture.serve({ uses: FILE });
  const stream = await begin(fixture, latch);
  const closed = fixture.close();
  latch.open();
  assertEquals(summary(await rest(stream)), ["v1 ends", "end"]);
  await inTime(closed, "close()", 5_000);
  assertEquals(fixture.log.count(/WARNING|ERROR/), 0);
});

reloadTest(
  "saves and streams that are left, over and over: no worker and no generator is left over",
  async (fixture) => {
    await using latch = new Latch();
    await fixture.folder.write(FILE, streaming("v0"));
    await fixture.serve({ uses: FILE, reload: true });
    const traffic = await fixture.traffic();
    for (let round = 1; round <= 5; round++) {
      const clients = Array.from({ length: 10 }, () => new AbortController());
      const streams = await Promise.all(clients.map(async ({ signal }) => {
        const body = { parameters: { latch: latch.url } };
        const stream = eventsOf(await askForEvents(`http://127.0.0.1:${fixture.port}/words`, body, signal));
        assertEquals((await stream.next()).value?.data.text, `v${round - 1} begins`);
        return stream;
      }));
      await fixture.folder.write(FILE, streaming(`v${round}`));
      await traffic.text(`v${round}`);
      for (const client of clients) client.abort();
      for (const stream of streams) await rest(stream).catch(() => {});
    }
    await fixture.assertNothingLost();
    await fixture.close();
    assertEquals(fixture.log.count(/is over$/), 50);
  },
);
