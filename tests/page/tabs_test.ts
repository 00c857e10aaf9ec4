/** Many tabs of the page in one browser, which has six connections for one host. */
import { assertEquals } from "@std/assert";
import { browserTest, type Tab } from "../support/chromium.ts";
import { PATIENCE_MS } from "../support/log_trap.ts";
import { FakeFlow } from "./_fake_flow.ts";
import { evaluate, open, shows, until } from "./_open.ts";
import { AT, deployment, load, status } from "./_statuses.ts";

type OnePage = Pick<Tab, "page">;

const CONNECTED = 3;
const error = { name: "SyntaxError", message: "Expected an expression" };
const line = (message: string) => ({ kind: "log", level: "info", name: "Flow", message, time: AT }) as const;

/** Opens the page in one more tab, which is in front then. */
async function openOne({ page }: Tab, fake: FakeFlow, options: { type?: "window" } = {}): Promise<OnePage> {
  const own = { page: await page.browser().newPage(options.type && { type: options.type }) };
  own.page.setDefaultTimeout(PATIENCE_MS);
  await open(own as Tab, fake);
  return own;
}

async function stateOf({ page }: OnePage): Promise<string> {
  return await page.evaluate(`document.querySelector(".state").dataset.state`) as string;
}

/** Waits until a tab in the background is as expected; no frame is drawn there. */
async function becomes({ page }: OnePage, expression: string): Promise<void> {
  await page.waitForFunction(expression, { polling: 20 });
}

const PAUSED = `document.querySelector(".state").dataset.state === "paused"`;
const OPEN = `document.querySelector(".state").dataset.state === "open"`;

browserTest(
  "Eight tabs are live when they are visible, and those shown last while they are hidden",
  async (tab) => {
    await using fake = new FakeFlow({ status: status(deployment("encoder")) });
    const tabs: OnePage[] = [];
    for (let count = 0; count < 8; count++) tabs.push(await openOne(tab, fake));
    for (const one of tabs.slice(0, -CONNECTED)) await becomes(one, PAUSED);
    assertEquals(await Promise.all(tabs.slice(-CONNECTED).map(stateOf)), ["open", "open", "open"]);

    const [first] = tabs;
    const { length } = fake.asked;
    fake.send(line("missed"), load("encoder", 2, { error }));
    await shows(tabs[7] as Tab, ".lines", "missed");
    // A tab that hears the events says what is wrong, hidden or not; another one says that it does not know.
    const titles = () => Promise.all(tabs.map(({ page }) => page.title()));
    for (const one of tabs.slice(-CONNECTED)) await becomes(one, `document.title === "(1) hotflow"`);
    assertEquals((await titles()).slice(0, -CONNECTED), Array(8 - CONNECTED).fill("hotflow"));
    const icons = await Promise.all(
      tabs.map(({ page }) => page.$eval("link[rel=icon]", (link) => link.getAttribute("href"))),
    );
    assertEquals(new Set(icons).size, 2);
    assertEquals(new Set(icons.slice(0, -CONNECTED)).size, 1);

    // The states that a person sees who comes back.
    await first.page.evaluate(`(globalThis.states = [], new MutationObserver(() => {
    if (!document.hidden) states.push(document.querySelector(".state").dataset.state);
  }).observe(document.querySelector(".state"), { attributeFilter: ["data-state"] }), undefined)`);
    await first.page.bringToFront();
    await shows(first as Tab, ".lines", "missed");
    await shows(first as Tab, ".overlay .title", "encoder could not be loaded");
    await until(first as Tab, `document.title === "(1) hotflow"`);
    // Both changes may be reported at once.
    assertEquals(
      (await evaluate<string[]>(first as Tab, "states")).filter((state) =>
        !/^(connecting|open)$/.test(state)
      ),
      [],
    );
    assertEquals(fake.asked.slice(length).filter((path) => path !== "/openapi.json"), [
      "/events after first-0",
    ]);
    await becomes(tabs[5], PAUSED);
  },
);

browserTest(
  "A tab that is closed or loaded again takes the connection of no other one for good",
  async (tab) => {
    await using fake = new FakeFlow({ status: status(deployment("encoder")) });
    const tabs: OnePage[] = [];
    for (let count = 0; count < CONNECTED + 1; count++) tabs.push(await openOne(tab, fake));
    await becomes(tabs[0], PAUSED);
    for (let count = 0; count < 4; count++) await open(tabs[3] as Tab, fake);
    assertEquals(await Promise.all(tabs.slice(1).map(stateOf)), ["open", "open", "open"]);
    await tabs[3].page.close();
    await becomes(tabs[0], OPEN);
  },
);

browserTest(
  "A visible tab stays connected, however many others are opened in another window",
  async (tab) => {
    await using fake = new FakeFlow({ status: status(deployment("encoder")) });
    await open(tab, fake);
    await evaluate(
      tab,
      `(globalThis.states = [], new MutationObserver(() =>
    states.push(document.querySelector(".state").dataset.state)
  ).observe(document.querySelector(".state"), { attributeFilter: ["data-state"] }), undefined)`,
    );
    const others: OnePage[] = [];
    for (let count = 0; count < CONNECTED + 1; count++) {
      others.push(
        await openOne(tab, fake, { type: "window" }),
      );
    }
    assertEquals(await evaluate(tab, "document.hidden"), false);
    fake.send(line("to all"));
    await shows(tab, ".lines", "to all");
    assertEquals(await evaluate(tab, "states"), []);
  },
);

browserTest("A browser that refuses the tabs a channel shows the page all the same", async (tab) => {
  await using fake = new FakeFlow({ status: status(deployment("encoder")) });
  await tab.page.evaluateOnNewDocument(
    `globalThis.BroadcastChannel = class { constructor() { throw new DOMException("no", "SecurityError"); } }`,
  );
  await open(tab, fake);
  fake.send(line("all the same"));
  await shows(tab, ".lines", "all the same");
  assertEquals(tab.complaints, []);
  await tab.page.goto("about:blank");
});
