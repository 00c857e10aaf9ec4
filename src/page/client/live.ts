import { addressOf } from "./address.ts";
import type { Live, PageEvent, PageEventOf } from "./store.ts";
import { TabRank } from "./tab_rank.ts";

/** The state of the connection. */
export type ConnectionState = Parameters<Parameters<Live["onState"]>[0]>[0];

/** All kinds, which are the types of the messages. */
const KINDS: Readonly<Record<PageEvent["kind"], true>> = {
  hello: true,
  status: true,
  deployment: true,
  changed: true,
  load: true,
  reverted: true,
  trouble: true,
  stream: true,
  log: true,
  sample: true,
};
/** When the server answers with an error, an EventSource gives up: another one is made after so many milliseconds. */
const RETRY_MS = 1000;
/**
 * A sample comes each second. After so many milliseconds without any event the connection is lost, even if the browser
 * has not seen it yet: a network that is away closes no connection.
 */
const QUIET_MS = 10_000;

/** The events of the Flow as they come, and its status, which they keep up to date. */
export class LiveEvents implements Live {
  status: Live["status"];
  #state: ConnectionState = "connecting";
  /** There is none while other tabs need the connections. */
  #source?: EventSource;
  #lastHeard = 0;
  #lastId = "";
  readonly #rank = new TabRank(() => this.#share());
  readonly #listeners = new Set<(event: PageEvent) => void>();
  readonly #stateListeners = new Set<(state: ConnectionState) => void>();

  /** Connects, and connects again whenever the connection is lost. */
  start(): void {
    this.#connect();
    setInterval(() => {
      if (this.#source === undefined || performance.now() - this.#lastHeard < QUIET_MS) return;
      this.#enter("lost");
      this.#connect();
    }, QUIET_MS / 4);
  }

  /** Gives the connection up for other tabs while this one is hidden, and goes on when it is visible again. */
  #share(): void {
    if (this.#rank.mayConnect === (this.#source !== undefined)) return;
    if (this.#source === undefined) {
      this.#enter("connecting");
      return this.#connect();
    }
    this.#source.close();
    this.#source = undefined;
    this.#enter("paused");
  }

  #connect(): void {
    this.#source?.close();
    this.#lastHeard = performance.now();
    // Only a browser that connects again by itself sends the header.
    const seen = this.#lastId === "" ? "" : `?lastEventId=${this.#lastId}`;
    const source = this.#source = new EventSource(addressOf(`events${seen}`));
    source.onopen = () => this.#enter("open");
    source.onerror = () => {
      this.#enter("lost");
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(() => source === this.#source && this.#connect(), RETRY_MS);
    };
    for (const kind of Object.keys(KINDS)) {
      source.addEventListener(kind, ({ data, lastEventId }) => {
        this.#lastId = lastEventId;
        this.#take(JSON.parse(data));
      });
    }
  }

  on(listener: (event: PageEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#stateListeners.add(listener);
    listener(this.#state);
    return () => void this.#stateListeners.delete(listener);
  }

  #enter(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of this.#stateListeners) guarded(() => listener(state));
  }

  #take(event: PageEvent): void {
    this.#lastHeard = performance.now();
    this.status = statusAfter(this.status, event);
    for (const listener of this.#listeners) guarded(() => listener(event));
  }
}

/** The status once an event has come. */
export function statusAfter(status: Live["status"], event: PageEvent): Live["status"] {
  if (event.kind === "hello" || event.kind === "status") return event.status;
  if (event.kind !== "deployment" || status === undefined) return status;
  const { deployment } = event;
  return {
    ...status,
    deployments: replaced(status.deployments, deployment),
  };
}

type Deployments = PageEventOf<"status">["status"]["deployments"];

function replaced(deployments: Deployments, deployment: Deployments[number]): Deployments {
  const isKnown = deployments.some(({ name }) => name === deployment.name);
  return isKnown
    ? deployments.map((other) => other.name === deployment.name ? deployment : other)
    : [...deployments, deployment];
}

/** An error in one part of the page is reported, and stops no other part. */
function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    reportError(error);
  }
}
