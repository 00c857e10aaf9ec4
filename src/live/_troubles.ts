import { type ErrorInfo, formatError, snippetOf } from "../errors/mod.ts";
import { isSourceModule } from "../paths.ts";
import { runtime } from "../runtime/mod.ts";
import { errorStatus } from "./error_status.ts";
import type { TroubleEvent } from "./flow_event.ts";
import { Throttle } from "./_throttle.ts";

/** What can be wrong with an Executor. */
type What = TroubleEvent["what"];

/** How many calls in a row have to succeed before that is over. */
const SUCCESSES = 3;

/** The errors that the handlers of an Executor have thrown lately. */
interface Throws {
  readonly since: Date;
  count: number;
  /** How many calls have succeeded since the last one. */
  successes: number;
  last: ErrorInfo;
}

/** What is wrong with Executors that serve. */
export class Troubles {
  readonly #open = new Map<string, TroubleEvent>();
  readonly #throws = new Map<string, Throws>();
  readonly #throttle = new Throttle((deployment) => this.#reportThrows(deployment));

  /** @param isWatched Whether somebody reads what is published. */
  constructor(
    private readonly publish: (event: TroubleEvent) => void,
    private readonly isWatched: () => boolean,
  ) {}

  /** What is wrong now. */
  get all(): readonly TroubleEvent[] {
    const throwing = Array.from(this.#throws, ([deployment, throws]) => eventOf(deployment, throws));
    return [...this.#open.values(), ...throwing];
  }

  /** Something is wrong; with the same again, it is counted. */
  begin(deployment: string, what: What, message: string): void {
    const before = this.#open.get(`${deployment} ${what}`);
    const { since = new Date(), count = 0 } = before ?? {};
    this.#set({ kind: "trouble", deployment, what, since, count: count + 1, over: false, message });
  }

  /** Something is right again; does nothing if it was. */
  end(deployment: string, what: What): void {
    const trouble = this.#open.get(`${deployment} ${what}`);
    if (trouble === undefined) return;
    this.#open.delete(`${deployment} ${what}`);
    this.publish({ ...trouble, over: true });
  }

  /** All is right with an Executor: a new version serves. */
  endAll(deployment: string): void {
    for (const what of ["stuck", "died", "down"] as const) this.end(deployment, what);
    this.#endThrows(deployment);
  }

  /** A handler has thrown. */
  threw(deployment: string, error: ErrorInfo): void {
    const throws = this.#throws.get(deployment) ?? { since: new Date(), count: 0, successes: 0, last: error };
    throws.count++;
    throws.successes = 0;
    throws.last = error;
    this.#throws.set(deployment, throws);
    if (this.isWatched()) this.#throttle.request(deployment);
  }

  /** A handler has answered. */
  answered(deployment: string): void {
    // Nearly always there is none.
    if (this.#throws.size === 0) return;
    const throws = this.#throws.get(deployment);
    if (throws !== undefined && ++throws.successes >= SUCCESSES) this.#endThrows(deployment);
  }

  /** Forgets Executors that are not there any more. */
  retain(names: readonly string[]): void {
    const gone = (deployment: string) => !names.includes(deployment);
    for (const [key, { deployment }] of this.#open) if (gone(deployment)) this.#open.delete(key);
    for (const deployment of this.#throws.keys()) if (gone(deployment)) this.#throws.delete(deployment);
  }

  /** Reports nothing any more. */
  close(): void {
    this.#throttle.clear();
  }

  #set(trouble: TroubleEvent): void {
    this.#open.set(`${trouble.deployment} ${trouble.what}`, trouble);
    this.publish(trouble);
  }

  #endThrows(deployment: string): void {
    const throws = this.#throws.get(deployment);
    this.#throws.delete(deployment);
    if (throws === undefined) return;
    this.publish({ ...eventOf(deployment, throws, throws.last), over: true });
  }

  #reportThrows(deployment: string): void {
    const throws = this.#throws.get(deployment);
    if (throws !== undefined) this.publish(eventOf(deployment, throws));
  }
}

function eventOf(
  deployment: string,
  { since, count, last }: Throws,
  error: ErrorInfo = withSnippet(last),
): TroubleEvent {
  const message = formatError(last);
  return {
    ...{ kind: "trouble", deployment, what: "throws", since, count, over: false, message },
    error: errorStatus(error),
  };
}

/** An error with the lines around its place, if that is in a source module, as they are now: others may have secrets. */
function withSnippet(error: ErrorInfo): ErrorInfo {
  const { place, snippet } = error;
  if (place?.line === undefined || snippet !== undefined || !isSourceModule(place.file)) return error;
  const bytes = runtime.readBytes(place.file);
  const lines = bytes && snippetOf(new TextDecoder().decode(bytes), place.line, place.column);
  return lines === undefined ? error : { ...error, snippet: lines };
}
