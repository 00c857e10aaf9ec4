/** The timeline of versions, in a real browser. */
import { assertEquals } from "@std/assert";
import { evaluate, pageTest, shows, until } from "./_open.ts";
import { AT, deployment, load, loadStatus, status } from "./_statuses.ts";

const FILE = "/home/you/app/encoder.ts";
const DIFF = "--- a\n+++ b\n@@ -1,2 +1,2 @@\n same\n-old line\n+new line\n+another";
const FLOW = status(
  deployment("encoder", {
    version: 2,
    history: [loadStatus(1), loadStatus(2, { at: new Date(AT.getTime() + 2000) })],
  }),
  deployment("ranker"),
);

const marks = (name: string) =>
  `[...document.querySelectorAll('[aria-label="Versions of ${name}"] button')].map((mark) => mark.textContent)`;

pageTest("The last save is shown: files, diff, phases, fresh or in place, what was kept", {
  status: FLOW,
  loads: [load("encoder", 2)],
}, async ({ tab, fake }) => {
  await shows(tab, ".load h3", "encoder v2loaded");
  await shows(tab, ".load .facts", "9.4 ms in allin a fresh worker");
  fake.send({ kind: "changed", deployment: "encoder", files: [FILE], at: AT });
  await shows(tab, ".rows .pending", /^encoder.ts saved at .*, loading$/);
  fake.send(load("encoder", 3, {
    files: [{ path: FILE, diff: DIFF }, { path: "/home/you/app/.env" }],
    kept: ["model", "cache"],
    phases: { event: 1.2, load: 0.42, setup: 1234 },
  }));
  await shows(tab, ".load h3", "encoder v3loaded");
  await shows(tab, ".load .facts", /^\d\d:\d\d:\d\dsave9.4 ms in allin place$/);
  await shows(tab, ".load .kept", "kept: model, cache");
  await shows(tab, ".load .phases", "event 1.2 msload 0.42 mssetup 1.2 s");
  await shows(tab, ".load .files", "encoder.ts +2 −1");
  await shows(tab, ".load .files", ".env");
  assertEquals(await tab.page.$$eval(".diff .added", (lines) => lines.map((line) => line.textContent)), [
    "+new line\n",
    "+another\n",
  ]);
  await until(tab, `document.querySelector(".rows .pending").textContent === ""`);
  assertEquals(await evaluate(tab, marks("encoder")), ["v1", "v2", "v3"]);
  assertEquals(tab.complaints, []);
});

pageTest("Each version can be looked at, by mouse and by keyboard, also one that failed", {
  status: FLOW,
  loads: [
    load("encoder", 2),
    load("encoder", 3, {
      error: { name: "TypeError", message: "no such thing", file: FILE, line: 2, column: 1 },
    }),
    load("encoder", 4),
  ],
}, async ({ tab }) => {
  await shows(tab, ".load h3", "encoder v4");
  await tab.page.click('[aria-label="Versions of ranker"] button');
  await shows(tab, ".load h3", "ranker v1loaded");
  await shows(tab, ".load .facts", "start");
  await tab.page.focus('[aria-label="Versions of encoder"] button:last-child');
  await tab.page.keyboard.press("ArrowLeft");
  await tab.page.keyboard.press("Enter");
  await shows(tab, ".load h3", "encoder v3failed");
  await shows(tab, ".load .error", "TypeError: no such thing");
  assertEquals(await evaluate(tab, "document.activeElement.textContent"), "✕ 3", "the focus stays");
});

pageTest("A failed load whose files are as before again says so, and what serves", {
  status: FLOW,
  loads: [load("encoder", 2)],
}, async ({ tab, fake }) => {
  const error = { name: "TypeError", message: "no such thing", file: FILE, line: 2, column: 1 };
  const failed = deployment("encoder", { version: 2, lastError: { ...error, at: AT } });
  const serving = { ...failed, lastError: null };
  const UNDONE = "The files are as before: version 2 serves.";
  fake.send(load("encoder", 3, { error }));
  await shows(tab, ".load h3", /^encoder v3failed$/);
  fake.send({ kind: "deployment", deployment: failed });
  fake.send({ kind: "reverted", deployment: "encoder", at: AT }, { kind: "deployment", deployment: serving });
  await shows(tab, ".load h3", /^encoder v3failed, undone$/);
  await shows(tab, ".load .good", UNDONE);
  await shows(tab, ".load .error", "TypeError: no such thing");
  // Another failure is shown as one again, and the one before it is history.
  fake.send(load("encoder", 4, { error }));
  await shows(tab, ".load h3", /^encoder v4failed$/);
  await tab.page.click('[aria-label="Versions of encoder"] button:nth-child(3)');
  await shows(tab, ".load h3", /^encoder v3failed$/);
  fake.send({ kind: "status", status: status(serving, deployment("ranker")) });
  await tab.page.click('[aria-label="Versions of encoder"] button:nth-child(4)');
  await shows(tab, ".load h3", /^encoder v4failed, undone$/);
  assertEquals(tab.complaints, []);
});

pageTest("A page that is opened after a failed load was undone says so", {
  status: FLOW,
  loads: [load("encoder", 2), load("encoder", 3, { error: { name: "TypeError", message: "no such thing" } })],
}, async ({ tab }) => {
  await shows(tab, ".load h3", /^encoder v3failed, undone$/);
});

pageTest("An Executor in the topology leads to its versions", { status: FLOW }, async ({ tab }) => {
  await tab.page.click('[data-name="ranker"]');
  await shows(tab, ".load h3", "ranker v1");
});
