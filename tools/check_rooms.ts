/**
 * Proves that the rooms of src/ import downwards only, that one room names the runtime, and that classes have few
 * mutable fields. Warns about long files.
 */
import { dirname, join, relative, resolve } from "node:path";
import { blank } from "./blank.ts";
import { classesIn } from "./mutable_fields.ts";

/**
 * The imports of each room, in addition to its own files: rooms above it in this table, one file of a room, packages.
 * Rooms are folders of src/, or single files.
 */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  paths: ["node:path", "node:url"],
  errors: [],
  script: ["paths", "errors"],
  async: [],
  runtime: ["paths", "errors", "script", "async", "#runtime", "#worker-runtime", "@hono/node-server", "ws"],
  trace: ["runtime", "@opentelemetry/api"],
  log: ["trace", "runtime", "errors"],
  document: ["log", "errors"],
  config: ["runtime", "errors", "@std/yaml", "yaml"],
  executor: ["config", "document", "script", "runtime", "paths", "log", "errors"],
  protocol: ["executor", "config", "async", "runtime", "log", "errors"],
  metrics: ["protocol", "runtime", "log", "errors", "prom-client"],
  live: ["metrics", "protocol", "runtime", "paths", "log", "errors"],
  page: ["live", "document"],
  protobuf: ["document", "errors", "@bufbuild/protobuf"],
  codec: ["protobuf", "protocol", "document", "errors"],
  worker: [
    ...["codec", "protocol", "executor", "document", "script", "async", "runtime", "paths", "log", "errors"],
    "trace",
  ],
  replica: ["protocol", "script", "async", "runtime", "paths", "log", "errors"],
  remote: [
    ...["replica", "protobuf", "protocol", "executor", "async", "runtime", "log", "trace", "errors"],
    "@grpc/grpc-js",
  ],
  deployment: [
    ...["replica", "protocol", "executor", "config", "async", "runtime", "paths", "log", "trace", "errors"],
  ],
  watch: ["async", "runtime", "paths", "log", "errors", "ignore"],
  reload: ["watch", "deployment", "executor", "async", "runtime", "paths", "log", "errors"],
  gateway: [
    "page",
    "live",
    "protobuf",
    "protocol",
    "document",
    "async",
    "runtime",
    "log",
    "trace",
    "errors",
    "hono",
  ],
  grpc: [
    "gateway",
    "protobuf",
    "protocol",
    "document",
    "async",
    "runtime",
    "log",
    "trace",
    "errors",
    "@bufbuild/protobuf",
    "@grpc/grpc-js",
  ],
  client: ["protobuf", "document", "async", "runtime", "log", "trace", "errors", "@grpc/grpc-js"],
  options: ["executor", "config", "async", "runtime", "log", "errors"],
  graph: ["metrics", "options", "gateway", "protocol", "executor", "async", "runtime", "log", "errors"],
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
    ...[
      "flow_yaml",
      "graph",
      "live",
      "metrics",
      "options",
      "client",
      "grpc",
      "gateway",
      "reload",
      "watch",
      "deployment",
      "remote",
      "replica",
    ],
    ...["protocol", "executor", "config", "async", "runtime", "document", "log", "trace", "errors"],
  ],
  export: ["flow_yaml", "graph", "options", "executor", "config", "script", "runtime", "paths", "yaml"],
  cli: [
    "export",
    "flow",
    "live",
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

/**
 * A standby worker has loaded the library, whose names the users' modules import, before it reports ready. The project's
 * file has its version.
 */
const EXCEPTIONS = [
  "worker/entry.ts -> ../mod.ts",
  "grpc/info.ts -> ../deno.json",
  "live/process_info.ts -> ../deno.json",
];

/** The only room that names `Deno` and `node:`. */
const RUNTIME_ROOM = "runtime";
/** A longer file is reported as a warning, unless it is generated. */
const MAX_LINES = 400;
const GENERATED = "// @generated";
const MAX_MUTABLE_FIELDS = 8;
/** The class whose fields are the data of a Jina document. */
const DATA_CLASS = "document/document.ts Document";

const IMPORTS = [
  /\b(?:import|export)\s*(?:type\s*)?(?:[\w$*{][\w$\s,{}*]*)?\bfrom\s*["']([^"']+)["']/g,
  /\bimport\s*["']([^"']+)["']/g,
  /\bimport\s*\(\s*(?:import\.meta\.resolve\(\s*)?["'`]([^"'`$]+)["'`]/g,
];

/** What the check found; each line is `path:line: problem`. */
export interface Report {
  readonly violations: readonly string[];
  /** These do not fail the check. */
  readonly warnings: readonly string[];
}

/** Checks every file under `src`. */
export async function checkRooms(src: string): Promise<Report> {
  const findings: (Finding & { readonly text: string })[] = [];
  for (const path of sources(src)) {
    const name = relative(dirname(src), path);
    for (const finding of checkFile(src, path, await Deno.readTextFile(path))) {
      findings.push({ ...finding, text: `${name}:${finding.line}: ${finding.problem}` });
    }
  }
  const texts = (isWarning: boolean) =>
    findings.filter((finding) => (finding.isWarning ?? false) === isWarning).map(({ text }) => text);
  return { violations: texts(false), warnings: texts(true) };
}

interface Finding {
  readonly line: number;
  readonly problem: string;
  readonly isWarning?: boolean;
}

function checkFile(src: string, path: string, source: string): Finding[] {
  const file = slashed(relative(src, path));
  const room = roomOf(file);
  if (!(room in ROOMS)) {
    return [{ line: 1, problem: `${file} is in no room of the table in tools/check_rooms.ts` }];
  }

  const findings: Finding[] = [];
  const report = (index: number, problem: string | undefined) => {
    if (problem) findings.push({ line: source.slice(0, index).split("\n").length, problem });
  };
  const { text, code } = blank(source);
  for (const match of IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)])) {
    if (code.charAt(match.index) === " ") continue; // inside a string
    report(match.index, importProblem(src, file, match[1] ?? ""));
  }
  for (const match of room === RUNTIME_ROOM ? [] : code.matchAll(/\bDeno\b/g)) {
    report(match.index, `only src/${RUNTIME_ROOM} may name Deno`);
  }
  for (const { name, index, mutable } of classesIn(code)) {
    if (mutable.length <= MAX_MUTABLE_FIELDS || `${file} ${name}` === DATA_CLASS) continue;
    report(index, `${name} has ${mutable.length} mutable fields, more than ${MAX_MUTABLE_FIELDS}`);
  }
  const lines = source.replace(/\n$/, "").split("\n").length;
  if (lines > MAX_LINES && !source.startsWith(GENERATED)) {
    findings.push({
      line: MAX_LINES + 1,
      problem: `${lines} lines, more than ${MAX_LINES}`,
      isWarning: true,
    });
  }
  return findings.sort((a, b) => a.line - b.line);
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
  const { violations, warnings } = await checkRooms(join(dirname(import.meta.dirname ?? Deno.cwd()), "src"));
  for (const line of [...warnings.map((line) => `warning: ${line}`), ...violations]) {
    Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
  }
  Deno.exit(violations.length === 0 ? 0 : 1);
}
