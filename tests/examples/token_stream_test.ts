import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { browserTest, type Tab } from "../support/chromium.ts";
import { Example } from "./_example.ts";

/** Waits until the page shows it. */
async function shows({ page }: Tab, selector: string, pattern: RegExp): Promise<string> {
  await page.waitForFunction(`${pattern}.test(document.querySelector("${selector}").textContent)`);
  return String(await page.evaluate(`document.querySelector("${selector}").textContent`));
}

Deno.test("examples/token_stream answers with the whole story when no stream is asked for", async () => {
  await using example = await Example.run("token_stream");
  const { status, data } = await example.post("/generate", { data: { text: "a fox" } });
  assertEquals(status, 200);
  assertMatch(
    data.map(({ text }) => text).join(" "),
    /^Once upon a time there was a fox that .* listening\.$/,
  );
  assertEquals(await example.interrupt(), 0);
});

browserTest("examples/token_stream shows words as they come, over a reload in the middle", async (tab) => {
  await using example = await Example.run("token_stream");
  const { page } = tab;
  await page.goto(/http:\S+/.exec(await example.printed(/Open: /))?.[0] ?? "");
  await page.click("#write");
  const beginning = await shows(tab, "#story", /^Once upon a /);
  assert(beginning.split(" ").length < 20, "the rest is still to come");
  await example.edit("writer.ts", "Once upon a time", "Long ago");
  await example.log.waitFor(/version 2 serves/);
  assertEquals(await shows(tab, "#state", /./), "writing");
  await shows(tab, "#state", /done/);
  assertMatch(
    await shows(tab, "#story", /./),
    /^Once upon a time there was a sentence that .* listening\. $/,
  );

  await page.click("#write");
  assertStringIncludes(await shows(tab, "#story", /ago/), "Long ago");
  await page.focus("#stop");
  await page.keyboard.press("Enter");
  await shows(tab, "#state", /stopped/);
  assertEquals(await page.evaluate("document.activeElement.name"), "hero");

  // A long word, and a character that ends lines for some, on a small phone.
  await page.setViewport({ width: 320, height: 640, isMobile: true });
  const hero = `${"x".repeat(200)}\u2028`;
  await page.evaluate(`document.querySelector("[name=hero]").value = ${JSON.stringify(hero)}`);
  await page.click("#write");
  await shows(tab, "#story", /x{200}\u2028 that/);
  assertEquals(await page.evaluate("document.documentElement.scrollWidth"), 320);
  await page.click("#stop");
  assertEquals([tab.complaints, example.log.lines.filter((line) => /ERROR|WARNING/.test(line))], [[], []]);
  assertEquals(await example.interrupt(), 0);
});
