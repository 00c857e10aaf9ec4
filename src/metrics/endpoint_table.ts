import { type Bindings, isListed } from "../protocol/endpoint_info.ts";

/** The label of the endpoints that a default handler answers. */
const DEFAULT = "default";
/** The label of the endpoints that nothing binds, and of requests whose endpoint is not known. */
const OTHER = "other";

/** One value per endpoint. Only endpoints that were bound at some time have a label: clients cannot add any. */
export class EndpointTable<T> {
  readonly #values = new Map<string, T>();

  constructor(private readonly make: () => T) {}

  /** The labels and their values. */
  get entries(): Iterable<readonly [label: string, value: T]> {
    return this.#values;
  }

  /** The value of an endpoint, as `bindings` bind it. */
  of(endpoint: string | undefined, bindings: Bindings): T {
    const known = endpoint === undefined ? undefined : this.#values.get(endpoint);
    return known ?? this.#at(labelOf(endpoint, bindings));
  }

  #at(label: string): T {
    let value = this.#values.get(label);
    if (value === undefined) this.#values.set(label, value = this.make());
    return value;
  }
}

function labelOf(endpoint: string | undefined, bindings: Bindings): string {
  if (endpoint === undefined) return OTHER;
  if (isListed(endpoint, bindings)) return endpoint;
  return bindings.hasDefault ? DEFAULT : OTHER;
}
