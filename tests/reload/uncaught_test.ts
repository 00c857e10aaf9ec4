/** Errors outside of requests: told of with their place, and the worker lives on. */
import { assertEquals, assertMatch } from "@std/assert";
import { Latch } from "../support/latch.ts";
import { inTime } from "../support/in_time.ts";
import { FILE, Reloading, spotOf } from "../support/reloading.ts";
import { answering, executorWith, reloadTest, waitingAtGate } from "./_serving.ts";

const THROWN = {
  "an error thrown by a timer": `setTimeout(() => { throw new RangeError("too late"); }, 0);`,
  "a rejection nobody handles": `Promise.reject(new RangeError("too late"));`,
  "an error thrown by an event": `
    const events = new EventTarget();
    events.addEventListener("x", () => { throw new RangeError("too late"); });
    setTimeout(() => events.dispatchEvent(new Event("x")), 0);`,
};

for (const [name, code] of Object.entries(THROWN)) {
  reloadTest(`${name}: told of with its place, and the Executor keeps its state`, async (fixture) => {
    const source = executorWith(`  count = 0;
  @requests()
  foo(docs) { this.count++; for (const doc of docs) doc.text = "v1"; }
  @requests({ on: "/count" })
  counted(docs) { for (const doc of docs) doc.text = String(this.count); }
  @requests({ on: "/throw" })
  late() { ${code} }
`);
    const reloading = await Reloading.begin(fixture, { files: { [FILE]: source } });
    const before = Number((await fixture.ask("/count")).text);
    for (let round = 0; round < 3; round++) {
      const mark = fixture.log.mark;
      assertEquals((await fixture.ask("/throw")).status, 200);
      const record = await fixture.log.waitFor(
        /ERROR executor0\/rep-0 an error outside of any request/,
        mark,
      );
      assertMatch(record.message, /RangeError: too late at \//);
      const { line, column } = spotOf(source, "new RangeError");
      assertEquals(/ at (\/\S+)/.exec(record.message)?.[1], `${fixture.folder.at(FILE)}:${line}:${column}`);
    }
    await reloading.traffic.round();
    assertEquals(Number((await fixture.ask("/count")).text) > before, true);
    assertEquals((await fixture.status()).deployments[0].version, 1);
    await reloading.saved("v2");
    assertEquals(reloading.traffic.texts, ["v1", "v2"]);
    await fixture.assertNothingLost();
  });
}

reloadTest("errors outside of requests while loading: told of, and the version serves", async (fixture) => {
  const reloading = await Reloading.begin(fixture);
  const mark = fixture.log.mark;
  const source = executorWith(
    `  @requests()
  foo(docs) { for (const doc of docs) doc.text = "v2"; }
  async setup() {
    Promise.reject(new RangeError("at load"));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
`,
  );
  await Promise.all([reloading.traffic.text("v2"), fixture.folder.write(FILE, source)]);
  await fixture.log.waitFor(/an error outside of any request: RangeError: at load at \//, mark);
  await reloading.only("v2");
  await fixture.assertNothingLost();
});

reloadTest(
  "an Executor may log anything, post messages and listen to them: nobody loses an answer",
  async (fixture) => {
    await using latch = new Latch();
    const log = `  @requests({ on: "/log" })
  log(docs, { parameters }) {
    const { logger } = this;
    ({
      error: () => logger.error(new RangeError("as an Error")),
      number: () => logger.info(5),
      nothing: () => logger.info(),
      function: () => logger.info({ f() {} }),
      event: () => logger.log("info", "with an event", { kind: "odd", f() {} }),
      post: () => post({ a: 1 }),
      posts: () => post([null]),
    })[parameters.what]();
  }
`;
    // A process has another function.
    const deaf =
      'const post = (message) => "postMessage" in self ? self.postMessage(message) : process.send(message);\nself.onmessage = () => { throw new Error("not for me"); };';
    await fixture.folder.write(FILE, executorWith(answering("v1") + waitingAtGate("v1") + log, deaf));
    await fixture.serve({ uses: FILE, reload: true });
    const innocent = fixture.ask("/slow", "x", { latch: latch.url });
    await latch.reached();
    for (const what of ["error", "number", "nothing", "function", "event", "post", "posts"]) {
      assertEquals((await inTime(fixture.ask("/log", "x", { what }), what, 5_000)).status, 200, what);
    }
    latch.open();
    assertEquals((await inTime(innocent, "The answer of another request", 5_000)).text, "v1");
    await fixture.log.waitFor(/ERROR executor0\/rep-0 RangeError: as an Error at \S+my_executor\.ts:\d+:\d+/);
    await fixture.log.waitFor(/WARNING executor0\/rep-0 posted a message that nothing receives/);
    assertEquals((await fixture.status()).deployments[0].version, 1);
  },
);
