/** `hotflow ping`. @module */
import { MAX_TIMER_MS } from "../async/deadline.ts";
import { write } from "../runtime/terminal.ts";
import type { Command } from "./command.ts";
import { EXIT, Failure, UsageError } from "./errors.ts";
import { timeOf } from "./parse.ts";

/** The time between two requests to a Flow that is not ready. */
const PAUSE_MS = 100;
/** How long one answer may take without `--wait`. */
const ANSWER_MS = 5_000;

/** `hotflow ping`. */
export const ping: Command = {
  usage: "[URL]",
  summary: "ask a Flow whether it is ready; exit code 0 when it is, 1 when it is not",
  more: ["URL is http://127.0.0.1:12345 by default; a port or HOST:PORT does as well."],
  options: { wait: { value: "TIME", help: "ask again until it is ready, for so long: 10s, 500ms, 2m" } },
  examples: [
    ["hotflow ping http://127.0.0.1:12345", "is it ready?"],
    ["hotflow ping 12345 --wait 10s", "wait until it is, for up to ten seconds"],
  ],
  async run(call) {
    const url = urlOf(call.args[0] ?? "12345");
    const wait = timeOf(call, "wait");
    const until = performance.now() + (wait ?? 0);
    for (;;) {
      const left = wait === undefined ? ANSWER_MS : Math.max(until - performance.now(), PAUSE_MS);
      const why = await reason(url, left);
      if (why === undefined) break;
      if (performance.now() + PAUSE_MS > until) {
        const waited = !wait ? "" : ` after ${call.get("wait")}`;
        throw new Failure(`${url} is not ready${waited}: ${why}`);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    write(`${url} is ready\n`);
    return EXIT.done;
  },
};

/** Parses a URL, a port, or a host with a port. @throws {UsageError} */
function urlOf(text: string): string {
  const withHost = text.replace(/^:?(\d+)$/, "127.0.0.1:$1");
  const url = URL.parse(/^[a-z][a-z+.-]*:\/\//i.test(text) ? text : `http://${withHost}`);
  const isHttp = url?.protocol === "http:" || url?.protocol === "https:";
  if (isHttp && url.hostname !== "" && !/\s/.test(text)) return url.origin;
  throw new UsageError(`Cannot ping "${text}": expected a URL such as http://127.0.0.1:12345, or a port`);
}

/** Why a Flow is not ready; `undefined` when it is. */
async function reason(url: string, ms: number): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/dry_run`, {
      signal: AbortSignal.timeout(Math.min(Math.ceil(ms), MAX_TIMER_MS)),
    });
    const answer = await response.json().catch(() => undefined);
    if (response.status === 200 && answer?.code === 0) return undefined;
    const text = answer?.description ?? answer?.detail;
    if (typeof text === "string" && typeof answer?.code === "number") return text.split("\n")[0];
    const detail = typeof text === "string" ? `: ${text}` : "";
    return `the server there is not a Flow (status ${response.status}${detail})`;
  } catch (error) {
    const { name, message, cause } = error as Error;
    if (name === "TimeoutError") return "it does not answer in time";
    return /dns error|ENOTFOUND|EAI_AGAIN/.test(`${message} ${cause}`)
      ? `there is no host ${new URL(url).hostname}`
      : "nothing answers there";
  }
}
