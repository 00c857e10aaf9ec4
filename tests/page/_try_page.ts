import { Hono } from "hono";
import { type AddOptions, Flow } from "../../mod.ts";
import type { Tab } from "../support/chromium.ts";

/** How a test's Flow is served. */
export interface TryOptions {
  /** The path of the Flow in an app; without it, the Flow has a port of its own. */
  readonly base?: string;
  /** The port. @default a free one */
  readonly port?: number;
  /** More of the Flow. */
  readonly more?: (flow: Flow) => Flow;
}

/** A Flow with its page. */
export class TryPage implements AsyncDisposable {
  private constructor(
    private readonly flow: Flow,
    private readonly base: string,
    private readonly app?: Deno.HttpServer<Deno.NetAddr>,
  ) {}

  static async start(adds: AddOptions | AddOptions[], options: TryOptions = {}): Promise<TryPage> {
    const { base = "", port = 0, more = (flow) => flow } = options;
    const flow = new Flow({ port, log: () => {}, ...(base !== "" && { listen: false, page: true }) });
    for (const add of [adds].flat()) flow.add(add);
    await more(flow).start();
    if (base === "") return new TryPage(flow, base);
    const { fetch } = new Hono().mount(base, flow.fetch);
    return new TryPage(flow, base, Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, fetch));
  }

  /** Starts a Flow, and serves its page. */
  static async of(flow: Flow): Promise<TryPage> {
    return new TryPage(await flow.start(), "");
  }

  /** The address of a path. */
  at(path: string): string {
    return `http://127.0.0.1:${this.app?.addr.port ?? this.flow.port}${this.base}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flow.close();
    await this.app?.shutdown();
  }
}

/** Opens the page, and waits for the list of endpoints. */
export async function openTry({ page }: Tab, served: TryPage, key?: string): Promise<void> {
  // An address that differs in its hash only would not be loaded again.
  await page.goto("about:blank");
  await page.goto(served.at(`/${key === undefined ? "" : `#try=${encodeURIComponent(key)}`}`));
  await page.waitForSelector("#try .try-endpoints button");
}
/** The keys of the endpoints that are listed. */
export async function listed({ page }: Tab): Promise<string[]> {
  return await page.$$eval(
    ".try-endpoints button",
    (buttons) => buttons.map(({ dataset }) => dataset.key ?? ""),
  );
}

/** Clicks on an element, below the header of the page. */
export async function click({ page }: Tab, selector: string): Promise<void> {
  await page.waitForSelector(selector);
  await page.evaluate(
    `document.querySelector(${
      JSON.stringify(selector)
    }).scrollIntoView({ block: "center", behavior: "instant" })`,
  );
  await page.click(selector);
}

/** Chooses an endpoint. */
export async function choose(tab: Tab, key: string): Promise<void> {
  await click(tab, `.try-endpoints button[data-key=${JSON.stringify(key)}]`);
}

/** A property of an element; the test knows no types of browsers. */
export async function read<T = string>(
  { page }: Tab,
  selector: string,
  property = "textContent",
): Promise<T> {
  return await page.evaluate(`document.querySelector(${JSON.stringify(selector)}).${property}`) as T;
}

/** Puts a text in the place of what is there. */
export async function write({ page }: Tab, selector: string, text: string): Promise<void> {
  await page.focus(selector);
  await page.keyboard.down("Control");
  await page.keyboard.press("a");
  await page.keyboard.up("Control");
  if (text === "") await page.keyboard.press("Backspace");
  else await page.keyboard.sendCharacter(text);
}

/** The input of a field, by its steps in the body. */
export function field(location: string): string {
  return `[data-location="${location}"] :is(input, textarea, select)`;
}

/** Shows the body as a form or as JSON. */
export async function mode(tab: Tab, name: "form" | "json"): Promise<void> {
  await click(tab, `input[name="try-mode"][value="${name}"]`);
}

/** Sends the request; returns the status line. */
export async function send(tab: Tab): Promise<string> {
  await click(tab, "#try-send");
  return await answered(tab);
}

/** Waits for an answer; returns the status line. */
export async function answered(tab: Tab): Promise<string> {
  await tab.page.waitForFunction("/ ms$/.test(document.querySelector('#try-status').textContent)");
  return await read(tab, "#try-status");
}

/** The JSON of the answer. */
// deno-lint-ignore no-explicit-any -- JSON as it came
export async function answerJson(tab: Tab): Promise<any> {
  await click(tab, "#try-answer .try-json-answer summary");
  await tab.page.waitForSelector("#try-answer .try-json-answer pre");
  return JSON.parse(await read(tab, "#try-answer .try-json-answer pre"));
}
