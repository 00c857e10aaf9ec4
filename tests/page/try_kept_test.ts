/** What "Try it" keeps while the page is loaded again, in a real browser. */
import { assertEquals, assertMatch } from "@std/assert";
import { browserTest, type Tab } from "../support/chromium.ts";
import { Ex } from "../flow/_executors.ts";
import { shows, until } from "./_open.ts";
import { choose, click, field, mode, openTry, read, send, TryPage, write } from "./_try_page.ts";

/** Loads the page again, as F5 does. */
async function reload({ page }: Tab): Promise<void> {
  await page.reload();
  await page.waitForSelector("#try .try-endpoints button");
}

/** The endpoint that is shown. */
async function current({ page }: Tab): Promise<string> {
  return await page.evaluate(
    `document.querySelector(".try-endpoints [aria-current=true]").dataset.key`,
  ) as string;
}

const isAgain = `document.querySelector("#try-again").checked`;

browserTest(
  "Try it keeps what was chosen and written, and what is sent again, when the page is loaded again",
  async (tab) => {
    await using served = await TryPage.start({ uses: Ex });
    await openTry(tab, served);
    await write(tab, field("data/0/text"), "for all");
    await choose(tab, "POST /foo");
    await write(tab, field("data/0/text"), "for foo");
    await click(tab, "#try-stream");
    await click(tab, "#try-again");
    await shows(tab, "#try-resent", "when you chose it");
    // A link of the header takes the endpoint out of the address.
    await tab.page.click('nav a[href="#log"]');
    await reload(tab);
    assertEquals(await current(tab), "POST /foo");
    assertEquals(await read(tab, field("data/0/text"), "value"), "for foo");
    assertEquals(await read<boolean>(tab, "#try-stream", "checked"), false);
    await until(tab, isAgain);
    await shows(tab, "#try-resent", /POST \/foo after the page was loaded again.*200 OK.*The first answer/);
    await shows(tab, "#try-answer .try-doc pre", "foo:for foo");
    await choose(tab, "POST /post");
    assertEquals(await read(tab, field("data/0/text"), "value"), "for all");
    assertEquals(await read<boolean>(tab, "#try-again", "checked"), false);
    // The address goes first.
    await choose(tab, "GET /status");
    await reload(tab);
    assertEquals(await current(tab), "GET /status");
    await choose(tab, "POST /foo");
    await click(tab, "#try-again");
    await reload(tab);
    assertEquals(await read<boolean>(tab, "#try-again", "checked"), false);
    assertEquals(await read<boolean>(tab, "#try-resent", "hidden"), true);
    assertEquals(tab.complaints, []);
  },
);

browserTest("Try it keeps no large body, and the rest all the same", async (tab) => {
  await using served = await TryPage.start({ uses: Ex });
  await openTry(tab, served, "POST /foo");
  await write(tab, field("data/0/text"), "small");
  await choose(tab, "POST /post");
  await mode(tab, "json");
  await write(
    tab,
    "#try-json",
    JSON.stringify({ data: [{ text: "x".repeat(60_000) }], execEndpoint: "/foo" }),
  );
  await click(tab, "#try-again");
  await shows(tab, "#try-resent", "when you chose it");
  await reload(tab);
  assertEquals(await current(tab), "POST /post");
  assertEquals(await read(tab, field("data/0/text"), "value"), "hello");
  assertEquals(await read<boolean>(tab, "#try-again", "checked"), false);
  await choose(tab, "POST /foo");
  assertEquals(await read(tab, field("data/0/text"), "value"), "small");
  assertEquals(tab.complaints, []);
});

browserTest("Try it takes no state that it did not keep itself", async (tab) => {
  await using served = await TryPage.start({ uses: Ex });
  await openTry(tab, served, "POST /foo");
  const state = (edited: unknown[]) => JSON.stringify({ key: "POST /gone", stream: true, edited });
  const mine = { key: "POST /foo", body: '{"data": [{"text": "mine"}]}', stream: true };
  const others = [1, { key: "POST /foo" }, { ...mine, key: "POST /gone" }];
  const all = [["{", "hello"], ["[]", "hello"], ['{"key": 1}', "hello"], [state(others), "hello"], [
    state([...others, mine]),
    "mine",
  ]];
  for (const [kept, text] of all) {
    await tab.page.evaluateOnNewDocument(`sessionStorage.setItem("hotflow.try /", ${JSON.stringify(kept)})`);
    await reload(tab);
    assertEquals(await current(tab), "POST /foo", kept);
    assertEquals(await read(tab, field("data/0/text"), "value"), text, kept);
  }
  assertEquals(tab.complaints, []);
});

browserTest("Try it works where the browser refuses to keep anything", async (tab) => {
  await using served = await TryPage.start({ uses: Ex });
  await tab.page.evaluateOnNewDocument(
    `for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(globalThis, name, { get() { throw new DOMException("no", "SecurityError"); } });
    }`,
  );
  await openTry(tab, served, "POST /foo");
  await write(tab, field("data/0/text"), "mine");
  await reload(tab);
  assertEquals(await read(tab, field("data/0/text"), "value"), "hello");
  assertMatch(await send(tab), /^200 OK/);
  assertEquals(await read(tab, "#try-answer .try-doc pre"), "foo:hello");
  assertEquals(tab.complaints, []);
});
