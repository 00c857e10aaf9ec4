/** Proves that the rooms of src/ import downwards only, that one room names the runtime, and that files stay small. */
import { dirname, join, relative, resolve } from "node:path";
import { blank } from "./blank.ts";

/**
 * What each room may import besides its own files: rooms above it in this table, one file of a room, packages.
 * Rooms are folders of src/, or single files.
 */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  paths: ["node:path", "node:url"],
  errors: [],
  script: ["paths", "errors"],
  async: [],
  runtime: ["paths", "errors", "script", "async", "#runtime", "#worker-runtime", "@hono/node-server"],
  log: ["runtime", "errors"],
  document: ["log", "errors"],
  config: ["runtime", "errors", "@std/yaml", "yaml"],
  executor: ["config", "document", "script", "runtime", "paths", "log", "errors"],
  protocol: ["executor", "config", "async", "runtime", "log", "errors"],
  codec: ["protocol", "document", "errors"],
  worker: [
    ...["codec", "protocol", "executor", "document", "script", "async", "runtime", "paths", "log", "errors"],
  ],
  replica: ["protocol", "async", "runtime", "log", "errors"],
  deployment: ["replica", "protocol", "executor", "config", "async", "runtime", "paths", "log", "errors"],
  watch: ["async", "runtime", "paths", "log", "errors", "ignore"],
  reload: ["watch", "deployment", "executor", "async", "runtime", "paths", "log", "errors"],
  gateway: ["protocol", "document", "async", "runtime", "log", "errors", "hono"],
  client: ["document", "async", "log", "errors"],
  options: ["executor", "config", "async", "runtime", "log", "errors"],
  graph: ["options", "gateway", "protocol", "executor", "async", "runtime", "log", "errors"],
  flow_yaml: [
    "graph",
    "options",
    "watch",
    "executor",
    "config",
    "script",
    "async",
    "runtime",
    "paths",
    "errors",
  ],
  flow: [
    ...["flow_yaml", "graph", "options", "client", "gateway", "reload", "watch", "deployment", "replica"],
    ...["protocol", "executor", "async", "runtime", "document", "log", "errors"],
  ],
  cli: [
    "flow",
    "flow_yaml",
    "options",
    "executor",
    "config",
    "script",
    "async",
    "runtime",
    "paths",
    "log",
    "errors",
  ],
};

/** A standby worker has loaded the library, whose names the users' modules import, before it reports ready. */
const EXCEPTIONS = ["worker/entry.ts -> ../mod.ts"];

/** The only room that names `Deno` and `node:`. */
const RUNTIME_ROOM = "runtime";
const MAX_LINES = 400;

const IMPORTS = [
  /\b(?:import|export)\s*(?:type\s*)?(?:[\w$*{][\w$\s,{}*]*)?\bfrom\s*["']([^"']+)["']/g,
  /\bimport\s*["']([^"']+)["']/g,
  /\bimport\s*\(\s*["'`]([^"'`$]+)["'`]/g,
];

/** Every violation under `src`, as `path:line: what is wrong`. */
export async function checkRooms(src: string): Promise<string[]> {
  const violations: string[] = [];
  for (const path of sources(src)) {
    const found = checkFile(src, path, await Deno.readTextFile(path));
    violations.push(
      ...found.map(({ line, problem }) => `${relative(dirname(src), path)}:${line}: ${problem}`),
    );
  }
  return violations;
}

interface Violation {
  readonly line: number;
  readonly problem: string;
}

function checkFile(src: string, path: string, source: string): Violation[] {
  const file = slashed(relative(src, path));
  const room = roomOf(file);
  if (!(room in ROOMS)) {
    return [{ line: 1, problem: `${file} is in no room of the table in tools/check_rooms.ts` }];
  }

  const violations: Violation[] = [];
  const report = (index: number, problem: string | undefined) => {
    if (problem) violations.push({ line: source.slice(0, index).split("\n").length, problem });
  };
  const { text, code } = blank(source);
  for (const match of IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)])) {
    if (code.charAt(match.index) === " ") continue; // inside a string
    report(match.index, importProblem(src, file, match[1] ?? ""));
  }
  for (const match of room === RUNTIME_ROOM ? [] : code.matchAll(/\bDeno\b/g)) {
    report(match.index, `only src/${RUNTIME_ROOM} may name Deno`);
  }
  const lines = source.replace(/\n$/, "").split("\n").length;
  if (lines > MAX_LINES) {
    violations.push({ line: MAX_LINES + 1, problem: `${lines} lines, more than ${MAX_LINES}` });
  }
  return violations.sort((a, b) => a.line - b.line);
}

function importProblem(src: string, file: string, specifier: string): string | undefined {
  const room = roomOf(file);
  const allowed = ROOMS[room] ?? [];
  if (specifier.startsWith("node:")) {
    const isAllowed = room === RUNTIME_ROOM || allowed.includes(specifier);
    return isAllowed ? undefined : `only src/${RUNTIME_ROOM} may import "${specifier}"`;
  }
  if (!specifier.startsWith(".")) {
    const fits = allowed.some((name) => specifier === name || specifier.startsWith(`${name}/`));
    return fits && !(specifier in ROOMS) ? undefined : `${room} may not import "${specifier}"`;
  }
  const target = slashed(relative(src, resolve(src, dirname(file), specifier)));
  if (EXCEPTIONS.includes(`${file} -> ${target}`)) return undefined;
  if (target.startsWith("../")) return `${room} may not import "${specifier}", which is outside src/`;
  const targetRoom = roomOf(target);
  if (targetRoom === room) return undefined;
  if (!allowed.includes(targetRoom) && !allowed.includes(target)) return `${room} may not import ${target}`;
  const hidden = target.split("/").some((part) => part.startsWith("_"));
  return hidden ? `${target} is private to ${targetRoom}` : undefined;
}

function roomOf(file: string): string {
  return file.split("/")[0]?.replace(/\.[cm]?[jt]sx?$/, "") ?? file;
}

function* sources(folder: string): Generator<string> {
  for (const entry of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* sources(path);
    else if (/\.[cm]?[jt]sx?$/.test(entry.name)) yield path;
  }
}

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}

if (import.meta.main) {
  const violations = await checkRooms(join(dirname(import.meta.dirname ?? Deno.cwd()), "src"));
  for (const line of violations) Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
  Deno.exit(violations.length === 0 ? 0 : 1);
}
