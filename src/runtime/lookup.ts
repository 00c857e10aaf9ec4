import { lookup } from "node:dns/promises";

/** The IP addresses of a host name: those of IPv4, if there are any. Rejects when there are none. */
export async function lookupHost(name: string): Promise<string[]> {
  const all = await lookup(name, { all: true });
  const first = all.filter(({ family }) => family === 4);
  return (first.length > 0 ? first : all).map(({ address }) => address);
}
