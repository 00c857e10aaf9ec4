import type { LogRecord, LogSink } from "../log/logger.ts";
import { runtime } from "../runtime/mod.ts";
import { isTerminal, write } from "../runtime/terminal.ts";
import { bannerOf, type Served, urlOf } from "./banner.ts";
import { jsonLine, lineOf } from "./report.ts";
import { type Style, styleFor } from "./style.ts";

/** How long a reader of a few lines, such as `head -1`, may take to close its input. */
const SHORT_READER_MS = 100;

/** The output of a command that serves: a banner, then the log. */
export class Display {
  readonly #style: Style;
  /** Failures of the first load are shown below the banner; a command that gives up reports them itself. */
  #held: LogRecord[] = [];
  #state: "starting" | "introducing" | "serving" = "starting";

  /** @param json Whether each line is JSON, for programs. */
  constructor(private readonly json: boolean) {
    this.#style = styleFor(json);
  }

  /** Receives the Flow's log records. */
  readonly sink: LogSink = (record) => {
    const starting = this.#state === "starting";
    // The banner shows what the Flow logs while it starts.
    if (starting && record.name === "Flow" && record.level === "info") return;
    if (this.#state === "introducing" || (starting && record.event?.kind === "failed")) {
      this.#held.push(record);
    } else this.#show(record);
  };

  /** Shows the banner, then the records that were held back. */
  async started(served: Served): Promise<void> {
    this.#state = "introducing";
    if (this.json) {
      const { host, ports, deployments } = served;
      const urls = ports.map((one) => urlOf(host, one));
      const message = `serving at ${urls.join(" and ")}`;
      const record = { time: new Date(), level: "info", name: "hotflow", message };
      const event = { kind: "started", url: urls[0], port: ports[0].port, ports, deployments };
      write(`${JSON.stringify({ ...record, event })}\n`);
    } else {
      const [first, ...rest] = bannerOf(served, this.#style, runtime.cwd()).split("\n");
      // Only a write detects that the reader is gone: one that takes a line or two closes before the last write.
      for (const part of [first, rest.join("\n"), ""]) {
        write(`${part}\n`);
        if (!isTerminal("stdout")) await new Promise((resolve) => setTimeout(resolve, SHORT_READER_MS));
      }
    }
    this.#state = "serving";
    this.#held.forEach((record) => this.#show(record));
  }

  /** Shows a message that is not from the Flow. */
  say(message: string): void {
    if (message === "" && !this.json) write("\n");
    else this.#show({ level: "info", name: "hotflow", message, time: new Date() });
  }

  #show(record: LogRecord): void {
    const text = this.json ? jsonLine(record) : lineOf(record, this.#style, runtime.cwd());
    if (text !== undefined) write(`${text}\n`);
  }
}
