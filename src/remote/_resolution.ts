import type { RemoteAddress } from "../executor/remote_address.ts";
import { lookupHost } from "../runtime/lookup.ts";

/** Finds the IP addresses of a host name. */
export type Lookup = (name: string) => Promise<readonly string[]>;

const IP = /^(?:\[.*\]|\d+\.\d+\.\d+\.\d+)$/;

/** The addresses of an Executor elsewhere; each host name that stands for several machines becomes one for each. */
export class Resolution {
  /** What each name stood for last. */
  readonly #known = new Map<RemoteAddress, readonly RemoteAddress[]>();

  constructor(
    private readonly addresses: readonly RemoteAddress[],
    private readonly lookup: Lookup = lookupHost,
  ) {}

  /** Whether any of them is a name, whose addresses may change. */
  get mayChange(): boolean {
    return this.addresses.some((address) => !IP.test(hostOf(address)));
  }

  /** The addresses as of now. When a name cannot be resolved, those that it had stay. */
  async resolve(): Promise<readonly RemoteAddress[]> {
    const all = await Promise.all(this.addresses.map((address) => this.#resolve(address)));
    const flat = all.flat();
    return flat.filter(({ url }, at) => flat.findIndex((other) => other.url === url) === at);
  }

  async #resolve(address: RemoteAddress): Promise<readonly RemoteAddress[]> {
    const host = hostOf(address);
    if (IP.test(host)) return [address];
    try {
      const ips = [...await this.lookup(host)].sort();
      // grpc-js itself connects to the only one, and knows whether IPv4 or IPv6 leads there.
      const isOne = ips.length === 1;
      this.#known.set(address, isOne ? [{ ...address, ip: ips[0] }] : ips.map((ip) => at(ip, address)));
    } catch {
      // A Service of Kubernetes has no address while none of its pods is ready.
    }
    return this.#known.get(address) ?? [address];
  }
}

function hostOf({ authority }: RemoteAddress): string {
  return authority.replace(/:\d+$/, "");
}

/** The address of one of the machines that a name stands for. */
function at(ip: string, { authority: name, tls }: RemoteAddress): RemoteAddress {
  const authority = `${ip.includes(":") ? `[${ip}]` : ip}:${name.replace(/^.*:/, "")}`;
  return { url: `grpc${tls ? "s" : ""}://${authority}`, authority, tls, name };
}
