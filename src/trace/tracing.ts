/** Whether this thread traces: a boolean test for each request, and the API only where OpenTelemetry is registered. @module */
import { swapChannel, type SwapMessage } from "../runtime/channels.ts";
import { Tracing } from "./_spans.ts";

/**
 * The spans of this thread; left out without OpenTelemetry. Set by {@linkcode startTracing}. An object, since importers see
 * no later value of a variable where an instrumentation wraps all modules.
 */
export const tracing: { spans?: Tracing } = {};

/** Where every copy of `@opentelemetry/api` 1 has what is registered. */
const REGISTERED = Symbol.for("opentelemetry.js.api.1");

/** Whether a tracer provider is registered in this thread. */
export function isRegistered(): boolean {
  return (globalThis as { [REGISTERED]?: { readonly trace?: unknown } })[REGISTERED]?.trace !== undefined;
}

/**
 * Traces from now on, if a tracer provider is registered. Does nothing when tracing has started already.
 *
 * @param warn Receives the reason when the API cannot be imported.
 */
export async function startTracing(warn: (message: string) => void = () => {}): Promise<void> {
  if (tracing.spans !== undefined || !isRegistered()) return;
  try {
    const started = new Tracing(await import("@opentelemetry/api"));
    if (tracing.spans === undefined) swapChannel.subscribe((load) => started.addLoad(load as SwapMessage));
    tracing.spans ??= started;
  } catch (error) {
    const { message } = error as Error;
    warn(`Cannot trace requests: expected the package @opentelemetry/api; install it: ${message}`);
  }
}

/** The headers that continue the active trace at a server; none without one. */
export async function outgoingHeaders(): Promise<Record<string, string>> {
  await startTracing();
  return tracing.spans?.outgoing() ?? {};
}
