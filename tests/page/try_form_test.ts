/** "Try it" in a real browser: forms of schemas, issues at their fields, files, all kinds of answers. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { browserTest, type Tab } from "../support/chromium.ts";
import { PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Ex } from "../flow/_executors.ts";
import { Zod } from "../typed/_executors.ts";
import { PNG, Rich } from "./_executors.ts";
import { answerJson, choose, click, field, mode, openTry, read, send, TryPage, write } from "./_try_page.ts";

/** The body that is about to be sent. */
async function body(tab: Tab): Promise<unknown> {
  await mode(tab, "json");
  const json = JSON.parse(await read(tab, "#try-json", "value"));
  await mode(tab, "form");
  return json;
}

browserTest(
  "Try it begins with a request that fits the schema, and has an input for each type",
  async (tab) => {
    await using served = await TryPage.start({ uses: Rich });
    await openTry(tab, served, "POST /see");
    const inputs = (name: string, property: string) => read(tab, field(`data/0/${name}`), property);
    assertEquals(await inputs("title", "tagName"), "TEXTAREA");
    assertEquals([await inputs("price", "type"), await inputs("price", "min")], ["number", "0"]);
    assertEquals([await inputs("count", "type"), await inputs("count", "step")], ["number", "1"]);
    assertEquals(await inputs("kind", "tagName"), "SELECT");
    assertEquals(await inputs("fresh", "type"), "checkbox");
    await write(tab, field("data/0/title"), "two\nlines \"and\" 'quotes' ä 🌱");
    await write(tab, field("data/0/price"), "2.5");
    await tab.page.select(field("data/0/kind"), "coffee");
    await click(tab, field("data/0/fresh"));
    await click(tab, '[data-location="data/0/count"] .try-remove');
    await tab.page.select(`[data-location="data/0"] .try-add-field`, "names");
    await write(tab, field("data/0/names"), '["a", "b"]');
    await write(tab, field("parameters/tax"), "0.5");
    const title = "two\nlines \"and\" 'quotes' ä 🌱";
    const sent = { title, price: 2.5, kind: "coffee", fresh: false, names: ["a", "b"] };
    assertEquals(await body(tab), { data: [sent], parameters: { tax: 0.5 } });
    assertMatch(await send(tab), /^200 OK/);
    const { id: _, ...answered } = (await answerJson(tab)).data[0];
    assertEquals(answered, { ...sent, seen: true });
    await choose(tab, "POST /shape");
    await tab.page.select(field("data/0/kind"), "square");
    await tab.page.select(`[data-location="data/0"] .try-add-field`, "side");
    assertMatch(await send(tab), /^200 OK/);
    assertEquals(tab.complaints, []);
  },
);

browserTest(
  "Try it marks the fields that were refused, and refuses a field that is not JSON",
  async (tab) => {
    await using served = await TryPage.start({ uses: Rich });
    await openTry(tab, served, "POST /see");
    await click(tab, ".try-add-document");
    await write(tab, field("data/0/price"), "-1");
    await write(tab, field("parameters/tax"), "7");
    assertMatch(await send(tab), /^422 /);
    assertMatch(await read(tab, '[data-location="data/0/price"] .try-issue'), />=0/);
    assertMatch(await read(tab, '[data-location="parameters/tax"] .try-issue'), /<=1/);
    const input = field("data/0/price");
    assertEquals(await read(tab, input, "ariaInvalid"), "true");
    const described = await read(tab, input, "getAttribute('aria-describedby')");
    assertEquals(
      described.split(" ").at(-1),
      await read(tab, '[data-location="data/0/price"] .try-issue', "id"),
    );
    await write(tab, field("data/0/price"), "1");
    await write(tab, field("parameters/tax"), "1");
    assertMatch(await send(tab), /^200 /);
    assertEquals(await tab.page.$$eval(".try-issue, [aria-invalid]", (elements) => elements.length), 0);
    await tab.page.select(`[data-location="data/1"] .try-add-field`, "names");
    await write(tab, field("data/1/names"), "[");
    await click(tab, "#try-send");
    await tab.page.waitForFunction(`document.querySelector("#try-status").textContent.includes("not JSON")`);
    assertEquals(await tab.page.evaluate("document.activeElement.ariaInvalid"), "true");
    await click(tab, ".try-remove-document");
    assertEquals(await tab.page.$$eval(".try-document", (elements) => elements.length), 1);
  },
);

browserTest(
  "Try it shows a field that is needed and not set as such, and sends no value for it",
  async (tab) => {
    await using served = await TryPage.start({ uses: Rich });
    await openTry(tab, served, "POST /see");
    await mode(tab, "json");
    await write(tab, "#try-json", '{"data": [{}], "parameters": {"tax": 1}}');
    await mode(tab, "form");
    for (const name of ["title", "price"]) {
      assertEquals(await read(tab, field(`data/0/${name}`), "value"), "");
      assertEquals(await read(tab, field(`data/0/${name}`), "placeholder"), "not set");
    }
    assertEquals(await read(tab, field("data/0/kind"), "value"), "not set");
    assertMatch(await send(tab), /^422 /);
    assertEquals((await tab.page.$$('[data-location^="data/0/"] > .try-issue')).length, 4);
    await write(tab, field("data/0/title"), "a");
    await write(tab, field("data/0/price"), "1");
    await tab.page.select(field("data/0/kind"), "coffee");
    await click(tab, field("data/0/fresh"));
    assertMatch(await send(tab), /^200 /);
    assertEquals((await answerJson(tab)).data[0].kind, "coffee");
  },
);

