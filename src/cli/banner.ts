/** The banner at the start: where it serves, which endpoints there are, what is watched. @module */
import { isAbsolute, sep } from "../paths.ts";
import type { DeploymentStatus, FlowStatus, PortStatus } from "../live/status.ts";
import { addresses } from "../runtime/terminal.ts";
import { KEYS_TEXT } from "./keys.ts";
import { shorten } from "./report.ts";
import type { Style } from "./style.ts";

/** What the banner shows. */
export interface Served extends Pick<FlowStatus, "deployments" | "ports" | "page" | "polled" | "yaml"> {
  readonly version: string;
  /** The file or folder, as the user typed it. */
  readonly what: string;
  readonly host: string;
  /** Whether there is a terminal with keys. */
  readonly hasKeys: boolean;
  /** The patterns of files that are not watched. */
  readonly ignored: readonly string[];
}

/** How many watched files and folders are listed. */
const MAX_WATCHED = 6;

/** The URL for this machine. */
export function urlOf(host: string, { protocol, port }: PortStatus): string {
  const name = isEverywhere(host) ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `${protocol}://${name}:${port}`;
}

/** The URL of HTTP; `undefined` when it is not served. */
function httpUrl(host: string, ports: readonly PortStatus[]): string | undefined {
  const http = ports.find(({ protocol }) => protocol === "http");
  return http && urlOf(host, http);
}

/** The URL of the page; `undefined` when there is none. */
export function pageUrl(
  host: string,
  { ports, page }: Pick<FlowStatus, "ports" | "page">,
): string | undefined {
  const url = page ? httpUrl(host, ports) : undefined;
  return url && `${url}/`;
}

/** The banner. */
export function bannerOf(served: Served, style: Style, folder: string): string {
  const { version, what, host, ports, deployments, yaml, hasKeys, polled, ignored } = served;
  const urls = ports.flatMap((one) => {
    const others = isEverywhere(host) ? addresses() : [];
    return [urlOf(host, one), ...others.map((address) => `${one.protocol}://${address}:${one.port}`)];
  });
  const page = pageUrl(host, served);
  const http = httpUrl(host, ports);
  const body = `{"data": [{"text": "hello"}]${endpointToTry(deployments)}}`;
  const rows: (readonly [string, string])[] = [
    ...(page === undefined ? [] : [["page", style("bold", page)] as const]),
    ["address", urls.map((text) => style("bold", text)).join("  ")],
    ...(http === undefined
      ? []
      : [["try", `curl -s ${http}/post -H 'content-type: application/json' -d '${body}'`] as const]),
    ...deployments.map((one) => [one.name, endpointsOf(one, http === undefined ? "" : "POST ")] as const),
    [
      "watched",
      watchedText([...(yaml ? [yaml] : []), ...deployments.flatMap(({ watched }) => watched)], folder) +
      (ignored.length > 0 ? `, without ${ignored.join(" and ")}` : "") + (polled ? ", by polling" : ""),
    ],
    ...(hasKeys ? [["keys", KEYS_TEXT] as const] : []),
  ];
  const width = Math.max(...rows.map(([left]) => left.length));
  const lines = rows.map(([left, right]) => `  ${style("cyan", left.padEnd(width))}  ${right}`);
  return [`${style("bold", `hotflow ${version}`)} serves ${what}`, ...lines].join("\n");
}

/** The endpoint for the example: the first one that is bound, unless an Executor takes any. */
function endpointToTry(deployments: readonly DeploymentStatus[]): string {
  const all = deployments.flatMap(({ endpoints }) => endpoints);
  const [first] = all;
  return all.includes("default") || all.includes("/") || first === undefined
    ? ""
    : `, "execEndpoint": ${JSON.stringify(first).replaceAll("'", "\\u0027")}`;
}

function isEverywhere(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function endpointsOf({ executor, endpoints, addresses, state }: DeploymentStatus, method: string): string {
  const elsewhere = addresses?.map(({ address }) => address).join(", ");
  if (elsewhere !== undefined && state === "down") {
    return `${elsewhere} is away; until it comes back the answer is 503`;
  }
  const who = elsewhere ?? executor;
  if (who === null) return "waits for the next good save; until then the answer is 503";
  const bound = endpoints.filter((endpoint) => endpoint !== "default").map((endpoint) => method + endpoint);
  const rest = endpoints.includes("default")
    ? [bound.length === 0 ? "any endpoint" : "any other endpoint"]
    : [];
  return `${who}: ${[...bound, ...rest].join(", ") || "binds no endpoint"}`;
}

function watchedText(paths: readonly string[], folder: string): string {
  const all = [...new Set(paths)];
  if (all.length === 0) return "nothing";
  const named = all.slice(0, MAX_WATCHED).map((path) => {
    // A pattern of `watch` is shown as it was given.
    if (!isAbsolute(path)) return path;
    return path.endsWith(sep) ? `source files in ${path}` : shorten(path, folder);
  });
  const more = all.length - MAX_WATCHED;
  return `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
