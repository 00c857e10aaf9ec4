/** The connection of the page, in a real browser. */
import { assertEquals } from "@std/assert";
import { browserTest } from "../support/chromium.ts";
import { inTime } from "../support/in_time.ts";
import { FakeFlow } from "./_fake_flow.ts";
import { evaluate, open, pageTest, shows, until } from "./_open.ts";
import { AT, deployment, load, status } from "./_statuses.ts";

const line = (message: string) => ({ kind: "log", level: "info", name: "Flow", message, time: AT }) as const;

pageTest("The page connects again by itself, and gets only what it missed", {
  status: status(deployment("encoder")),
}, async ({ tab, fake }) => {
  fake.send(line("before"));
  await shows(tab, ".lines", "before");
  fake.drop();
  fake.send(line("missed"));
  await shows(tab, ".lines", "missed");
  await shows(tab, ".state", "live");
  assertEquals(fake.asked.filter((path) => path.startsWith("/events")), ["/events", "/events after first-1"]);
  assertEquals(await evaluate(tab, `document.querySelectorAll(".lines .line").length`), 2);
});

pageTest("The page says that the connection is lost, and comes back after errors of the server", {
  status: status(deployment("encoder")),
}, async ({ tab, fake }) => {
  fake.refusal = 503;
  fake.drop();
  await shows(tab, ".state", "connection lost, trying again");
  await until(tab, `document.querySelector(".state").dataset.state === "lost"`);
  fake.refusal = undefined;
  await shows(tab, ".state", /^live$/);
});

pageTest("After a restart of the process the page says so, and shows what is there now", {
  status: status(deployment("encoder")),
  loads: [load("encoder", 7)],
  log: [line("of the first")],
}, async ({ tab, fake }) => {
  await shows(tab, ".load h3", "encoder v7");
  fake.restart({
    boot: "second",
    process: { hotflow: "0.1.0", runtime: "deno 2.9.6", pid: 4343 },
    status: status(deployment("encoder"), deployment("ranker")),
    loads: [load("ranker", 1)],
    log: [line("of the second")],
  });
  await shows(tab, ".restart", /^restarted at \d\d:\d\d:\d\d$/);
  await shows(tab, ".facts", "pid 4343");
  await shows(tab, ".topology .summary", "2 Executors");
  await shows(tab, ".load h3", "v1");
  await shows(tab, ".lines", /of the first.*the process was restarted.*of the second/s);
});

browserTest(
  "Below a path, with or without a slash at its end, the page reads the events beside it",
  async (tab) => {
    for (const mount of ["/app/flow", "/app/flow/"]) {
      await using fake = new FakeFlow({}, mount);
      await open(tab, fake);
      assertEquals(fake.asked.filter((path) => path.endsWith("events")), ["/app/flow/events"]);
      await tab.page.goto("about:blank");
    }
  },
);

browserTest("The page waits for a process that is away, and says when another one has come", async (tab) => {
  const first = new FakeFlow();
  await open(tab, first);
  const { port } = first;
  const failed = new Promise<void>((resolve) => tab.page.on("requestfailed", () => resolve()));
  await first[Symbol.asyncDispose]();
  await shows(tab, ".state", "connection lost");
  // At least one attempt finds nothing there.
  await inTime(failed, "an attempt to connect");
  await using _second = new FakeFlow({ boot: "second" }, "/", port);
  await shows(tab, ".restart", /^restarted at/);
  await shows(tab, ".state", /^live$/);
  await tab.page.goto("about:blank");
});

browserTest("A connection over which nothing comes any more is lost, and made again", async (tab) => {
  await using fake = new FakeFlow({ status: status(deployment("encoder")) });
  // The page's time passes a hundred times as fast.
  await tab.page.evaluateOnNewDocument(`{
    const [now, every] = [performance.now.bind(performance), setInterval];
    performance.now = () => now() * 100;
    globalThis.setInterval = (run, ms) => every(run, ms / 100);
    globalThis.EventSource = class extends EventSource {
      constructor(url) { super(url); (globalThis.sources ??= []).push(this); }
    };
  }`);
  await open(tab, fake);
  await until(tab, "sources.length > 2 && sources.slice(0, -1).every((source) => source.readyState === 2)");
  await shows(tab, ".state", /^live$/);
  assertEquals(tab.complaints, []);
  await tab.page.goto("about:blank");
});
