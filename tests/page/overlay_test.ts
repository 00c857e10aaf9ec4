/** What is wrong, over the page, in a real browser. */
import { assertEquals, assertMatch } from "@std/assert";
import { evaluate, pageTest, shows, until } from "./_open.ts";
import { AT, deployment, load, loadStatus, status } from "./_statuses.ts";

const FILE = "/home/you/app/encoder.ts";
const SNIPPET = "  13 |     for (const doc of docs) {\n  14 |       foo(;\n     |           ^\n  15 |     }";
const error = {
  name: "SyntaxError",
  message: "Expected an expression; caused by: Error: the first; caused by: TypeError: the second",
  file: FILE,
  line: 14,
  column: 11,
  snippet: SNIPPET,
};
const encoder = deployment("encoder", { version: 3, history: [loadStatus(3)] });
const GONE = `document.querySelector(".overlay").hidden`;

pageTest("A failed load is shown with its place, snippet and causes, and goes away with the next good save", {
  status: status(encoder),
}, async ({ tab, fake }) => {
  assertEquals(await evaluate<boolean>(tab, GONE), true);
  fake.send(load("encoder", 4, { error }));
  await shows(tab, ".overlay .title", "encoder could not be loaded");
  await shows(tab, ".overlay .message", "SyntaxError: Expected an expression");
  await shows(tab, ".overlay .since", /version 3 serves, since \d\d:\d\d:\d\d/);
  await shows(tab, ".overlay .mistake", "foo(;");
  await shows(tab, ".overlay .caret", /^\s+\|\s+\^\s*$/);
  await shows(tab, ".overlay .causes", "caused by Error: the firstcaused by TypeError: the second");
  assertEquals(await tab.page.title(), "(1) hotflow");
  const link = await tab.page.$eval(".overlay .open", (a) => a.getAttribute("href"));
  assertEquals(link, `vscode://file${FILE}:14:11`);
  fake.send(load("encoder", 5));
  await until(tab, GONE);
  assertEquals(await tab.page.title(), "hotflow");
  assertEquals(tab.complaints, []);
});

pageTest(
  "A failed load goes away when the files are as before",
  { status: status(encoder) },
  async ({ tab, fake }) => {
    fake.send(load("encoder", 4, { error }));
    await until(tab, `!${GONE}`);
    fake.send({ kind: "reverted", deployment: "encoder", at: AT });
    await until(tab, GONE);
  },
);

pageTest("A click copies the place", { status: status(encoder) }, async ({ tab, fake }) => {
  await tab.page.browserContext().overridePermissions(new URL(fake.url).origin, [
    "clipboard-read",
    "clipboard-write",
  ]);
  fake.send(load("encoder", 4, { error }));
  await tab.page.waitForSelector(".overlay:not([hidden]) .place");
  await tab.page.click(".overlay .place");
  await shows(tab, ".overlay .said", "copied");
  assertEquals(await evaluate<string>(tab, "navigator.clipboard.readText()"), `${FILE}:14:11`);
});

pageTest("The overlay takes no focus, is announced once, and stays as a bar when it is folded", {
  status: status(encoder),
}, async ({ tab, fake }) => {
  await tab.page.focus("input[type=search]");
  await evaluate(
    tab,
    `globalThis.alerts = [];
     new MutationObserver(() => alerts.push(document.querySelector("[role=alert]").textContent))
       .observe(document.querySelector("[role=alert]"), { childList: true, characterData: true, subtree: true })`,
  );
  fake.send(load("encoder", 4, { error }));
  await tab.page.waitForSelector(".overlay:not([hidden])");
  await tab.page.keyboard.type("typed");
  // The status after the load has a time of its own.
  fake.send({
    kind: "deployment",
    deployment: { ...encoder, lastError: { ...error, at: new Date(AT.getTime() + 9000) } },
  });
  await shows(tab, ".overlay .since", "since");
  assertEquals(await evaluate<string>(tab, "document.activeElement.value"), "typed");
  await tab.page.click(".overlay .bar button");
  assertEquals(
    await evaluate<boolean>(tab, `document.querySelector(".overlay .problems").checkVisibility()`),
    false,
  );
  assertEquals(
    await evaluate<boolean>(tab, `document.querySelector(".overlay .title").checkVisibility()`),
    true,
  );
  assertEquals(
    await tab.page.$eval(".overlay .bar button", (button) => button.getAttribute("aria-expanded")),
    "false",
  );
  const alerts = await evaluate<string[]>(tab, "alerts");
  assertEquals(alerts, ["encoder could not be loaded: Expected an expression"]);
});

