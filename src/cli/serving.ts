/** What the commands that serve have in common. @module */
import { factsOf, type Flow } from "../flow/flow.ts";
import { type AddOptions, type FlowOptions, MOST_REPLICAS } from "../options/options.ts";
import { withOutput } from "../log/logger.ts";
import { runtime } from "../runtime/mod.ts";
import { resolve, toUrl } from "../paths.ts";
import { exitCodeOf } from "../runtime/signals.ts";
import { isInForeground, isTerminal, onBrokenOutput, openPage } from "../runtime/terminal.ts";
import { type DeploymentStatus, type FlowStatus, urlOf } from "./banner.ts";
import type { Call, OptionSpecs } from "./command.ts";
import { Display } from "./display.ts";
import { EXIT, Failure, unwritten } from "./errors.ts";
import { KEYS_TEXT, listenToKeys } from "./keys.ts";
import { numberOf } from "./parse.ts";

/** The same wish again within this time is one wish. */
const IMPATIENCE_MS = 1_000;

/** A start that takes longer says that it goes on. */
const SLOW_MS = 2_000;

/** What they take. */
export const SERVING: OptionSpecs = {
  port: { value: "PORT", says: "the port; 0 picks a free one" },
  host: { value: "ADDRESS", says: "the address to bind; 0.0.0.0 lets other machines in" },
  cors: { says: "let pages of any origin ask" },
  replicas: { value: "N", says: "how many workers run each Executor" },
  "no-reload": { says: "watch nothing; on a terminal, the key r still reloads" },
  ignore: { value: "PATTERN", multiple: true, says: "do not watch these files (gitignore syntax)" },
  watch: {
    value: "PATTERN",
    multiple: true,
    says: "reload when these files are saved as well (gitignore syntax)",
  },
  poll: { says: "look at files again and again, where no events tell of changes (containers, mounts)" },
  json: {
    says: "one line of JSON for each log line and for what Executors print; no banner, colours or keys",
  },
};

/** The options of the Flow that were given. */
function flowOptions(call: Call): FlowOptions {
  const port = numberOf(call, "port", 0, 65_535);
  const host = call.get("host");
  return {
    ...(port !== undefined && { port }),
    ...(host !== undefined && { host }),
    ...(call.has("cors") && { cors: true }),
    ...(call.has("poll") && { poll: true }),
  };
}

/** The options of each Executor that were given. */
export function executorOptions(call: Call): Pick<AddOptions, "replicas" | "ignore" | "watch"> {
  const replicas = numberOf(call, "replicas", 1, MOST_REPLICAS);
  const [ignore, watch] = ["ignore", "watch"].map((option) => call.all(option).flatMap(asTyped));
  return {
    ...(replicas !== undefined && { replicas }),
    ...(ignore.length > 0 && { ignore }),
    ...(watch.length > 0 && { watch }),
  };
}

/**
 * A path that a shell completes is relative to the folder it is typed in, and patterns are to the Executor's. A mere
 * name stands for both: what is there, and the pattern.
 */
function asTyped(pattern: string): string[] {
  const [, not = "", path = ""] = /^(!?)([^*?[\]]+)$/.exec(pattern) ?? [];
  const whole = resolve(runtime.cwd(), path);
  if (path === "" || path.startsWith("/") || runtime.writtenAt(whole) === undefined) return [pattern];
  const named = `${not}${toUrl(whole)}${path.endsWith("/") ? "/" : ""}`;
  return /\/./.test(path) ? [named] : [pattern, named];
}

/** What is to be served. */
export interface Serving {
  /** What the user calls it. */
  readonly what: string;
  /** Makes the Flow. */
  make(options: FlowOptions): Promise<Flow>;
  /** What is wrong with a deployment that could not be loaded, if no save is likely to mend it. */
  hopeless?(status: DeploymentStatus): string | undefined;
}

/** Serves until somebody ends it; answers the exit code. */
export async function serveFlow(call: Call, { what, make, hopeless }: Serving): Promise<number> {
  const display = new Display(call.has("json"));
  const options = { ...flowOptions(call), log: withOutput(display.sink) };
  const slow = setTimeout(() => display.say("loading; it serves as soon as that is done"), SLOW_MS);
  const flow = await make(options).then((flow) => flow.start()).catch((error) => {
    throw new Failure(problemOf(error));
  }).finally(() => clearTimeout(slow));
  const { host, polled, status } = whatServes(flow);
  const url = urlOf(host, flow.port);
  const { deployments, yaml } = status;
  const why = deployments.map((one) => one.lastError === null ? undefined : hopeless?.(one)).find(Boolean);
  if (why !== undefined) {
    await flow.close();
    throw new Failure(why);
  }
  const keys = !call.has("json") && isTerminal("stdin") && isTerminal("stdout") && isInForeground();
  const { version } = call;
  const ignored = call.all("ignore");
  const also = { ...(yaml && { yaml }), ...(keys && { keys: KEYS_TEXT }), polled, ignored };
  const served = { version, what, host, port: flow.port, deployments, ...also };
  const ended = untilEnded(flow, display, `${url}/docs`, keys);
  return (await Promise.all([ended, display.started(served)]))[0];
}

/** Waits for a signal, a key, or the end of whoever reads what is written. */
async function untilEnded(flow: Flow, display: Display, docs: string, keys: boolean): Promise<number> {
  let code: number = EXIT.done;
  let since: number | undefined;
  let wasSignalled = false;
  const end = (wanted: number) => {
    if (since !== undefined && performance.now() - since >= IMPATIENCE_MS) runtime.exit(wanted);
    if (since !== undefined) return;
    [code, since] = [wanted, performance.now()];
    display.say("closing; requests in flight finish first, the same key once more ends at once");
    flow.close();
  };
  let problem: Error | undefined;
  onBrokenOutput((error) => {
    problem = error;
    flow.close();
  });
  const stop = runtime.onSignals((signal) => {
    code = exitCodeOf(signal);
    wasSignalled = true;
  });
  const deaf = keys
    ? listenToKeys({
      reload: () => void flow.reload().catch(() => {}), // The log has said what is wrong.
      open: async () => {
        display.say(
          await openPage(docs) ? `opened ${docs}` : `no browser could be opened; the page: ${docs}`,
        );
      },
      quit: () => end(EXIT.done),
      interrupt: () => end(EXIT.interrupted),
      hangUp: () => {
        if (since === undefined && !wasSignalled) code = EXIT.hungUp;
        flow.close();
      },
      say: (text) => display.say(text),
    })
    : () => {};
  try {
    await flow.block();
  } finally {
    deaf();
    stop();
  }
  // A terminal that is gone takes nothing any more, and its end comes as a signal too.
  if (problem !== undefined && !wasSignalled) throw unwritten(problem);
  return code;
}

/** How it serves, and what. */
function whatServes(flow: Flow): { host: string; polled: boolean; status: FlowStatus } {
  const facts = factsOf(flow);
  if (facts === undefined) throw new Error("Cannot show a Flow that does not run");
  return { ...facts, status: facts.status as FlowStatus };
}

/** What keeps a Flow from starting, for somebody who wrote no code that starts it. */
function problemOf(error: unknown): string {
  const { message, cause } = error as Error;
  const { name, code } = (cause ?? {}) as { name?: string; code?: string };
  if (name !== "AddrInUse" && code !== "EADDRINUSE") return message;
  const [where] = message.split(": the port");
  return `${where}: the port is in use\nStop what uses it, or choose another one: --port 0 picks a free one`;
}
