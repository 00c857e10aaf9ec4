/** The log, in a real browser. */
import { assert, assertEquals } from "@std/assert";
import type { LogLineEvent } from "../../src/live/flow_event.ts";
import { evaluate, pageTest, shows, until } from "./_open.ts";
import { AT, deployment, status } from "./_statuses.ts";

function line(message: string, given: Partial<LogLineEvent> = {}): LogLineEvent {
  return { kind: "log", level: "info", name: "encoder/rep-0@2", message, time: AT, ...given };
}

const LINES = [
  line("detected changes"),
  line("one\ntwo", { name: "ranker/rep-0@1", level: "debug" }),
  line("slow request", { name: "gateway", level: "warning", request: "r-1" }),
  line("a handler threw", { level: "error", request: "r-1" }),
];
const FLOW = { status: status(deployment("encoder"), deployment("ranker")), log: LINES };

const MESSAGES = `[...document.querySelectorAll(".lines .message")].map((message) => message.textContent)`;

async function messages(tab: Parameters<typeof evaluate>[0], expected: readonly string[]): Promise<void> {
  await until(tab, `JSON.stringify(${MESSAGES}) === ${JSON.stringify(JSON.stringify(expected))}`);
}

pageTest(
  "The log is filtered by Executor, by level, and searched, also what comes later",
  FLOW,
  async ({ tab, fake }) => {
    await messages(tab, ["detected changes", "one", "two", "slow request", "a handler threw"]);
    await tab.page.select('select[aria-label="Executor"]', "ranker");
    await messages(tab, ["one", "two"]);
    await shows(tab, ".counts", "1 of 4 lines");
    await tab.page.select('select[aria-label="Executor"]', "");
    await tab.page.select('select[aria-label="Level"]', "warning");
    await messages(tab, ["slow request", "a handler threw"]);
    await tab.page.select('select[aria-label="Level"]', "debug");
    await tab.page.type('input[aria-label="Search the log"]', "CHANGES");
    await messages(tab, ["detected changes"]);
    fake.send(line("no match"), line("other changes"));
    await messages(tab, ["detected changes", "other changes"]);
    assertEquals(await tab.page.$$eval(".lines mark", (marks) => marks.map((mark) => mark.textContent)), [
      "changes",
      "changes",
    ]);
    assertEquals(tab.complaints, []);
  },
);

pageTest(
  "A click on the id of a request shows all its lines, with its stream",
  FLOW,
  async ({ tab, fake }) => {
    await tab.page.waitForSelector(".lines button.request");
    await tab.page.click(".lines button.request");
    await messages(tab, ["slow request", "a handler threw"]);
    const stream = { kind: "stream", request: "r-1", endpoint: "/chat", at: AT } as const;
    fake.send({ ...stream, state: "begun" }, { ...stream, state: "ended", outcome: "ok", ms: 1500 });
    await messages(tab, [
      "slow request",
      "a handler threw",
      "stream of /chat has begun",
      "stream of /chat has ended: ok after 1.5 s",
    ]);
    await tab.page.click(".tools button.request");
    await shows(tab, ".counts", /^6 lines$/);
  },
);

const END = `(() => { const { scrollTop, clientHeight, scrollHeight } = document.querySelector(".lines");
  return scrollHeight - scrollTop - clientHeight; })()`;

pageTest("The log follows new lines, until one scrolls up", FLOW, async ({ tab, fake }) => {
  fake.send(...Array.from({ length: 200 }, (_, at) => line(`line ${at}`)));
  await until(tab, `${MESSAGES}.at(-1) === "line 199" && ${END} < 2`);
  const rows = await evaluate<number>(tab, `document.querySelectorAll(".lines .line").length`);
  assert(rows < 80, `${rows} rows of 205 are in the document`);
  await tab.page.hover(".lines");
  await tab.page.mouse.wheel({ deltaY: -600 });
  await shows(tab, ".tools", "Follow");
  const top = await evaluate<number>(tab, `document.querySelector(".lines").scrollTop`);
  fake.send(line("another"));
  await shows(tab, ".counts", "205 lines");
  assertEquals(await evaluate<number>(tab, `document.querySelector(".lines").scrollTop`), top);
  await tab.page.evaluate(`[...document.querySelectorAll(".tools button")].at(-1).click()`);
  await until(tab, `${MESSAGES}.at(-1) === "another"`);
});

pageTest("Markup in a line is text", FLOW, async ({ tab, fake }) => {
  const markup = '<img src=x onerror="globalThis.caught = 1"><script>caught = 1</script>';
  fake.send(line(markup, { name: markup, request: markup }));
  await until(tab, `${MESSAGES}.at(-1) === ${JSON.stringify(markup)}`);
  assertEquals(await tab.page.$$eval("img, main script", (all) => all.length), 0);
  assertEquals(await evaluate(tab, `"caught" in globalThis`), false);
  assertEquals(tab.complaints, []);
});
