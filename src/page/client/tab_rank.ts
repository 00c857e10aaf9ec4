/**
 * So many tabs are connected, apart from visible ones: a browser has six connections for one origin, and some are needed
 * for requests and for tabs that are opened.
 */
const CONNECTED = 3;

/** What tabs tell each other: that one was shown, or is gone. */
interface Notice {
  readonly tab: number;
  readonly isGone: boolean;
}

/** The rank of this tab among those of its origin, the one that was shown last first. */
export class TabRank {
  readonly #tab = Math.random();
  /** The tabs that were shown after this one. */
  readonly #newer = new Set<number>();
  readonly #channel = openChannel();

  /** @param onChange Called when {@linkcode mayConnect} may have changed. */
  constructor(private readonly onChange: () => void) {
    this.#channel?.addEventListener("message", ({ data }: MessageEvent<Notice>) => {
      if (data.isGone) this.#newer.delete(data.tab);
      else this.#newer.add(data.tab);
      onChange();
    });
    document.addEventListener("visibilitychange", () => document.hidden ? onChange() : this.#show());
    addEventListener("pagehide", () => this.#tell(true));
    // A tab that is opened in the background is new, too.
    this.#tell(false);
  }

  /** Whether this tab may hold a connection: it is visible, or one of the last that were. */
  get mayConnect(): boolean {
    return !document.hidden || this.#newer.size < CONNECTED;
  }

  #show(): void {
    this.#newer.clear();
    this.#tell(false);
    this.onChange();
  }

  #tell(isGone: boolean): void {
    this.#channel?.postMessage({ tab: this.#tab, isGone } satisfies Notice);
  }
}

/** A browser that keeps nothing for a page refuses it a channel: each tab is then the only one it knows. */
function openChannel(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel("hotflow.tabs");
  } catch {
    return undefined;
  }
}
