import { PATIENCE_MS } from "./log_trap.ts";

/** One answer as a client of plain HTTP sees it. */
export interface Seen {
  readonly status: number;
  readonly text: string;
  readonly body: string;
}

/** Asks a Flow once. */
export async function ask(port: number, endpoint = "/", text = "x", parameters: object = {}): Promise<Seen> {
  const response = await fetch(`http://127.0.0.1:${port}/post`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ data: [{ text }], execEndpoint: endpoint, parameters }),
  });
  const body = await response.text();
  return { status: response.status, text: textOf(body), body };
}

function textOf(body: string): string {
  const answer = JSON.parse(body);
  return answer.data?.[0]?.text ?? "";
}

/** The pause of a client between an answer and its next request: without one, clients take all the time of a core. */
const PAUSE_MS = 2;

/** Clients that send requests all the time, each the next one a moment after it has an answer. */
export class Traffic implements AsyncDisposable {
  /** Every answer, in the order they came. */
  readonly seen: Seen[] = [];
  /** What went wrong on the way: refused or broken connections. */
  readonly broken: unknown[] = [];
  #waiting: { wanted(seen: Seen): boolean; found(seen: Seen): void }[] = [];
  #running = true;
  /** How many answers each client has had. */
  readonly #answers: number[];
  readonly #clients: Promise<void>[];

  /** @param asks What each client asks, over and over. */
  constructor(private readonly asks: () => Promise<Seen>, clients = 2) {
    this.#answers = Array.from({ length: clients }, () => 0);
    this.#clients = this.#answers.map((_, client) => this.#client(client));
  }

  /** Waits for an answer given from now on. */
  next(wanted: (seen: Seen) => boolean): Promise<Seen> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const last = this.seen.slice(-3).map(({ status, body }) => `${status} ${body.slice(0, 300)}`);
        reject(
          new Error(`The answer that was waited for did not come; the last ones were\n${last.join("\n")}`),
        );
      }, PATIENCE_MS);
      this.#waiting.push({ wanted, found: (seen) => (clearTimeout(timer), resolve(seen)) });
    });
  }

  /** Waits for an answer with this text, given from now on. */
  text(text: string): Promise<Seen> {
    return this.next((seen) => seen.text === text);
  }

  /** Waits until each client has had an answer to a question asked from now on. */
  async round(): Promise<void> {
    // The first of two answers may be to a question that was on its way.
    const goals = this.#answers.map((count) => count + 2);
    await this.next(() => this.#answers.every((count, client) => count >= goals[client]));
  }

  /** The different texts of the answers, in the order they first came. */
  get texts(): string[] {
    return [...new Set(this.seen.map(({ text }) => text))];
  }

  /** Answers other than 200. */
  get failed(): Seen[] {
    return this.seen.filter(({ status }) => status !== 200);
  }

  /** Stops asking; resolves when the last answers are in. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#clients);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #client(client: number): Promise<void> {
    while (this.#running) {
      try {
        const seen = await this.asks();
        this.seen.push(seen);
        this.#answers[client]++;
        this.#waiting = this.#waiting.filter(({ wanted, found }) => !wanted(seen) || void found(seen));
      } catch (error) {
        this.broken.push(error);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