browserTest("Try it sends a file as a blob with its type, and several documents", async (tab) => {
  await using folder = await TempFolder.make();
  const path = folder.at("pixel.png");
  await Deno.writeFile(path, Uint8Array.from(atob(PNG), (char) => char.charCodeAt(0)));
  await using served = await TryPage.start({ uses: Rich });
  await openTry(tab, served, "POST /echo");
  await click(tab, ".try-add-document");
  await write(tab, field("data/1/text"), "the second");
  await tab.page.select(`[data-location="data/0"] .try-add-field`, "blob");
  const input = await tab.page.$(field("data/0/blob"));
  // deno-lint-ignore no-explicit-any -- a handle of a file input
  await (input as any).uploadFile(path);
  await tab.page.waitForSelector('[data-location="data/0/mime_type"]');
  await write(tab, "#try-parameters", '{"top": 3}');
  await write(tab, "#try-targetExecutor", "executor0");
  assertEquals(await body(tab), {
    data: [{ text: "hello", blob: PNG, mime_type: "image/png" }, { text: "the second" }],
    parameters: { top: 3 },
    targetExecutor: "executor0",
  });
  assertMatch(await send(tab), /^200 /);
  const { data } = await answerJson(tab);
  assertEquals(data.map(({ tags }: { tags: object }) => tags), Array(2).fill({ parameters: { top: 3 } }));
  await loaded(tab, "#try-answer img");
  assertEquals(await read(tab, "#try-answer img", "alt"), "The blob of document 1");
  assertEquals(tab.complaints, []);
});

/** Waits until an image is there, which a policy may forbid. */
async function loaded({ page }: Tab, selector: string): Promise<void> {
  await page.waitForFunction(`document.querySelector(${JSON.stringify(selector)})?.naturalWidth === 1`);
}

browserTest("Try it shows text, tags, embedding, tensor, images, scores, matches and chunks", async (tab) => {
  await using served = await TryPage.start({ uses: Rich });
  await openTry(tab, served, "POST /fields");
  assertMatch(await send(tab), /^200 /);
  const parts = await tab.page.$$eval(
    "#try-answer > div > div > .try-doc > .try-part > h5",
    (elements) => elements.map(({ textContent }) => textContent),
  );
  assertEquals(parts, ["text", "tags", "embedding", "tensor", "blob", "uri", "scores", "chunks", "matches"]);
  assertMatch(
    await read(tab, ".try-sparkline", "getAttribute('aria-label')"),
    /^embedding: length 300, min -1, max 1$/,
  );
  assertEquals(
    await tab.page.$$eval(".try-array > span", (spans) => spans[1]?.textContent),
    "shape 2 × 3, min 1, max 6",
  );
  await loaded(tab, "#try-answer img");
  assertEquals(await tab.page.$$eval("#try-answer img", (images) => images.length), 2);
  await click(tab, ".try-doc details:last-of-type summary");
  await tab.page.evaluate(`for (const one of document.querySelectorAll(".try-doc details")) one.open = true`);
  await tab.page.waitForFunction(`document.querySelectorAll(".try-doc .try-doc").length === 2`);
  assertEquals(
    await tab.page.$$eval(
      "#try-answer .try-stations th",
      (cells) => cells.map(({ textContent }) => textContent),
    ),
    ["gateway", "executor0"],
  );
  await choose(tab, "POST /result");
  await send(tab);
  assertMatch(await read(tab, "#try-answer > div > .try-part"), /Results.*executor0\/rep-0.*"answer":42/);
  assertEquals(tab.complaints, []);
});

browserTest("Try it writes the request as code, and copies it", async (tab) => {
  await using served = await TryPage.start({ uses: Ex });
  await tab.page.browserContext().overridePermissions(served.at(""), [
    "clipboard-read",
    "clipboard-sanitized-write",
  ]);
  await openTry(tab, served, "POST /foo");
  await click(tab, ".try-code summary");
  await click(tab, "#try-stream");
  await write(tab, field("data/0/text"), "it's");
  await click(tab, "#try-copy");
  await tab.page.waitForFunction(`document.querySelector("#try-copy + output").textContent === "Copied"`);
  const expected = [
    `curl '${served.at("/foo")}'`,
    "-H 'content-type: application/json'",
    `--data-raw '{"data":[{"text":"it'\\''s"}],"parameters":{}}'`,
  ].join(" \\\n  ");
  assertEquals(await tab.page.evaluate("navigator.clipboard.readText()"), expected);
  assertEquals(await read(tab, "#try-code"), expected);
  const parts = { TypeScript: "new Client", Python: "urlopen", "Python, Jina": "DocumentArray" };
  for (const [language, part] of Object.entries(parts)) {
    await click(tab, `input[value="${language}"]`);
    assertStringIncludes(await read(tab, "#try-code"), part);
  }
  assertEquals(tab.complaints, []);
});

