/** "Try it" in a real browser: the list of endpoints, the request as JSON, what was wrong with it, and reloads. */
import { assertEquals, assertMatch } from "@std/assert";
import { browserTest, type Tab } from "../support/chromium.ts";
import { PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Ex } from "../flow/_executors.ts";
import { answerJson, choose, field, listed, mode, openTry, read, send, TryPage, write } from "./_try_page.ts";

browserTest("Try it lists the endpoints, and sends an edited request", async (tab) => {
  await using served = await TryPage.start({ uses: Ex });
  await openTry(tab, served);
  const { paths } = await (await fetch(served.at("/openapi.json"))).json();
  assertEquals((await listed(tab)).length, Object.values<object>(paths).flatMap(Object.keys).length);
  assertEquals((await listed(tab))[0], "POST /post");
  await choose(tab, "POST /foo");
  assertEquals(await tab.page.evaluate("location.hash"), "#try=POST%20%2Ffoo");
  assertEquals(await read(tab, field("data/0/text"), "value"), "hello");
  await write(tab, field("data/0/text"), "edited");
  assertMatch(await send(tab), /^200 OK · [\d.]+ ms$/);
  assertEquals((await answerJson(tab)).data[0].text, "foo:edited");
  assertEquals(await read(tab, "#try-answer .try-doc pre"), "foo:edited");
  await mode(tab, "json");
  assertEquals(JSON.parse(await read(tab, "#try-json", "value")), {
    data: [{ text: "edited" }],
    parameters: {},
  });
  await write(tab, "#try-json", '{"data": [{"id": "d", "text": "by hand"}]}');
  await mode(tab, "form");
  assertEquals(await read(tab, field("data/0/id"), "value"), "d");
  await write(tab, field("data/0/text"), "in step");
  await send(tab);
  assertEquals((await answerJson(tab)).data, [{ id: "d", text: "foo:in step" }]);
  assertEquals(tab.complaints, []);
});

