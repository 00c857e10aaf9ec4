/** Checks options, and fills in their defaults, by the table of options. @module */
import { reasonOf } from "../config/check.ts";
import { checkKeys, invalidArgument, outOfRange, preview } from "../errors/mod.ts";
import { remoteAddresses } from "../executor/remote_address.ts";
import { runtime } from "../runtime/mod.ts";
import { flag, INTERVAL_TEXT, poll } from "./kinds.ts";
import { isolationMismatch } from "./isolation.ts";
import type { AddOptions, FlowOptions, LoadOptions, Protocol } from "./options.ts";
import { defaultsOf, OPTIONS, type OptionTable, type OptionTables } from "./table.ts";

/** Options with their defaults. */
export type FlowSettings =
  & Required<Omit<FlowOptions, "log" | "poll" | "page">>
  & Pick<FlowOptions, "log" | "poll" | "page">;

/** Whether an Executor is reloaded, and how. */
export type Reload = NonNullable<AddOptions["reload"]>;

/** What a load overrides in the YAML, also when the YAML is read again. */
export type YamlOverrides = Omit<LoadOptions, keyof FlowOptions> & {
  /** The names of the options of the Flow that were given. */
  readonly givenOptions?: readonly string[];
};

/**
 * Checks the options of a Flow, and fills in the defaults.
 *
 * @throws {TypeError} When an option is unknown or has the wrong type.
 * @throws {RangeError} When a number is out of range.
 */
export function settingsOf(options: FlowOptions, table: OptionTable = OPTIONS.flow): FlowSettings {
  checkOptions("make a Flow", options, table);
  const mismatch = portMismatch(options);
  if (mismatch !== undefined) throw invalidArgument(`Cannot make a Flow with ${mismatch}`);
  const { listen, port, protocol } = options;
  if (listen === false && [port].flat().some(Boolean)) {
    throw invalidArgument(
      `Cannot make a Flow with listen: false and port ${preview(port)}: it opens no port; remove one of them`,
    );
  }
  if (listen === false && [protocol].flat().some((name) => name?.toLowerCase() === "grpc")) {
    throw invalidArgument(
      "Cannot make a Flow with listen: false and protocol grpc: flow.fetch serves HTTP; remove one of them",
    );
  }
  return { ...defaultsOf(table), ...definedIn(options) } as unknown as FlowSettings;
}

/** A protocol that is served, and its port. */
export interface Listening {
  /** The protocol. */
  readonly protocol: Protocol;
  /** The port. */
  readonly port: number;
}

/** The protocols with their ports, in the order of the options. */
export function listeningOf(
  { port, protocol, listen }: Pick<FlowSettings, "port" | "protocol" | "listen">,
): Listening[] {
  if (!listen) return [];
  const ports = [port].flat();
  return [protocol].flat().map((name, index) => ({
    protocol: name.toLowerCase() as Protocol,
    // The default is one port; options that were given have one for each.
    port: ports[index] ?? (ports[0] === 0 ? 0 : ports[0] + index),
  }));
}

/** What is wrong when there is not one port for each protocol; `undefined` when there is. */
export function portMismatch(options: Pick<FlowOptions, "port" | "protocol">): string | undefined {
  const { port, protocol = "http" } = options;
  const [ports, protocols] = [[port].flat(), [protocol].flat()];
  if (port === undefined || port === 0 || ports.length === protocols.length) return undefined;
  const example = protocols.map((_, index) => 12345 + index).join(", ");
  const wanted = protocols.length === 1 ? "port: 12345" : `port: [${example}]`;
  return `port ${preview(port)} and protocol ${
    preview(protocol)
  }: expected one port for each protocol, such as ${wanted}`;
}

