// A load generator, run in a process of its own: keep-alive connections, one request at a time on each.
import process from "node:process";
import { pause } from "./clock.ts";
import { Connection } from "./connection.ts";
import { postRequest } from "./request.ts";
import { percentile } from "./stats.ts";

/** What the generator is asked to do: its only argument, as JSON. */
export interface LoadOrder {
  readonly port: number;
  readonly connections: number;
  readonly documents: number;
  readonly seconds: number;
}

/** What it found: one line of JSON. */
export interface LoadReport {
  /** Answers with a status of 2xx. */
  readonly ok: number;
  /** All other answers, and requests without one. */
  readonly failed: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly latency: {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly max: number;
  };
  /** Processor time of the generator by the clock's: near 1, the generator may be what is measured. */
  readonly cpu: number;
}

/** Time after the last request was sent in which the answers have to come. */
const GRACE = 5000;

class Generator {
  readonly #order: LoadOrder;
  readonly #request: Uint8Array;
  readonly #open = new Set<Connection>();
  #latencies = new Float32Array(1 << 16);
  #answers = 0;
  #ok = 0;
  #failed = 0;
  #end = 0;

  constructor(order: LoadOrder) {
    this.#order = order;
    this.#request = postRequest(order.port, order.documents);
  }

  async run(): Promise<LoadReport> {
    const { connections, seconds } = this.#order;
    const cpu = process.cpuUsage();
    const begin = performance.now();
    this.#end = begin + seconds * 1000;
    const watchdog = setTimeout(() => this.#hangUp(), seconds * 1000 + GRACE);
    await Promise.all(Array.from({ length: connections }, () => this.#client()));
    clearTimeout(watchdog);
    const elapsed = performance.now() - begin;
    const used = process.cpuUsage(cpu);
    return {
      ok: this.#ok,
      failed: this.#failed,
      perSecond: this.#ok / (elapsed / 1000),
      latency: this.#latency(),
      cpu: (used.user + used.system) / 1000 / elapsed,
    };
  }

  /** One connection's requests; a connection that breaks is a failed request, and is replaced. */
  async #client(): Promise<void> {
    while (performance.now() < this.#end) {
      try {
        using connection = await Connection.open(this.#order.port);
        this.#open.add(connection);
        await this.#exchanges(connection).finally(() => this.#open.delete(connection));
      } catch {
        this.#failed++;
        await pause(1);
      }
    }
  }

  async #exchanges(connection: Connection): Promise<void> {
    let sent = performance.now();
    while (sent < this.#end) {
      const { status, last } = await connection.exchange(this.#request);
      const now = performance.now();
      if (status >= 200 && status < 300) this.#ok++;
      else this.#failed++;
      this.#note(now - sent);
      if (last) return;
      sent = now;
    }
  }

  #note(latency: number): void {
    if (this.#answers === this.#latencies.length) {
      const larger = new Float32Array(this.#latencies.length * 2);
      larger.set(this.#latencies);
      this.#latencies = larger;
    }
    this.#latencies[this.#answers++] = latency;
  }

  #latency(): LoadReport["latency"] {
    const sorted = this.#latencies.subarray(0, this.#answers).sort();
    return {
      p50: percentile(sorted, 0.5),
      p90: percentile(sorted, 0.9),
      p99: percentile(sorted, 0.99),
      max: percentile(sorted, 1),
    };
  }

  #hangUp(): void {
    for (const connection of this.#open) connection[Symbol.dispose]();
  }
}

if (import.meta.main) {
  const order: LoadOrder = JSON.parse(Deno.args[0] ?? "{}");
  const report = await new Generator(order).run();
  // deno-lint-ignore no-console -- its reader takes the line from standard output
  console.log(JSON.stringify(report));
}
