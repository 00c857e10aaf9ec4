/** Streams over reloads, restarts, deaths of workers, and close(). */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { askForEvents, eventsOf, type Seen } from "../support/events.ts";
import { Gate } from "../support/latch.ts";
import { inTime } from "../support/in_time.ts";
import { FILE } from "../support/reloading.ts";
import type { Stand } from "../support/flow_fixture.ts";
import { answering, executorWith, reloadTest } from "./_serving.ts";

/** Streams a word, waits at the gate of its parameters, and streams another one. Says in the log how it ends. */
function streaming(text: string, more = ""): string {
  return executorWith(`${answering(text)}
  @requests({ on: "/words" })
  async *words(docs, { parameters, signal }) {
    try {
      yield { text: "${text} begins" };
      await (await fetch(parameters.gate, { signal })).text();
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
async function begin(stand: Stand, gate: Gate, requestId = "r1"): Promise<AsyncGenerator<Seen, void>> {
  const body = { execEndpoint: "/words", header: { requestId }, parameters: { gate: gate.url } };
  const stream = eventsOf(await askForEvents(`http://127.0.0.1:${stand.port}/post`, body));
  assertMatch((await stream.next()).value?.data.text, /begins$/);
  await gate.reached();
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
  async (stand) => {
    await using gate = new Gate();
    await stand.folder.write(FILE, streaming("v1"));
    await stand.serve({ uses: FILE, reload: true });
    const stream = await begin(stand, gate);
    await stand.folder.write(FILE, streaming("v2"));
    await stand.log.waitFor(/version 2 serves/);
    assertEquals((await stand.ask()).text, "v2");
    gate.open();
    assertEquals(summary(await rest(stream)), ["v1 ends", "end"]);
    await stand.log.waitFor(/v1 is over/);
    await stand.standby();
  },
);

reloadTest(
  "a restart cuts the streams of the version before after closeTimeout, and names them",
  async (stand) => {
    await using gate = new Gate();
    await stand.folder.write(FILE, streaming("v1"));
    await stand.folder.write("executor.yml", YAML("one"));
    await stand.serve({ uses: "executor.yml", restart: true }, { closeTimeout: 300 });
    const streams = [await begin(stand, gate, "r1"), await begin(stand, gate, "r2")];
    await stand.folder.write("executor.yml", YAML("two"));
    await stand.log.waitFor(/version 2 serves/);
    for (const stream of streams) {
      const seen = await rest(stream);
      assertEquals(summary(seen), ["error"]);
      assertEquals(seen[0].data.status, 500);
      assertMatch(seen[0].data.header.status.description, /cut by a restart, which waits 300 ms/);
    }
    const { message } = await stand.log.waitFor(/WARNING executor0\/rep-0 streams that a restart has cut/);
    assertMatch(message, /after 300 ms: \/words \(request r1\), \/words \(request r2\)$/);
    await stand.log.waitFor(/v1 is over/);
    await stand.standby();
  },
);

reloadTest("a restart waits for a stream that ends within closeTimeout", async (stand) => {
  await using gate = new Gate();
  await stand.folder.write(FILE, streaming("v1"));
  await stand.folder.write("executor.yml", YAML("one"));
  await stand.serve({ uses: "executor.yml", restart: true });
  const stream = await begin(stand, gate);
  await stand.folder.write("executor.yml", YAML("two"));
  await stand.log.waitFor(/version 2 serves/);
  gate.open();
  assertEquals(summary(await rest(stream)), ["v1 ends", "end"]);
  await stand.standby();
  assertEquals(stand.log.count(/WARNING|ERROR/), 0);
});

reloadTest("a state is handed over after the streams, or when handoverTimeout is over", async (stand) => {
  const stateful = (text: string) =>
    streaming(
      text,
      "  saveState() { return 1; }\n  restoreState(state) { this.logger.info(`state ${state}`); }",
    );
  await using first = new Gate();
  await stand.folder.write(FILE, stateful("v1"));
  await stand.serve({ uses: FILE, reload: true }, { handoverTimeout: 5_000 });
  const stream = await begin(stand, first);
  await stand.folder.write(FILE, stateful("v2"));
  first.open();
  assertEquals(summary(await rest(stream)), ["v1 ends", "end"]);
  await stand.log.waitFor(/state 1/);
  assert(
    stand.log.lines.findIndex((line) => /v1 is over/.test(line)) <
      stand.log.lines.findIndex((line) => /state 1/.test(line)),
  );
  assertEquals(stand.log.count(/still running/), 0);
});

reloadTest("a state is handed over in spite of a stream that does not end", async (stand) => {
  const stateful = (text: string) => streaming(text, "  saveState() { return 1; }\n  restoreState() {}");
  await using gate = new Gate();
  await stand.folder.write(FILE, stateful("v1"));
  await stand.serve({ uses: FILE, reload: true }, { handoverTimeout: 200 });
  const stream = await begin(stand, gate);
  await stand.folder.write(FILE, stateful("v2"));
  await stand.log.waitFor(/1 request is still running after 200 ms/);
  await stand.log.waitFor(/version 2 serves/);
  gate.open();
  assertEquals(summary(await rest(stream)), ["v1 ends", "end"]);
});

reloadTest("a worker that dies in the middle of a stream: the stream ends with an error", async (stand) => {
  await using gate = new Gate();
  await stand.folder.write(
    FILE,
    streaming("v1", `  @requests({ on: "/die" })\n  die() { setTimeout(() => process.exit(1)); }`).replace(
      /^/,
      'import process from "node:process";\n',
    ),
  );
  await stand.serve({ uses: FILE, reload: true });
  const stream = await begin(stand, gate);
  await stand.ask("/die");
  const seen = await rest(stream);
  assertEquals(summary(seen), ["error"]);
  assertMatch(seen[0].data.header.status.description, /process\.exit\(1\) was called/);
  await stand.log.waitFor(/it is replaced/);
});

reloadTest("close() waits for streams, and cuts them after closeTimeout", async (stand) => {
  await using gate = new Gate();
  await stand.folder.write(FILE, streaming("v1"));
  await stand.serve({ uses: FILE }, { closeTimeout: 300 });
  const stream = await begin(stand, gate);
  const closed = stand.close();
  const seen = await rest(stream);
  assertEquals(summary(seen), ["error"]);
  assertMatch(seen[0].data.header.status.description, /its version was closed before/);
  await inTime(closed, "close()", 5_000);
  await stand.log.waitFor(
    /WARNING executor0\/rep-0 requests in flight that were cut: 1, streams: \/\S+ \(request \S+\)$/,
  );
  await stand.log.waitFor(/v1 is over/);
});

reloadTest("close() lets a stream end within closeTimeout", async (stand) => {
  await using gate = new Gate();
  await stand.folder.write(FILE, streaming("v1"));
  await stand.serve({ uses: FILE });
  const stream = await begin(stand, gate);
  const closed = stand.close();
  gate.open();
  assertEquals(summary(await rest(stream)), ["v1 ends", "end"]);
  await inTime(closed, "close()", 5_000);
  assertEquals(stand.log.count(/WARNING|ERROR/), 0);
});

reloadTest(
  "saves and streams that are left, over and over: no worker and no generator is left over",
  async (stand) => {
    await using gate = new Gate();
    await stand.folder.write(FILE, streaming("v0"));
    await stand.serve({ uses: FILE, reload: true });
    const traffic = await stand.traffic();
    for (let round = 1; round <= 5; round++) {
      const clients = Array.from({ length: 10 }, () => new AbortController());
      const streams = await Promise.all(clients.map(async ({ signal }) => {
        const body = { parameters: { gate: gate.url } };
        const stream = eventsOf(await askForEvents(`http://127.0.0.1:${stand.port}/words`, body, signal));
        assertEquals((await stream.next()).value?.data.text, `v${round - 1} begins`);
        return stream;
      }));
      await stand.folder.write(FILE, streaming(`v${round}`));
      await traffic.text(`v${round}`);
      for (const client of clients) client.abort();
      for (const stream of streams) await rest(stream).catch(() => {});
    }
    await stand.unharmed();
    await stand.close();
    assertEquals(stand.log.count(/is over$/), 50);
  },
);
