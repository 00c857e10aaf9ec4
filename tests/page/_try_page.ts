import { toBase64 } from "../../src/document/base64.ts";
import { type AddOptions, Flow } from "../../mod.ts";
import type { FlowEvent, LoadEvent } from "../../src/live/flow_event.ts";
import type { Tab } from "../support/chromium.ts";

const CLIENT = new URL("../../src/page/client/try/", import.meta.url);

let script: Promise<string> | undefined;

/** The script of the page, bundled once. */
async function bundled(): Promise<string> {
  const entry = new URL("_try_entry.js", import.meta.url).pathname;
  const args = ["bundle", "--quiet", "--platform", "browser", "--no-config", entry];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

async function hash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `'sha256-${toBase64(new Uint8Array(digest))}'`;
}

async function page(): Promise<Response> {
  const code = await (script ??= bundled());
  const style =
    `:root { color-scheme: light dark; --bg: light-dark(#fbfbfa, #14161a); } body { background: var(--bg); }
${await Deno.readTextFile(new URL("try.css", CLIENT))}`;
  const policy = [
    "default-src 'none'",
    `script-src ${await hash(code)}`,
    `style-src ${await hash(style)}`,
    "img-src data: blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Try it</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>${style}</style></head><body><main><h1>hotflow</h1></main><script>${code}</script></body></html>`;
  return new Response(html, {
    headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": policy },
  });
}

/** How a test's page is served. */
export interface TryOptions {
  /** The path of the Flow in its app. */
  readonly base?: string;
  /** More of the Flow. */
  readonly more?: (flow: Flow) => Flow;
}

/** A Flow with a page that has "Try it" only, and its events. */
export class TryPage implements AsyncDisposable {
  readonly #clients = new Set<ReadableStreamDefaultController<Uint8Array>>();
  readonly #seen = new Map<string, number>();
  #server: Deno.HttpServer<Deno.NetAddr> | undefined;
  /** Another value is another start of the process. */
  boot = "boot-1";

  private constructor(readonly flow: Flow, private readonly base: string) {}

  static async start(adds: AddOptions | AddOptions[], options: TryOptions = {}): Promise<TryPage> {
    const { base = "", more = (flow) => flow } = options;
    const own = new TryPage(
      new Flow({ listen: false, log: () => void setTimeout(() => own.#tellLoads()) }),
      base,
    );
    for (const add of [adds].flat()) own.flow.add(add);
    await more(own.flow).start();
    own.#tellLoads();
    own.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => own.#answer(request),
    );
    return own;
  }

  /** The address of a path. */
  at(path: string): string {
    return `http://127.0.0.1:${this.#server?.addr.port}${this.base}${path}`;
  }

  /** The port. */
  get port(): number {
    return this.#server?.addr.port ?? 0;
  }

  /** Sends an event to the pages that are open. */
  tell(event: FlowEvent): void {
    const bytes = new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`);
    for (const client of this.#clients) client.enqueue(bytes);
  }

  /** Sends all that is known, as a new connection gets it. */
  hello(): void {
    this.tell(this.#hello);
  }

  get #hello(): FlowEvent {
    return {
      ...{ kind: "hello", boot: this.boot, at: new Date(), editor: "vscode://file/{path}:{line}:{column}" },
      ...{ process: { hotflow: "0", runtime: "test", pid: 1 }, status: this.flow.status() },
      ...{ loads: [], troubles: [], log: [], samples: [] },
    };
  }

  /** Sends the loads that are new in the status. */
  #tellLoads(): void {
    for (const deployment of this.flow.status().deployments) {
      const { name, history } = deployment;
      const since = this.#seen.get(name) ?? 0;
      this.#seen.set(name, history.length);
      for (const { kind: cause, ...load } of history.slice(since)) {
        const event: LoadEvent = { ...load, kind: "load", cause, deployment: name, files: [], phases: {} };
        this.tell(event);
        this.tell({ kind: "deployment", deployment });
      }
    }
  }

  #answer(request: Request): Response | Promise<Response> {
    const { pathname } = new URL(request.url);
    const path = pathname.slice(this.base.length);
    if (path === "/events") return this.#events();
    if (path === "/" && request.headers.get("accept")?.includes("text/html")) return page();
    return this.flow.fetch(new Request(new URL(path, "http://127.0.0.1"), request));
  }

  #events(): Response {
    let own: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller;
        this.#clients.add(controller);
        controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(this.#hello)}\n\n`));
      },
      cancel: () => void this.#clients.delete(own),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.#server?.shutdown();
    await this.flow.close();
  }
}

/** Opens the page, and waits for the list of endpoints. */
export async function openTry({ page }: Tab, served: TryPage, key?: string): Promise<void> {
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

/** Chooses an endpoint. */
export async function choose({ page }: Tab, key: string): Promise<void> {
  await page.click(`.try-endpoints button[data-key=${JSON.stringify(key)}]`);
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
export async function mode({ page }: Tab, name: "form" | "json"): Promise<void> {
  await page.click(`input[name="try-mode"][value="${name}"]`);
}

/** Sends the request; returns the status line. */
export async function send(tab: Tab): Promise<string> {
  await tab.page.click("#try-send");
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
  await tab.page.click("#try-answer .try-json-answer summary");
  await tab.page.waitForSelector("#try-answer .try-json-answer pre");
  return JSON.parse(await read(tab, "#try-answer .try-json-answer pre"));
}
