import type { HelloEvent } from "../../src/live/flow_event.ts";
import { browserTest, type Tab } from "../support/chromium.ts";
import { FakeFlow } from "./_fake_flow.ts";

/** A page that is open, and the Flow that it shows. */
export interface Opened {
  readonly tab: Tab;
  readonly fake: FakeFlow;
}

/** Registers a test that begins with an open page. */
export function pageTest(
  name: string,
  given: Partial<HelloEvent>,
  fn: (opened: Opened) => Promise<void>,
): void {
  browserTest(name, async (tab) => {
    await using fake = new FakeFlow(given);
    await open(tab, fake);
    await fn({ tab, fake });
    // The page is left first: it would try to connect again.
    await tab.page.goto("about:blank");
  });
}

/** Opens the page, and waits for what it draws of the first event. */
export async function open({ page }: Tab, fake: FakeFlow, hash = ""): Promise<void> {
  await page.goto(`${fake.url}${hash}`);
  await page.waitForSelector('.state[data-state="open"]');
  await page.waitForSelector(".node");
}

/** Waits until the text of an element is as expected. */
export async function shows({ page }: Tab, selector: string, expected: string | RegExp): Promise<void> {
  const test = typeof expected === "string"
    ? `text.includes(${JSON.stringify(expected)})`
    : `${expected}.test(text)`;
  const read = `document.querySelector(${JSON.stringify(selector)})`;
  try {
    await page.waitForFunction(`(() => { const text = ${read}?.textContent ?? ""; return ${test}; })()`);
  } catch {
    throw new Error(`${selector} shows ${JSON.stringify(await textOf(page, read))}, not ${expected}`);
  }
}

async function textOf(page: Tab["page"], read: string): Promise<unknown> {
  return await page.evaluate(`${read}?.textContent ?? null`);
}

/** The value of an expression in the page; tests know no types of browsers. */
export async function evaluate<T>({ page }: Tab, expression: string): Promise<T> {
  return await page.evaluate(expression) as T;
}

/** Waits until an expression is true in the page. */
export async function until({ page }: Tab, expression: string): Promise<void> {
  await page.waitForFunction(expression).catch((error) => {
    throw new Error(`never true: ${expression}`, { cause: error });
  });
}
