// Busy clients that watch the versions, run in a process of its own while another process saves.
import { pause } from "./clock.ts";
import { Connection } from "./connection.ts";
import type { Reply } from "./reply.ts";
import { postRequest, versionOf } from "./request.ts";

/** What the clients are asked to do: the only argument, as JSON. */
export interface BusyOrder {
  readonly port: number;
  readonly connections: number;
  /** Milliseconds before the line "ready": only what comes after it counts. */
  readonly warmUp: number;
  /** They stop when this version has answered on every connection… */
  readonly lastVersion: number;
  /** …or after this many seconds. */
  readonly seconds: number;
}

/** What they found: one line of JSON, after "ready". */
export interface BusyReport {
  readonly ok: number;
  readonly failed: number;
  /** Answers by an older version than one that had answered before the request was sent. */
  readonly stale: number;
  /** The longest time between two answers, whatever their connections, in milliseconds. */
  readonly longestGap: number;
  /** The longest time that a single request took, in milliseconds. */
  readonly longestRequest: number;
  /** How many versions were seen, and the newest of them. */
  readonly versions: number;
  readonly newest: number;
  /** Whether the last version answered on every connection in time. */
  readonly settled: boolean;
  /** What the first failures were. */
  readonly failures: readonly string[];
}

class BusyClients {
  readonly #order: BusyOrder;
  readonly #request: Uint8Array;
  readonly #open = new Set<Connection>();
  readonly #seen = new Set<number>();
  readonly #failures: string[] = [];
  #counting = false;
  #over = false;
  #newest = -1;
  #settled = 0;
  #ok = 0;
  #failed = 0;
  #stale = 0;
  #lastAnswer = 0;
  #longestGap = 0;
  #longestRequest = 0;

  constructor(order: BusyOrder) {
    this.#order = order;
    this.#request = postRequest(order.port, 1);
  }

  async run(ready: () => void): Promise<BusyReport> {
    const { connections, warmUp, seconds } = this.#order;
    const clients = Array.from({ length: connections }, () => this.#client());
    await pause(warmUp);
    this.#lastAnswer = performance.now();
    this.#counting = true;
    ready();
    const watchdog = setTimeout(() => this.#stop(), seconds * 1000);
    await Promise.all(clients);
    clearTimeout(watchdog);
    return {
      ok: this.#ok,
      failed: this.#failed,
      stale: this.#stale,
      longestGap: this.#longestGap,
      longestRequest: this.#longestRequest,
      versions: this.#seen.size,
      newest: this.#newest,
      settled: this.#settled === connections,
      failures: this.#failures,
    };
  }

  /** One client; a connection that breaks is a failed request, and is replaced. */
  async #client(): Promise<void> {
    let settled = false;
    while (!this.#finished()) {
      try {
        using connection = await Connection.open(this.#order.port);
        this.#open.add(connection);
        await this.#exchanges(connection, () => {
          if (!settled) this.#settled++;
          settled = true;
        }).finally(() => this.#open.delete(connection));
      } catch (error) {
        this.#fail(String(error));
        await pause(1);
      }
    }
  }

  async #exchanges(connection: Connection, settle: () => void): Promise<void> {
    while (!this.#finished()) {
      const newestBefore = this.#newest;
      const sent = performance.now();
      const reply = await connection.exchange(this.#request);
      const version = this.#note(reply, newestBefore, sent);
      if (version === this.#order.lastVersion) settle();
      if (reply.last) return;
    }
  }

  #note(reply: Reply, newestBefore: number, sent: number): number | undefined {
    const version = reply.status === 200 ? versionOf(reply.body) : undefined;
    if (version === undefined) {
      this.#fail(`${reply.status} ${new TextDecoder().decode(reply.body).slice(0, 200)}`);
      return undefined;
    }
    this.#newest = Math.max(this.#newest, version);
    if (!this.#counting) return version;
    const now = performance.now();
    this.#seen.add(version);
    this.#ok++;
    if (version < newestBefore) this.#stale++;
    this.#longestGap = Math.max(this.#longestGap, now - this.#lastAnswer);
    this.#longestRequest = Math.max(this.#longestRequest, now - sent);
    this.#lastAnswer = now;
    return version;
  }

  #fail(reason: string): void {
    if (!this.#counting) return;
    this.#failed++;
    if (this.#failures.length < 3) this.#failures.push(reason);
  }

  #finished(): boolean {
    return this.#over || this.#settled === this.#order.connections;
  }

  #stop(): void {
    this.#over = true;
    for (const connection of this.#open) connection[Symbol.dispose]();
  }
}

if (import.meta.main) {
  const order: BusyOrder = JSON.parse(Deno.args[0] ?? "{}");
  // deno-lint-ignore no-console -- its reader takes the line from standard output
  const report = await new BusyClients(order).run(() => console.log("ready"));
  // deno-lint-ignore no-console -- its reader takes the line from standard output
  console.log(JSON.stringify(report));
}
