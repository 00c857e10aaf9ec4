/** An Executor of a Flow's YAML that runs elsewhere: `uses` with an address, or Jina's own keys. @module */
import type { Diagnostics } from "../config/diagnostics.ts";
import type { Mapping, YamlPath } from "../config/yaml_values.ts";
import { isRemote, remoteAddresses } from "../executor/remote_address.ts";
import { notElsewhere } from "../options/settings.ts";
import { OPTIONS, type OptionSpec } from "../options/table.ts";

/** The keys that say where it runs. */
export const PLACE: readonly string[] = ["host", "port", "tls"];

/** Whether an item is an Executor that runs elsewhere. */
export function isExternal({ uses, external }: Mapping): boolean {
  return external === true || (typeof uses !== "object" || Array.isArray(uses)) && isRemote(uses);
}

/**
 * The addresses of an Executor that runs elsewhere; `undefined` when they are not valid.
 *
 * @param known The keys of an Executor.
 */
export function externalUses(
  item: Mapping,
  path: YamlPath,
  diagnostics: Diagnostics,
  known: ReadonlyMap<string, readonly [name: string, spec: OptionSpec]>,
): readonly string[] | undefined {
  for (const [key, value] of Object.entries(item)) {
    const name = known.get(key)?.[0];
    if (name === undefined || [...PLACE, "external", "method"].includes(name)) continue;
    const reason = notElsewhere(name, value, OPTIONS.executor, key);
    if (reason !== undefined) diagnostics.refuse([...path, key], reason);
  }
  const isNamed = isRemote(item.uses);
  const given = isNamed ? [item.uses].flat() as string[] : addressesOf(item, path, diagnostics);
  if (isNamed) {
    for (const key of PLACE.filter((key) => key in item)) {
      diagnostics.refuse([...path, key], `\`uses\` has the address already; delete \`${key}\``);
    }
  } else if ("uses" in item) {
    diagnostics.add(
      [...path, "uses"],
      "an Executor with `external: true` runs elsewhere: delete `uses`, or `external`",
    );
  }
  try {
    remoteAddresses(given);
    return diagnostics.hasWithin(path) ? undefined : given;
  } catch (error) {
    const key = isNamed ? "uses" : "host" in item ? "host" : "port";
    diagnostics.add([...path, key], (error as Error).message);
  }
}

/** The addresses in `host` and `port`: one of each, or lists; Jina's hosts may also have their ports, and commas. */
function addressesOf(item: Mapping, path: YamlPath, diagnostics: Diagnostics): string[] | undefined {
  if (PLACE.some((key) => diagnostics.has([...path, key]))) return undefined;
  const hosts = [item.host ?? "127.0.0.1"].flat().flatMap((host) => String(host).split(","))
    .map((host) => host.trim());
  const ports = item.port === undefined || item.port === null ? [] : [item.port].flat();
  if (hosts.length > 1 && ports.length > 1 && hosts.length !== ports.length) {
    const reason = `${ports.length} ports for ${hosts.length} hosts; expected one, or one for each`;
    diagnostics.refuse([...path, "port"], reason);
    return undefined;
  }
  const other = hosts.find((host) => /^grpcs?:/i.test(host) && /^grpcs:/i.test(host) !== item.tls);
  if (typeof item.tls === "boolean" && other !== undefined) {
    diagnostics.refuse([...path, "tls"], `"${other}" says otherwise; delete \`tls\``);
    return undefined;
  }
  const count = Math.max(hosts.length, ports.length);
  const addresses = Array.from({ length: count }, (_, index) => {
    const host = hosts[index] ?? hosts[0];
    return addressOf(host, ports[index] ?? ports[0], item.tls === true);
  });
  if (!addresses.includes(undefined)) return addresses as string[];
  diagnostics.add(path, "`port` is missing; expected the port of the Executor, such as 54321");
  return undefined;
}

function addressOf(host: string, port: unknown, tls: boolean): string | undefined {
  const [, scheme, bare] = /^(?:(\w+):\/\/)?(.*)$/.exec(host) ?? [];
  // This is Jina's default, which a server binds.
  const name = bare.replace(/^0\.0\.0\.0(?=:|$)/, "127.0.0.1");
  const hasPort = /^(?:\[.*\]|[^:]*):\d+$/.test(name);
  if (!hasPort && port === undefined) return undefined;
  const authority = name.includes(":") && !name.startsWith("[") && !hasPort ? `[${name}]` : name;
  return `${scheme ?? (tls ? "grpcs" : "grpc")}://${hasPort ? name : `${authority}:${port}`}`;
}
