import type { LogRecord, LogSink } from "../log/logger.ts";
import { runtime } from "../runtime/mod.ts";
import { isTerminal, write } from "../runtime/terminal.ts";
import { bannerOf, type Served, urlOf } from "./banner.ts";
import { jsonLine, lineOf } from "./report.ts";
import { type Style, styleFor } from "./style.ts";

/** How long who reads a few lines only, such as `head -1`, may take to go away. */
const SHORT_READER_MS = 100;

/** What a command that serves shows: a banner, then what happens. */
export class Display {
  readonly #style: Style;
  /** What went wrong at the first load is shown below the banner, or by whoever gives up because of it. */
  #held: LogRecord[] = [];
  #state: "starting" | "introducing" | "serving" = "starting";

  /** @param json Whether each line is JSON, for programs. */
  constructor(private readonly json: boolean) {
    this.#style = styleFor(json);
  }

  /** Where the Flow's log lines go. */
  readonly sink: LogSink = (record) => {
    const starting = this.#state === "starting";
    // What the Flow says while it starts, the banner says.
    if (starting && record.name === "Flow" && record.level === "info") return;
    if (this.#state === "introducing" || (starting && record.event?.kind === "failed")) {
      this.#held.push(record);
    } else this.#show(record);
  };

  /** Shows where it serves, and all that was held back. */
  async started(served: Served): Promise<void> {
    this.#state = "introducing";
    if (this.json) {
      const { host, port, deployments } = served;
      const url = urlOf(host, port);
      const record = { time: new Date(), level: "info", name: "hotflow", message: `serving at ${url}` };
      write(`${JSON.stringify({ ...record, event: { kind: "started", url, port, deployments } })}\n`);
    } else {
      const [first, ...rest] = bannerOf(served, this.#style, runtime.cwd()).split("\n");
      // Only writing tells that nobody reads any more: whoever takes but a line or two is to be gone by the last one.
      for (const part of [first, rest.join("\n"), ""]) {
        write(`${part}\n`);
        if (!isTerminal("stdout")) await new Promise((resolve) => setTimeout(resolve, SHORT_READER_MS));
      }
    }
    this.#state = "serving";
    this.#held.forEach((record) => this.#show(record));
  }

  /** Says something that is no news of the Flow. */
  say(message: string): void {
    if (message === "" && !this.json) write("\n");
    else this.#show({ level: "info", name: "hotflow", message, time: new Date() });
  }

  #show(record: LogRecord): void {
    const text = this.json ? jsonLine(record) : lineOf(record, this.#style, runtime.cwd());
    if (text !== undefined) write(`${text}\n`);
  }
}
