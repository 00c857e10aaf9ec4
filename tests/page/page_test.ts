/** The page as a whole, in a real browser. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { HelloEvent } from "../../src/live/flow_event.ts";
import { pageResponse } from "../../src/page/page.ts";
import { browserTest } from "../support/chromium.ts";
import { findings } from "./_axe.ts";
import { FakeFlow } from "./_fake_flow.ts";
import { evaluate, open, pageTest, shows, until } from "./_open.ts";
import { AT, deployment, load, sample, status, thirty } from "./_statuses.ts";

const error = {
  name: "SyntaxError",
  message: "Expected an expression; caused by: Error: deeper",
  file: "/home/you/app/encoder.ts",
  line: 14,
  column: 11,
  snippet: "  14 |       foo(;\n     |           ^",
};
const NAMES = ["encoder", "ranker"];
const FULL: Partial<HelloEvent> = {
  status: status(...NAMES.map((name) => deployment(name, { version: 3 }))),
  loads: [
    load("encoder", 2, { error }),
    load("encoder", 3, {
      files: [{ path: "/home/you/app/encoder.ts", diff: "@@ -1 +1 @@\n-a\n+b" }],
      kept: ["model"],
    }),
  ],
  log: (["debug", "info", "warning", "error"] as const).map((level) => ({
    ...{
      kind: "log",
      level,
      name: "encoder/rep-0@3",
      message: `a line at ${level}`,
      time: AT,
      request: "r-1",
    },
  })),
  samples: [0, 1, 2].map((second) => sample(new Date(AT.getTime() + second * 1000), NAMES)),
};

Deno.test("pageResponse() is one small document with a strict policy", async () => {
  const response = await pageResponse();
  const text = await response.text();
  assert(text.length < 150_000, `${text.length} bytes`);
  assertEquals(response.headers.get("cache-control"), "no-store");
  assertEquals(response.headers.get("x-content-type-options"), "nosniff");
  assertEquals(response.headers.get("referrer-policy"), "no-referrer");
  const policy = response.headers.get("content-security-policy") ?? "";
  assertMatch(policy, /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+';/);
  assertMatch(policy, /connect-src 'self'; .*frame-ancestors 'none'; require-trusted-types-for 'script'/);
  assertEquals(/unsafe|\*/.test(policy), false);
});

browserTest(
  "The page asks for nothing but itself and the routes of its Flow, and keeps its policy",
  async (tab) => {
    await using fake = new FakeFlow(FULL);
    const urls: string[] = [];
    tab.page.on("request", (request) => urls.push(request.url()));
    await open(tab, fake);
    fake.send(load("encoder", 4, { error }));
    await until(tab, `!document.querySelector(".overlay").hidden`);
    const foreign = urls.filter((url) => !url.startsWith(fake.url) && !url.startsWith("data:"));
    assertEquals(foreign, []);
    assertEquals(tab.complaints, []);
    const { loadEventEnd, startTime } = await evaluate<{ loadEventEnd: number; startTime: number }>(
      tab,
      `performance.getEntriesByType("navigation")[0].toJSON()`,
    );
    assert(loadEventEnd - startTime < 1000, `loaded after ${loadEventEnd - startTime} ms`);
    await tab.page.goto("about:blank");
  },
);

for (const scheme of ["light", "dark"]) {
  browserTest(
    `axe finds nothing, ${scheme}: serving, with a problem, folded, with 30 Executors`,
    async (tab) => {
      await tab.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await using fake = new FakeFlow(FULL);
      await open(tab, fake);
      await shows(tab, ".lines", "a line at error");
      assertEquals(await findings(tab), []);
      fake.send(load("encoder", 4, { error }));
      await until(tab, `!document.querySelector(".overlay").hidden`);
      assertEquals(await findings(tab), []);
      await tab.page.click(".overlay .bar button");
      fake.send({ kind: "status", status: status(...thirty()) });
      await shows(tab, ".topology .summary", "30 Executors");
      assertEquals(await findings(tab), []);
      await tab.page.goto("about:blank");
    },
  );
}