browserTest("Try it shows what was wrong with a request, and a GET has no body to edit", async (tab) => {
  await using served = await TryPage.start({ uses: Ex });
  // As links to the page at /docs had it.
  await tab.page.goto(served.at("/docs#POST%20%2Fraise"));
  await tab.page.waitForSelector('.try-endpoints button[data-key="POST /raise"][aria-current=true]');
  assertEquals(tab.page.url(), served.at("/#try=POST%20%2Fraise"));
  assertMatch(await send(tab), /^500 /);
  assertEquals(await read(tab, ".try-failure .try-bad"), "ValueError: boom from executor");
  assertMatch(await read(tab, ".try-failure a", "href"), /^vscode:\/\/file\/.*_executors\.ts:\d+:\d+$/);
  await mode(tab, "json");
  await write(tab, "#try-json", '{"data": [');
  assertMatch(await send(tab), /^422 /);
  assertMatch(await read(tab, "[data-location=''] .try-issue"), /line 1 column 11/);
  await choose(tab, "GET /status");
  assertEquals(await read<boolean>(tab, "#try-body", "hidden"), true);
  assertMatch(await send(tab), /^200 /);
  assertEquals((await answerJson(tab)).deployments[0].executor, "Ex");
  await choose(tab, "GET /metrics");
  assertMatch(await send(tab), /^200 /);
  assertMatch(await read(tab, "#try-answer pre"), /# HELP/);
  await choose(tab, "POST /raise");
  assertEquals(await read(tab, "#try-json", "value"), '{"data": [', "what was written is still there");
  assertMatch(await read(tab, ".try-request > p:nth-of-type(2)"), /^No form can show this body|^$/);
  // The browser logs each refused request.
  assertEquals(tab.complaints.filter((line) => !line.includes("the server responded with a status")), []);
});

const source = (endpoints: string[], text = "x") =>
  `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Mine extends Executor {
  @requests({ on: ${JSON.stringify(endpoints)} })
  handle(docs) { for (const doc of docs) doc.text = ${JSON.stringify(text)}; }
}
`;

browserTest("Try it follows a reload, and goes on without an endpoint that went", async (tab) => {
  await using folder = await TempFolder.make();
  const uses = await folder.write("mine.ts", source(["/one"]));
  await using served = await TryPage.start({ uses, reload: true });
  await openTry(tab, served, "POST /one");
  await folder.write("mine.ts", source(["/two"], "from the new version"));
  await tab.page.waitForSelector('.try-endpoints button[data-key="POST /two"]');
  assertEquals((await listed(tab)).includes("POST /one"), false);
  await choose(tab, "POST /two");
  await send(tab);
  assertEquals(await read(tab, "#try-answer .try-doc pre"), "from the new version");
});

browserTest("Try it suggests for /post an endpoint that is there, also after a reload", async (tab) => {
  await using folder = await TempFolder.make();
  const uses = await folder.write("mine.ts", "export class Mine extends");
  await using served = await TryPage.start({ uses, reload: true });
  await openTry(tab, served);
  const suggested = (endpoint: string) =>
    tab.page.waitForFunction(`document.querySelector("#try-execEndpoint").value === "${endpoint}"`);
  await suggested("/");
  for (const [endpoint, other] of [["/search", "/boom"], ["/find", "/a"]] as const) {
    await folder.write("mine.ts", source([endpoint, other], `from ${endpoint}`));
    await suggested(endpoint);
    await send(tab);
    assertEquals(await read(tab, "#try-answer .try-doc pre"), `from ${endpoint}`);
  }
  await write(tab, field("data/0/text"), "mine");
  await folder.write("mine.ts", source(["/third", "/find"], "from the third version"));
  await tab.page.waitForSelector('.try-endpoints button[data-key="POST /third"]');
  assertEquals(await read(tab, field("data/0/text"), "value"), "mine");
  assertEquals(await read(tab, "#try-execEndpoint", "value"), "/find");
});

browserTest("Try it shows markup in names, summaries and answers as the text it is", async (tab) => {
  const markup = '<img src="x" onerror="globalThis.caught=1">';
  await using folder = await TempFolder.make();
  const uses = await folder.write(
    "mine.ts",
    source([`/${markup}`], `</pre><script>caught=1</script>${markup}`),
  );
  await using served = await TryPage.start({ uses }, {
    more: (flow) => flow.exposeEndpoint(`/${markup}`, { httpPath: "/safe", summary: markup }),
  });
  await openTry(tab, served, "POST /safe");
  await send(tab);
  assertMatch(await read(tab, "#try-answer .try-doc pre"), /<\/pre><script>/);
  assertEquals(await read(tab, ".try-request > p"), markup);
  assertEquals(await tab.page.$$eval("img, pre script", (elements) => elements.length), 0);
  assertEquals(await tab.page.evaluate(() => "caught" in globalThis), false);
  assertEquals(tab.complaints, []);
});

browserTest("Try it is reached by keyboard: filter, arrows, Control+Enter", async (tab) => {
  await using served = await TryPage.start({ uses: Ex });
  await openTry(tab, served);
  await tab.page.focus("#try-filter");
  await tab.page.keyboard.type("/fo");
  assertEquals(await visible(tab), ["POST /foo"]);
  await tab.page.keyboard.press("Tab");
  await tab.page.keyboard.press("Enter");
  await tab.page.focus(field("data/0/text"));
  await tab.page.keyboard.type("!");
  await tab.page.keyboard.down("Control");
  await tab.page.keyboard.press("Enter");
  await tab.page.keyboard.up("Control");
  await tab.page.waitForSelector("#try-answer .try-doc");
  assertMatch(await read(tab, "#try-answer .try-doc pre"), /^foo:.*!/);
  await tab.page.focus("#try-filter");
  for (let index = 0; index < 3; index++) await tab.page.keyboard.press("Backspace");
  await tab.page.focus('.try-endpoints button[data-key="POST /post"]');
  await tab.page.keyboard.press("ArrowDown");
  assertEquals(await tab.page.evaluate("document.activeElement.dataset.key"), (await listed(tab))[1]);
});

async function visible({ page }: Tab): Promise<string[]> {
  return await page.$$eval(
    ".try-endpoints li:not([hidden]) button",
    (buttons) => buttons.map(({ dataset }) => dataset.key ?? ""),
  );
}
