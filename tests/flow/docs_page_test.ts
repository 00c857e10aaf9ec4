/** The page at `GET /docs`, in a real browser. */
import { assertEquals, assertMatch } from "@std/assert";
import { browserTest, type Tab } from "../support/chromium.ts";
import { PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Ex } from "./_executors.ts";
import { Served } from "./_serve.ts";

/** Opens the page, and waits for its list. */
async function open({ page }: Tab, served: Served, anchor = ""): Promise<void> {
  await page.goto(served.at(`/docs${anchor}`));
  await page.waitForSelector("#list button");
}

async function listed({ page }: Tab): Promise<string[]> {
  return await page.$$eval("#list button", (buttons) => buttons.map((button) => button.dataset.key ?? ""));
}

/** Chooses an endpoint. */
async function choose({ page }: Tab, key: string): Promise<void> {
  await page.click(`#list button[data-key=${JSON.stringify(key)}]`);
}

/** Puts a body in the place of what is there. */
async function write({ page }: Tab, body: string): Promise<void> {
  await page.click("#body", { count: 3 });
  await page.keyboard.down("Control");
  await page.keyboard.press("a");
  await page.keyboard.up("Control");
  await page.type("#body", body);
}

/** Sends the request; gives what the page shows. */
async function send(tab: Tab): Promise<{ status: string; answer: string }> {
  const { page } = tab;
  await page.click("#send");
  await page.waitForFunction("/^\\d{3} /.test(document.querySelector('#status').textContent)");
  return { status: await read(tab, "#status"), answer: await read(tab, "#answer") };
}

/** A property of an element; the test knows no types of browsers. */
async function read<T = string>({ page }: Tab, selector: string, property = "textContent"): Promise<T> {
  return await page.evaluate(`document.querySelector("${selector}").${property}`) as T;
}

browserTest("GET /docs lists the endpoints, and sends an edited request", async (tab) => {
  await using served = await Served.start({ uses: Ex });
  await open(tab, served);
  const { paths } = await (await fetch(served.at("/openapi.json"))).json();
  assertEquals((await listed(tab)).length, Object.values<object>(paths).flatMap(Object.keys).length);
  assertEquals((await listed(tab))[0], "POST /post");
  await choose(tab, "POST /foo");
  assertEquals(JSON.parse(await read(tab, "#body", "value")), { data: [{ text: "hello" }], parameters: {} });
  await write(tab, '{"data": [{"id": "d", "text": "edited"}]}');
  const { status, answer } = await send(tab);
  assertMatch(status, /^200 OK · [\d.]+ ms$/);
  assertEquals(JSON.parse(answer).data, [{ id: "d", text: "foo:edited" }]);
  assertEquals(tab.complaints, []);
});

browserTest("GET /docs shows what was wrong with a request, and a GET has no body to edit", async (tab) => {
  await using served = await Served.start({ uses: Ex });
  await open(tab, served, "#POST%20%2Fraise");
  assertMatch((await send(tab)).answer, /ValueError: boom from executor/);
  await write(tab, '{"data": [');
  const { status, answer } = await send(tab);
  assertMatch(status, /^422 /);
  assertMatch(answer, /line 1 column 11/);
  await choose(tab, "GET /status");
  assertEquals(await read<boolean>(tab, "#request", "hidden"), true);
  assertMatch((await send(tab)).answer, /"executor": "Ex"/);
  await choose(tab, "POST /raise");
  assertEquals(
    await read(tab, "#body", "value"),
    '{"data": [',
    "what was written for an endpoint is still there",
  );
});

const source = (endpoints: string[], text = "x") =>
  `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Mine extends Executor {
  @requests({ on: ${JSON.stringify(endpoints)} })
  handle(docs) { for (const doc of docs) doc.text = ${JSON.stringify(text)}; }
}
`;

browserTest(
  "GET /docs follows a reload while it is open, and goes on without an endpoint that went",
  async (tab) => {
    await using folder = await TempFolder.make();
    const uses = await folder.write("mine.ts", source(["/one"]));
    await using served = await Served.start({ uses, reload: true });
    await open(tab, served, "#POST%20%2Fone");
    await folder.write("mine.ts", source(["/two"], "from the new version"));
    await tab.page.waitForSelector('#list button[data-key="POST /two"]');
    assertEquals((await listed(tab)).includes("POST /one"), false);
    await choose(tab, "POST /two");
    assertMatch((await send(tab)).answer, /from the new version/);
  },
);

browserTest("GET /docs suggests for /post an endpoint that is there, also after a reload", async (tab) => {
  await using folder = await TempFolder.make();
  const uses = await folder.write("mine.ts", "export class Mine extends");
  await using served = await Served.start({ uses, reload: true });
  await open(tab, served);
  const suggested = (endpoint: string) =>
    tab.page.waitForFunction(
      `document.querySelector("#body").value.includes('"execEndpoint": "${endpoint}"')`,
    );
  await suggested("/");
  for (const [endpoint, other] of [["/search", "/boom"], ["/find", "/a"]]) {
    await folder.write("mine.ts", source([endpoint, other], `from ${endpoint}`));
    await suggested(endpoint);
    assertMatch((await send(tab)).answer, new RegExp(`from ${endpoint}`));
  }
  const own = '{"data": [{"text": "mine"}], "execEndpoint": "/find"}';
  await write(tab, own);
  await folder.write("mine.ts", source(["/third", "/find"], "from the third version"));
  await tab.page.waitForSelector('#list button[data-key="POST /third"]');
  assertEquals(await read(tab, "#body", "value"), own);
});

browserTest("GET /docs shows markup in names, summaries and answers as the text it is", async (tab) => {
  const markup = '<img src="x" onerror="globalThis.caught=1">';
  await using folder = await TempFolder.make();
  const uses = await folder.write(
    "mine.ts",
    source([`/${markup}`], `</pre><script>caught=1</script>${markup}`),
  );
  await using served = await Served.start(
    { uses },
    {},
    (flow) => flow.exposeEndpoint(`/${markup}`, { httpPath: "/safe", summary: markup }),
  );
  await open(tab, served, "#POST%20%2Fsafe");
  const { answer } = await send(tab);
  assertMatch(answer, /<\/pre><script>/);
  assertEquals(await read(tab, "#summary"), markup);
  assertEquals(await tab.page.$$eval("img, pre script", (elements) => elements.length), 0);
  assertEquals(await tab.page.evaluate(() => "caught" in globalThis), false);
  assertEquals(tab.complaints, []);
});

browserTest("GET /docs is readable in light and dark", async (tab) => {
  await using served = await Served.start({ uses: Ex });
  const contrasts: { text: string; ratio: number }[] = [];
  for (const value of ["light", "dark"]) {
    await tab.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
    await open(tab, served, "#POST%20%2Ffoo");
    await send(tab);
    contrasts.push(...await tab.page.evaluate(CONTRASTS) as { text: string; ratio: number }[]);
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
  return [...document.querySelectorAll("body *:not(script)")]
    .filter((element) => element.checkVisibility() && element.children.length === 0 && element.textContent)
    .map((element) => {
      const both = [light(getComputedStyle(element).color), light(behind(element))];
      return {
        text: element.textContent,
        ratio: (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05),
      };
    });
})()`;