browserTest("Try it stays usable with a big answer", async (tab) => {
  await using served = await TryPage.start({ uses: Rich });
  await openTry(tab, served, "POST /many");
  await write(tab, "#try-parameters", '{"count": 5000, "length": 3000}');
  assertMatch(await send(tab), /^200 /);
  assertEquals(
    await read(tab, "#try-answer .try-docs h3"),
    "5,000 documents, of which the first 100 and the last 100 are kept",
  );
  const drawn = () => tab.page.$$eval("#try-answer .try-doc", (docs) => docs.length);
  assertEquals(await drawn(), 20);
  await click(tab, "#try-answer .try-docs > button");
  assertEquals(await drawn(), 40);
  const first = "#try-answer .try-doc pre";
  assertEquals(await read<number>(tab, first, "textContent.length"), 2000);
  await click(tab, "#try-answer .try-doc button");
  assertEquals(await read<number>(tab, first, "textContent.length"), 3002);
  await click(tab, "#try-answer .try-json-answer summary");
  await tab.page.waitForSelector("#try-answer .try-json-answer pre");
  assertEquals(await read<number>(tab, "#try-answer .try-json-answer pre", "textContent.length"), 200_000);
});

browserTest("Try it shows the schemas of an endpoint", async (tab) => {
  await using served = await TryPage.start({ uses: Zod });
  await openTry(tab, served, "POST /see");
  const schemas = async () => JSON.parse(await read(tab, "#try-schemas pre"));
  const { document: input, parameters, answer } = await schemas();
  assertEquals(input.properties.price, { type: "number" });
  assertEquals([parameters, answer], [undefined, undefined]);
  assertEquals(await body(tab), { data: [{ title: "hello", price: 1 }], parameters: {} });
  assertMatch(await send(tab), /^200 /);
  await choose(tab, "POST /out");
  assertEquals(Object.keys(await schemas()), ["answer"]);
  await send(tab);
  assertEquals((await answerJson(tab)).data[0].label, "hello");
  await choose(tab, "POST /parameters");
  assertEquals(Object.keys(await schemas()), ["parameters"]);
  assertEquals(await read<boolean>(tab, "#try-schemas", "hidden"), false);
  await choose(tab, "GET /status");
  assertEquals(await read<boolean>(tab, "#try-schemas", "hidden"), true);
  assertEquals(tab.complaints, []);
});

browserTest("Try it follows a schema that a reload changes, under a base path", async (tab) => {
  const source = (type: string) =>
    `import { Executor } from ${JSON.stringify(PACKAGE)};
import { z } from "zod";
export class Mine extends Executor {
  static requests = { "/a": { method: "see", input: z.object({ n: z.${type}() }) } };
  see() {}
}
`;
  await using folder = await TempFolder.make();
  const uses = await folder.write("mine.ts", source("number"));
  await using served = await TryPage.start({ uses, reload: true }, { base: "/ai" });
  await openTry(tab, served, "POST /a");
  assertEquals(await body(tab), { data: [{ n: 1 }], parameters: {} });
  assertMatch(await send(tab), /^200 /);
  await folder.write("mine.ts", source("string"));
  await tab.page.waitForSelector('[data-location="data/0/n"] textarea');
  assertMatch(await read(tab, "#try-schemas pre"), /"string"/);
  assertEquals(await body(tab), { data: [{ n: "hello" }], parameters: {} });
  assertMatch(await send(tab), /^200 /);
});

browserTest("Try it is readable in light and dark, and fits a phone", async (tab) => {
  await using served = await TryPage.start({ uses: Ex });
  const contrasts: { text: string; ratio: number }[] = [];
  await tab.page.setViewport({ width: 360, height: 700 });
  for (const value of ["light", "dark"]) {
    await tab.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
    await openTry(tab, served, "POST /foo");
    await tab.page.reload();
    await tab.page.waitForSelector("#try .try-endpoints button");
    await send(tab);
    contrasts.push(...await tab.page.evaluate(CONTRASTS) as { text: string; ratio: number }[]);
    const width = await tab.page.evaluate("document.documentElement.scrollWidth") as number;
    assert(width <= 360, `the page is ${width} pixels wide`);
  }
  assertEquals(contrasts.filter(({ ratio }) => ratio < 4.5), [], "WCAG AA");
  assertEquals(contrasts.length > 40, true);
});

/** Runs in the page: how each text stands out against what is behind it. */
const CONTRASTS = String.raw`
(() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).map((part) => {
      const value = Number(part) / 255;
      return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return colour.startsWith("rgba(0, 0, 0, 0") ? behind(element.parentElement) : colour;
  };
  return [...document.querySelectorAll("#try *:not(option)")]
    .filter((element) => element.checkVisibility() && element.children.length === 0 && element.textContent)
    .map((element) => {
      const both = [light(getComputedStyle(element).color), light(behind(element))];
      return {
        text: element.textContent,
        ratio: (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05),
      };
    });
})()`;