pageTest("What is wrong with an Executor that serves is shown until it is over", {
  status: status(encoder, deployment("ranker")),
  troubles: [{
    kind: "trouble",
    deployment: "encoder",
    what: "stuck",
    since: AT,
    count: 1,
    over: false,
    message: "executor0/rep-0 does not yield since 5 s",
  }],
}, async ({ tab, fake }) => {
  await shows(tab, ".overlay .title", "encoder is stuck: a handler does not yield");
  const throws = {
    kind: "trouble",
    deployment: "ranker",
    what: "throws",
    since: new Date(AT.getTime() + 1000),
    count: 5,
    over: false,
    message: "the last 5 calls of /search threw",
    error: { name: "RangeError", message: "too big", file: FILE, line: 3, column: 1 },
  } as const;
  fake.send(throws);
  await shows(tab, ".overlay .title", "2 problems: ranker keeps throwing, 5 times");
  await shows(tab, ".overlay .message", "RangeError: too big");
  // What it says is said once.
  await shows(tab, ".overlay .since", /^since \d\d:\d\d:\d\d$/);
  fake.send({ ...throws, count: 1 });
  await shows(tab, ".overlay .title", /^encoder is stuck/);
  fake.send(throws);
  await shows(tab, ".overlay .title", "2 problems: ranker keeps throwing, 5 times");
  fake.send({ ...throws, over: true });
  await shows(tab, ".overlay .title", /^encoder is stuck/);
  fake.send({ kind: "status", status: status(deployment("ranker")) });
  await until(tab, GONE);
});

pageTest("All problems of the Flow's YAML are shown, each with its place", {
  status: status(encoder),
}, async ({ tab, fake }) => {
  const yaml = "/home/you/app/flow.yml";
  fake.send({
    kind: "status",
    status: {
      ...status(encoder),
      yaml,
      lastError: {
        name: "ConfigError",
        message: "2 problems",
        at: AT,
        problems: [
          {
            path: "executors[0].nmae",
            message: "unknown key; expected name",
            file: yaml,
            line: 4,
            column: 5,
          },
          {
            path: "executors[1].needs",
            message: 'no Executor is named "x"',
            file: yaml,
            line: 7,
            column: 12,
          },
        ],
      },
      history: [],
    },
  });
  await shows(tab, ".overlay .title", "The changes of the Flow's YAML cannot be applied");
  const places = await tab.page.$$eval(
    ".overlay .details .place",
    (all) => all.map((one) => one.textContent),
  );
  assertEquals(places, [`${yaml}:4:5`, `${yaml}:7:12`]);
  assertMatch(
    await tab.page.$eval(".overlay .details", (list) => list.textContent ?? ""),
    /executors\[1\].needs: no Executor/,
  );
  fake.send({ kind: "status", status: { ...status(encoder), yaml, lastError: null, history: [] } });
  await until(tab, GONE);
});

pageTest("The only problem of the Flow's YAML is shown once", {
  status: status(encoder),
}, async ({ tab, fake }) => {
  const yaml = "/home/you/app/flow.yml";
  const problem = { message: "gamma.ts does not exist", file: yaml, line: 4, column: 5 };
  const problems = [{ path: "executors[0].uses", ...problem }];
  const lastError = { name: "ConfigError", ...problem, at: AT, problems };
  fake.send({ kind: "status", status: { ...status(encoder), yaml, lastError, history: [] } });
  await shows(tab, ".overlay .message", "gamma.ts does not exist");
  assertEquals(await tab.page.$$eval(".overlay .place", (all) => all.length), 1);
});

pageTest("A page that is hidden before its next frame shows problems in its title all the same", {
  status: status(encoder),
}, async ({ tab, fake }) => {
  // As in a page that is hidden: the frame that was planned does not come.
  await evaluate(
    tab,
    `(globalThis.real = requestAnimationFrame, globalThis.lost = 0,
      globalThis.requestAnimationFrame = () => ++lost, undefined)`,
  );
  fake.send(load("encoder", 4, { error }));
  await tab.page.waitForFunction("lost > 0", { polling: 20 });
  assertEquals(await tab.page.title(), "hotflow");
  await evaluate(
    tab,
    `(globalThis.requestAnimationFrame = real, Object.defineProperty(document, "hidden", { value: true }),
      document.dispatchEvent(new Event("visibilitychange")))`,
  );
  await shows(tab, "title", "(1) hotflow");
});