pageTest("All can be reached with the keyboard, in the order of the page", FULL, async ({ tab, fake }) => {
  fake.send(load("encoder", 4, { error }));
  await until(tab, `!document.querySelector(".overlay").hidden`);
  await evaluate(tab, "document.activeElement.blur()");
  const visited: string[] = [];
  const seen = `(() => {
    const own = document.activeElement;
    if (own === document.body) return "";
    const { outlineStyle, outlineWidth } = getComputedStyle(own);
    const card = own.querySelector?.(".area");
    const isVisible = (outlineStyle !== "none" && outlineWidth !== "0px") ||
      (card && getComputedStyle(card).strokeWidth === "3.5px");
    return (own.closest("section, header")?.id || own.closest("section, header")?.className || "") + " " +
      (own.getAttribute("aria-label") ?? own.textContent).slice(0, 40) + (isVisible ? "" : " INVISIBLE");
  })()`;
  for (let at = 0; at < 80; at++) {
    await tab.page.keyboard.press("Tab");
    const now = await evaluate<string>(tab, seen);
    if (now === "") break;
    visited.push(now);
  }
  const parts = [...new Set(visited.map((name) => name.split(" ")[0]))];
  assertEquals(parts.filter((part) => part !== "try"), ["top", "topology", "versions", "log", "overlay"]);
  assertEquals(visited.filter((name) => name.endsWith("INVISIBLE")), []);
  for (
    const name of ["top Figures", "topology encoder, Encoder, serving", "log Search the log", "overlay Fold"]
  ) {
    assert(visited.some((one) => one.startsWith(name)), `${name} of ${visited.join("; ")}`);
  }
});

pageTest("The links of the header lead to the parts", FULL, async ({ tab }) => {
  await tab.page.setViewport({ width: 800, height: 500 });
  for (const id of ["figures", "topology", "log"]) {
    await tab.page.click(`nav a[href="#${id}"]`);
    await until(
      tab,
      `(() => { const { top } = document.getElementById("${id}").getBoundingClientRect();
        return location.hash === "#${id}" && top >= 0 && top < innerHeight; })()`,
    );
  }
});

for (const width of [320, 375, 768]) {
  pageTest(`At a width of ${width} nothing makes the page scroll sideways`, FULL, async ({ tab, fake }) => {
    await tab.page.setViewport({ width, height: 700 });
    fake.send({ kind: "status", status: status(...thirty()) });
    fake.send(
      load("encoder", 4, {
        error,
        files: [{ path: `/${"long".repeat(40)}.ts`, diff: `+${"x".repeat(400)}` }],
      }),
    );
    fake.send({ kind: "log", level: "info", name: "Flow", message: "long ".repeat(200), time: AT });
    await until(tab, `!document.querySelector(".overlay").hidden`);
    await shows(tab, ".lines", "long long");
    const wide = await evaluate<string[]>(
      tab,
      `[...document.querySelectorAll("body, body *")].filter((one) => one.scrollWidth > innerWidth && getComputedStyle(one).overflowX === "visible" && one.getBoundingClientRect().right > innerWidth && !one.closest(".graph, .lines, pre, .hidden, .marks")).map((one) => one.outerHTML.slice(0, 80))`,
    );
    assertEquals(wide, []);
    assertEquals(await evaluate(tab, "document.documentElement.scrollWidth <= innerWidth"), true);
  });
}

pageTest("Who wants less motion gets none", FULL, async ({ tab, fake }) => {
  await tab.page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
  fake.send({ kind: "deployment", deployment: deployment("encoder", { version: 4 }) });
  await until(tab, `document.querySelector(".node.swapped") !== null`);
  assertEquals(await evaluate(tab, "document.getAnimations().length"), 0);
});
