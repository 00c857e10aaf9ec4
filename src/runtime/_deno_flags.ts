/** The flags with which Deno starts a process like this one. @module */
import { dirname, join, toPath } from "../paths.ts";
import { orUndefinedSync } from "./_or_undefined.ts";
import type { ProcessOptions } from "./runtime.ts";

/** The flags that decide how modules are found and loaded. */
const LOADING =
  /^--(?:config|no-config|import-map|node-modules-dir|vendor|no-remote|no-npm|cached-only|cert|no-lock|lock|frozen|location|conditions|unstable|preload|v8-flags)(?:-[\w-]+)?(?:=|$)/;
/** Those whose value is the next argument. */
const WITH_VALUE = /^--(?:config|import-map|cert|location|conditions|preload)$/;
const PERMISSION = /^--(?:allow-|ignore-|permission-set|no-prompt)|^-[ARWNESIP](?:=|$)/;
/** Matches short flags in one argument, such as `-qNR=./data`. */
const SHORT = /^-([a-zA-Z][^=]*)(=.*)?$/s;
/** The short flags whose value follows, with `=` or without it. */
const SHORT_WITH_VALUE = /[cL]/;
const DENIAL = /^--deny-/;
const KINDS = ["read", "write", "net", "env", "run", "ffi", "sys", "import"] as const;

/** The flags for a process that loads modules as this one does, and has its permissions or other ones. */
export function denoFlags({ memory, permissions }: ProcessOptions): string[] {
  const own = ownFlags();
  const heap = memory === undefined ? [] : [`--max-old-space-size=${memory}`];
  const v8 = [...own.filter(isV8).map((flag) => flag.slice(flag.indexOf("=") + 1)), ...heap];
  return [
    ...own.filter((flag) => !isV8(flag) && (permissions === undefined || !PERMISSION.test(flag))),
    ...(permissions === undefined ? [] : ["--no-prompt", ...permissionFlags(permissions)]),
    ...(v8.length > 0 ? [`--v8-flags=${v8.join(",")}`] : []),
  ];
}

function isV8(flag: string): boolean {
  return flag.startsWith("--v8-flags");
}

function permissionFlags(permissions: NonNullable<ProcessOptions["permissions"]>): string[] {
  return Object.entries(permissions).flatMap(([kind, value]) => {
    if (value === true) return [`--allow-${kind}`];
    if (value === false || value.length === 0) return [];
    return [`--allow-${kind}=${value.join(",")}`];
  });
}

let flagsOfThis: readonly string[] | undefined;

/** The flags of this process that its processes need too. */
function ownFlags(): readonly string[] {
  return flagsOfThis ??= findFlags();
}

function findFlags(): string[] {
  const line = commandLine()?.split("\0").slice(1, -1);
  const flags = flagsIn(line?.slice(0, line.length - Deno.args.length) ?? []);
  // `deno eval` has permissions without a flag.
  if (!flags.some((flag) => PERMISSION.test(flag))) flags.push(...grantedFlags());
  if (flags.some((flag) => /^--(?:no-)?config/.test(flag))) return flags;
  const config = configFile();
  return config === undefined ? flags : ["--config", config, ...flags];
}

/** Of the arguments of a command such as `run` or `test`, the flags that processes need too. */
export function flagsIn(args: readonly string[]): string[] {
  const given = singleFlags(args);
  return given.flatMap((flag, index) => {
    if (!LOADING.test(flag) && !PERMISSION.test(flag) && !DENIAL.test(flag)) return [];
    return WITH_VALUE.test(flag) ? [flag, given[index + 1]] : [flag];
  });
}

/** Arguments in which each short flag is one of its own. `-c` is spelled out; `-L`, the log level, is left out. */
export function singleFlags(args: readonly string[]): string[] {
  return args.flatMap((arg) => {
    const [, letters, value = ""] = SHORT.exec(arg) ?? [];
    if (letters === undefined) return [arg];
    const taking = letters.search(SHORT_WITH_VALUE);
    const single = [...letters].slice(0, taking < 0 ? undefined : taking).map((letter) => `-${letter}`);
    if (taking < 0) return [...single.slice(0, -1), `${single.at(-1)}${value}`];
    const rest = `${letters.slice(taking + 1)}${value}`.replace(/^=/, "");
    const name = letters[taking] === "c" ? "--config" : "--log-level";
    return [...single, rest === "" ? name : `${name}=${rest}`];
  });
}

/** The arguments of this process, on Linux. Without all permissions, Deno does not read them, but may run what does. */
function commandLine(): string | undefined {
  const path = `/proc/${Deno.pid}/cmdline`;
  const text = isGranted({ name: "read", path }) && orUndefinedSync(() => Deno.readTextFileSync(path));
  if (text || !isGranted({ name: "run", command: "cat" })) return text || undefined;
  return orUndefinedSync(() =>
    new TextDecoder().decode(new Deno.Command("cat", { args: [path] }).outputSync().stdout)
  );
}

/** Asked before a use: without the permission, Deno would ask the user in a terminal. */
function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

/** Where the command line cannot be read: the permissions that are not limited to a list. */
function grantedFlags(): string[] {
  return KINDS.filter((name) => isGranted({ name } as Deno.PermissionDescriptor)).map((name) =>
    `--allow-${name}`
  );
}

/** The configuration that Deno has found for the main module: it would find another one for the entry. */
function configFile(): string | undefined {
  let folder = dirname(toPath(Deno.mainModule));
  for (;;) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      const file = join(folder, name);
      if (!isGranted({ name: "read", path: file })) continue;
      if (orUndefinedSync(() => Deno.statSync(file).isFile)) return file;
    }
    const parent = dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
}