/** Checks the options of an Executor; throws as {@linkcode settingsOf} does. */
export function checkAdd(options: AddOptions, table: OptionTable = OPTIONS.executor): void {
  checkOptions("add an Executor", options, table);
  if (remoteAddresses(options.uses) === undefined) {
    const [option, reason] = isolationMismatch(options) ?? [];
    if (option !== undefined) throw invalidArgument(`Cannot add an Executor with ${option}: ${reason}`);
    return;
  }
  for (const [name, value] of Object.entries(options)) {
    const reason = notElsewhere(name, value, table);
    if (reason !== undefined) {
      throw invalidArgument(
        `Cannot add an Executor with uses "${options.uses}" and ${name} ${preview(value)}: ${reason}`,
      );
    }
  }
}

/** The options that an Executor elsewhere has, too. */
const ELSEWHERE: readonly string[] = ["uses", "name", "needs"];

/**
 * Why an option has no meaning for an Executor that runs elsewhere; `undefined` when it has, or does nothing.
 *
 * @param key How the option is written.
 */
export function notElsewhere(
  name: string,
  value: unknown,
  table: OptionTable = OPTIONS.executor,
  key = name,
): string | undefined {
  if (ELSEWHERE.includes(name) || value === undefined || value === null) return undefined;
  if (String(value) === String(table[name]?.default)) return undefined;
  const runs = "the Executor runs elsewhere, where its own server is configured";
  return name === "replicas"
    ? `${runs}; list the addresses of its replicas in \`uses\``
    : `${runs}; remove \`${key}\``;
}

/** Checks the options of `Flow.reload()`, and returns its `fresh`; throws as {@linkcode settingsOf} does. */
export function checkReload(options: { fresh?: boolean }): boolean {
  checkOptions("reload a Flow", options, { fresh: { ...flag, description: "in new workers" } });
  return options.fresh ?? false;
}

/** Checks the options of a load, and separates those for its Executors; throws as {@linkcode settingsOf} does. */
export function splitLoad(
  options: LoadOptions,
  { flow, load }: Pick<OptionTables, "flow" | "load"> = OPTIONS,
): { overrides: YamlOverrides; own: FlowOptions } {
  checkOptions("load a Flow", options, { ...flow, ...load });
  const given = Object.entries(definedIn(options));
  const own = Object.fromEntries(given.filter(([name]) => !(name in load)));
  const overrides = Object.fromEntries(given.filter(([name]) => name in load));
  return { overrides: { ...overrides, givenOptions: Object.keys(own) }, own };
}

function checkOptions(action: string, options: object, table: OptionTable): void {
  checkKeys(`${action} with`, options, Object.keys(table));
  for (const [name, { check, isOutOfRange, isRequired = false }] of Object.entries(table)) {
    const value = (options as Record<string, unknown>)[name];
    const isMissing = value === undefined || (isRequired && value === null);
    const violation = isMissing && !isRequired ? undefined : check(value);
    if (violation === undefined) continue;
    const given = isMissing ? `without \`${name}\`` : `with ${name} ${preview(value)}`;
    const message = `Cannot ${action} ${given}: ${reasonOf(violation)}`;
    throw isOutOfRange?.(value) ? outOfRange(message) : invalidArgument(message);
  }
}

/** An option that is `undefined` was not given: it does not override. */
function definedIn(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/**
 * The value of `poll` that the environment variable `HOTFLOW_POLL` sets.
 *
 * @throws {RangeError} When the variable is invalid.
 */
export function pollByDefault(): boolean | number {
  const text = (runtime.env("HOTFLOW_POLL") ?? "").trim().toLowerCase();
  if (["", "0", "false"].includes(text)) return false;
  if (["1", "true"].includes(text)) return true;
  if (/^\d+$/.test(text) && poll.check(Number(text)) === undefined) return Number(text);
  throw outOfRange(`Cannot start a Flow with HOTFLOW_POLL=${text}: expected 1, 0 or ${INTERVAL_TEXT}`);
}

/** Whether there is a page, on a port or in an app. */
export function servesPage({ page, host, listen }: Pick<FlowSettings, "page" | "host" | "listen">): boolean {
  return page ?? (isLocal(host) && listen);
}

/** Whether an address can be reached from this machine only. */
export function isLocal(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
