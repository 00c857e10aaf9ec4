import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { PATIENCE_MS } from "./log_trap.ts";
import { TempFolder } from "./temp_folder.ts";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** No sandbox, since root cannot have one; nothing that talks to the world by itself. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Where a Chromium is: `CHROMIUM` says it, or it is at one of the usual places. */
export const chromium: string | undefined = [Deno.env.get("CHROMIUM"), ...PLACES].find(isFile);

function isFile(path: string | undefined): boolean {
  try {
    return path !== undefined && Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Registers a test that needs a browser; where none is, its name says so, and it is ignored. */
export function browserTest(name: string, fn: (tab: Tab) => Promise<void>): void {
  const there = chromium !== undefined;
  Deno.test({
    name: there ? name : `${name} (SKIPPED: no Chromium is installed; CHROMIUM can name one)`,
    ignore: !there,
    async fn() {
      await using tab = await Tab.open();
      await fn(tab);
    },
  });
}

/** A tab of a headless Chromium with a profile of its own. */
export class Tab implements AsyncDisposable {
  /** What went wrong in the page: errors, refusals of its policy, requests that failed. */
  readonly complaints: string[] = [];

  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
    private readonly profile: TempFolder,
  ) {
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (line) => line.type() === "error" && this.complaints.push(line.text()));
  }

  static async open(): Promise<Tab> {
    const profile = await TempFolder.make();
    const browser = await puppeteer.launch({
      executablePath: chromium,
      userDataDir: profile.path,
      args: FLAGS,
      headless: true,
    });
    return new Tab(browser, await browser.newPage(), profile);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    await this.profile[Symbol.asyncDispose]();
  }
}
