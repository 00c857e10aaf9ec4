import type { Binding } from "../executor/endpoint_options.ts";
import { BatchQueue, type Experience } from "./batch_queue.ts";
import type { Invoke } from "./dispatcher.ts";

/** The queues of the endpoints of one Executor whose requests are handled in batches. */
export class Batches {
  readonly #queues = new Map<string, BatchQueue>();
  /** What is known of each method; it outlives the queues. */
  readonly #experience = new Map<string, Experience>();
  #isLast = false;

  /** @param bindings Endpoints that are not among them have the default handler. */
  constructor(private readonly bindings: ReadonlyMap<string, Binding>, private readonly invoke: Invoke) {}

  /** The queue of an endpoint; each has its own, also where one method handles several. */
  of(endpoint: string, { method, batch }: Binding & Required<Pick<Binding, "batch">>): BatchQueue {
    const known = this.#queues.get(endpoint);
    if (known !== undefined) return known;
    const experience = this.#experience.get(method) ?? {};
    this.#experience.set(method, experience);
    const queue = new BatchQueue({
      ...batch,
      experience,
      mayWait: () => !this.#isLast,
      invoke: (docs, context) => this.invoke(method, docs, context),
      // Clients can think of endless endpoints that the default handler handles.
      ...(!this.bindings.has(endpoint) && { onIdle: () => this.#queues.delete(endpoint) }),
    });
    this.#queues.set(endpoint, queue);
    return queue;
  }

  /** Starts the batches that wait; with `isLast`, later ones do not wait either. */
  flush(isLast: boolean): void {
    this.#isLast ||= isLast;
    for (const queue of this.#queues.values()) queue.flush();
  }
}
