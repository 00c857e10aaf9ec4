/** Errors outside of requests: told of with their place, and the worker lives on. */
import { assertEquals, assertMatch } from "@std/assert";
import { FILE, Reloading, spotOf } from "../support/reloading.ts";
import { executorWith, reloadTest } from "./_serving.ts";

const THROWN = {
  "an error thrown by a timer": `setTimeout(() => { throw new RangeError("too late"); }, 0);`,
  "a rejection nobody handles": `Promise.reject(new RangeError("too late"));`,
  "an error thrown by an event": `
    const events = new EventTarget();
    events.addEventListener("x", () => { throw new RangeError("too late"); });
    setTimeout(() => events.dispatchEvent(new Event("x")), 0);`,
};

for (const [name, code] of Object.entries(THROWN)) {
  reloadTest(`${name}: told of with its place, and the Executor keeps its state`, async (stand) => {
    const source = executorWith(`  count = 0;
  @requests()
  foo(docs) { this.count++; for (const doc of docs) doc.text = "v1"; }
  @requests({ on: "/count" })
  counted(docs) { for (const doc of docs) doc.text = String(this.count); }
  @requests({ on: "/throw" })
  late() { ${code} }
`);
    const reloading = await Reloading.begin(stand, { files: { [FILE]: source } });
    const before = Number((await stand.ask("/count")).text);
    for (let round = 0; round < 3; round++) {
      const mark = stand.log.mark;
      assertEquals((await stand.ask("/throw")).status, 200);
      const record = await stand.log.waitFor(/ERROR executor0\/rep-0 an error outside of any request/, mark);
      assertMatch(record.message, /RangeError: too late at \//);
      const { line, column } = spotOf(source, "new RangeError");
      assertEquals(/ at (\/\S+)/.exec(record.message)?.[1], `${stand.folder.at(FILE)}:${line}:${column}`);
    }
    await reloading.traffic.round();
    assertEquals(Number((await stand.ask("/count")).text) > before, true);
    assertEquals((await stand.status()).deployments[0].version, 1);
    await reloading.saved("v2");
    assertEquals(reloading.traffic.texts, ["v1", "v2"]);
    await stand.unharmed();
  });
}

reloadTest("errors outside of requests while loading: told of, and the version serves", async (stand) => {
  const reloading = await Reloading.begin(stand);
  const mark = stand.log.mark;
  const source = executorWith(
    `  @requests()
  foo(docs) { for (const doc of docs) doc.text = "v2"; }
  async setup() {
    Promise.reject(new RangeError("at load"));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
`,
  );
  await Promise.all([reloading.traffic.text("v2"), stand.folder.write(FILE, source)]);
  await stand.log.waitFor(/an error outside of any request: RangeError: at load at \//, mark);
  await reloading.only("v2");
  await stand.unharmed();
});
