/** What the commands that serve share. @module */
import type { Flow } from "../flow/flow.ts";
import type { DeploymentStatus } from "../live/status.ts";
import type { FlowOptions } from "../options/options.ts";
import { OPTIONS } from "../options/table.ts";
import { withOutput } from "../log/logger.ts";
import { runtime } from "../runtime/mod.ts";
import { isPortInUse } from "../runtime/port_in_use.ts";
import { exitCodeOf } from "../runtime/signals.ts";
import { isInForeground, isTerminal, onBrokenOutput, openPage } from "../runtime/terminal.ts";
import { pageUrl } from "./banner.ts";
import type { Call } from "./command.ts";
import { Display } from "./display.ts";
import { EXIT, Failure, unwritten } from "./errors.ts";
import { listenToKeys } from "./keys.ts";
import { optionsFrom } from "./serving_options.ts";

/** The same signal or key again within this time is ignored. */
const IMPATIENCE_MS = 1_000;

/** A start that takes longer is reported. */
const SLOW_MS = 2_000;

/** A Flow to serve. */
export interface Serving {
  /** Its name for the user. */
  readonly what: string;
  /** Creates it. */
  make(options: FlowOptions): Flow | Promise<Flow>;
  /** Why no save is likely to fix a deployment that could not be loaded; `undefined` when one is. */
  hopeless?(status: DeploymentStatus): string | undefined;
}

/** Serves until a signal, a key or the end of the output; returns the exit code. */
export async function serveFlow(call: Call, { what, make, hopeless }: Serving): Promise<number> {
  const display = new Display(call.has("json"));
  const options = { ...optionsFrom(call, OPTIONS.flow), log: withOutput(display.sink) };
  const slow = setTimeout(() => display.say("loading; it serves as soon as that is done"), SLOW_MS);
  const flow = await startFlow(() => make(options)).finally(() => clearTimeout(slow));
  const status = flow.status();
  const why = status.deployments.map((one) => one.lastError === null ? undefined : hopeless?.(one)).find(
    Boolean,
  );
  if (why !== undefined) {
    await flow.close();
    throw new Failure(why);
  }
  const keys = !call.has("json") && isTerminal("stdin") && isTerminal("stdout") && isInForeground();
  const { host } = flow;
  const ended = untilEnded(flow, display, pageUrl(host, status), keys);
  const { version } = call;
  const ignored = call.all("ignore");
  const started = display.started({ version, what, host, ignored, hasKeys: keys, ...status });
  return (await Promise.all([ended, started]))[0];
}

/** Creates and starts a Flow. @throws {Failure} With a message for the user, who wrote no code that starts it. */
async function startFlow(make: () => Flow | Promise<Flow>): Promise<Flow> {
  let flow: Flow | undefined;
  try {
    flow = await make();
    return await flow.start();
  } catch (error) {
    const { message, cause } = error as Error;
    if (flow === undefined || !isPortInUse(cause)) throw new Failure(message);
    const [what] = message.split(";");
    throw new Failure(`${what}\nStop what uses it, or choose another one: --port 0 picks a free one`);
  }
}

/** Waits for a signal, a key, or the end of the output's reader. */
async function untilEnded(
  flow: Flow,
  display: Display,
  page: string | undefined,
  keys: boolean,
): Promise<number> {
  let code: number = EXIT.done;
  let since: number | undefined;
  let wasSignalled = false;
  const end = (exitCode: number) => {
    if (since !== undefined && performance.now() - since >= IMPATIENCE_MS) runtime.exit(exitCode);
    if (since !== undefined) return;
    [code, since] = [exitCode, performance.now()];
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
  const stopKeys = keys
    ? listenToKeys({
      reload: (fresh) => void flow.reload({ fresh }).catch(() => {}), // The log reports what is wrong.
      open: async () => {
        display.say(
          page === undefined
            ? "there is no page: HTTP is not served, or --page is needed since other machines reach the host"
            : await openPage(page)
            ? `opened ${page}`
            : `no browser could be opened; the page: ${page}`,
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
    stopKeys();
    stop();
  }
  // A closed terminal accepts no output any more, and its end arrives as a signal too.
  if (problem !== undefined && !wasSignalled) throw unwritten(problem);
  return code;
}
