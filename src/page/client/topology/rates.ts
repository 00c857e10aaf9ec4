import type { PageEventOf } from "../store.ts";

type Sample = PageEventOf<"sample">;

/** What an Executor, or the whole Flow, does at present. */
export interface Rate {
  /** Per second, in the last seconds. */
  readonly perSecond: number;
  /** In milliseconds, of the newest interval with any; left out without calls in the last seconds. */
  readonly p50?: number;
  readonly p95?: number;
  /** In the last minute. */
  readonly errors: number;
}

const RECENT_MS = 5000;
const MINUTE_MS = 60_000;

/** The samples of the last minute. */
export class Rates {
  #samples: Sample[] = [];

  /** Takes a sample. */
  take(sample: Sample): void {
    const least = Date.parse(sample.at) - MINUTE_MS;
    this.#samples = [...this.#samples.filter(({ at }) => Date.parse(at) > least), sample];
  }

  /** Forgets all, and begins with others. */
  reset(samples: readonly Sample[]): void {
    this.#samples = [];
    const last = samples.at(-1);
    const least = last === undefined ? 0 : Date.parse(last.at) - MINUTE_MS;
    for (const sample of samples) if (Date.parse(sample.at) > least) this.take(sample);
  }

  /** The requests to the Flow. */
  ofFlow(): Rate {
    return this.#of((sample) => ({ ...sample.requests, units: sample.requests.count }));
  }

  /** The documents of an Executor. */
  of(name: string): Rate {
    return this.#of(({ deployments }) => {
      const own = deployments[name];
      return own && { ...own, units: own.documents };
    });
  }

  #of(read: (sample: Sample) => Sample["requests"] & { readonly units: number } | undefined): Rate {
    const last = this.#samples.at(-1);
    if (last === undefined) return { perSecond: 0, errors: 0 };
    const least = Date.parse(last.at) - RECENT_MS;
    const recent = this.#samples.filter(({ at }) => Date.parse(at) > least);
    const seconds = recent.reduce((sum, sample) => sum + sample.seconds, 0);
    const newest = recent.map(read).findLast((own) => own?.p50 !== undefined);
    const sum = (samples: readonly Sample[], key: "units" | "errors") =>
      samples.reduce((total, sample) => total + (read(sample)?.[key] ?? 0), 0);
    return {
      perSecond: seconds === 0 ? 0 : sum(recent, "units") / seconds,
      p50: newest?.p50,
      p95: newest?.p95,
      errors: sum(this.#samples, "errors"),
    };
  }
}
