/** A kind of server: which files it needs, how it is started, and what is edited while it serves. */
export interface ServerKind {
  readonly name: string;
  /** Files of this folder that are copied into the server's own; the first one is run. */
  readonly files: readonly string[];
  /** Files that are generated, by their path in the server's folder; they replace copied ones of the same name. */
  readonly generated?: Readonly<Record<string, string>>;
  /** The file that edits replace, and the text of its `version`. */
  readonly edited?: { readonly file: string; source(template: string, version: number): string };
  /** Where its folder is made, when it has to find packages there. @default the system's temporary folder */
  readonly inside?: string;
  /** It cannot keep a free port over a change, and has to be told one. */
  readonly needsPort?: boolean;
  /** Further environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  command(entry: string): { readonly program: string; readonly args: readonly string[] };
}

const config = new URL("../deno.json", import.meta.url).pathname;

function deno(...flags: string[]): ServerKind["command"] {
  return (entry) => ({ program: Deno.execPath(), args: ["run", "-A", "--config", config, ...flags, entry] });
}

/** Every source says `version 0.` at first. */
function nextVersion(template: string, version: number): string {
  return template.replace("version 0.", `version ${version}.`);
}

/** Restarts name another class each time, with another argument. */
function nextConfig(template: string, version: number): string {
  const named = version % 2 === 0 ? template : template.replace("EvenExecutor", "OddExecutor");
  return named.replace("version: 0", `version: ${version}`);
}

export const hotflowReload: ServerKind = {
  name: "hotflow",
  files: ["ours/reload_flow.ts", "ours/my_executor.ts"],
  edited: { file: "my_executor.ts", source: nextVersion },
  command: deno(),
};

/** The same server, with its Executor reloaded in place. */
export function inPlace(kind: ServerKind): ServerKind {
  return withArgument(kind, "in place", "in-place");
}

/** The same server, with its Executor in a process of its own. */
export function inProcess(kind: ServerKind): ServerKind {
  return withArgument(kind, "in a process", "process");
}

function withArgument(kind: ServerKind, how: string, argument: string): ServerKind {
  return {
    ...kind,
    name: `${kind.name} ${how}`,
    command: (entry) => {
      const { program, args } = kind.command(entry);
      return { program, args: [...args, argument] };
    },
  };
}

/** The same on another runtime, with the npm package that is installed in a folder. */
export function hotflowReloadOn(name: string, program: string, inside: string): ServerKind {
  return {
    name: `hotflow on ${name}`,
    files: ["npm/reload_flow.js", "npm/my_executor.js"],
    edited: { file: "my_executor.js", source: nextVersion },
    inside,
    command: (entry) => ({ program, args: [entry] }),
  };
}

export const hotflowRestart: ServerKind = {
  name: "hotflow restart",
  files: ["ours/restart_flow.ts", "ours/two_executors.ts", "ours/executor.yml"],
  edited: { file: "executor.yml", source: nextConfig },
  command: deno(),
};

export const hotflowText: ServerKind = {
  name: "hotflow",
  files: ["ours/text_flow.ts", "ours/text_executor.ts"],
  command: deno(),
};

export const hotflowChain: ServerKind = {
  name: "hotflow, three Executors",
  files: ["ours/chain_flow.ts", "ours/text_executor.ts"],
  command: deno(),
};

export const hotflowBranches: ServerKind = {
  name: "hotflow, two branches",
  files: ["ours/branches_flow.ts", "ours/patient_executor.ts"],
  command: deno(),
};

export const hotflowOneByOne: ServerKind = {
  name: "hotflow, a handler of 20 ms",
  files: ["ours/batch_flow.ts", "ours/batch_executor.ts"],
  command: deno(),
};

export const hotflowBatched: ServerKind = {
  ...hotflowOneByOne,
  name: "hotflow, the same in batches",
  command: (entry) => {
    const { program, args } = deno()(entry);
    return { program, args: [...args, "batched"] };
  },
};

/** A Flow with one feature. Traces go to a port. */
export function hotflowFeature(feature: string, tracesPort: number): ServerKind {
  const traces = { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${tracesPort}` };
  const env: ServerKind["env"] = {
    ...(feature === "traces" && traces),
    ...(feature === "request log" && { HOTFLOW_LOG_LEVEL: "debug" }),
  };
  return {
    name: `hotflow, ${feature}`,
    files: ["ours/features_flow.ts", "ours/features_executor.ts"],
    env,
    command: (entry) => {
      const { program, args } = deno()(entry);
      return { program, args: [...args, feature] };
    },
  };
}

/** An external Executor that waits for a device. */
export function hotflowDevice(ms: number): ServerKind {
  return {
    name: `hotflow, a device of ${ms} ms`,
    files: ["ours/device_flow.ts", "ours/device_executor.ts"],
    command: deno(),
    env: { DEVICE_MS: String(ms) },
  };
}

/** A gateway with one Executor, whose replicas are external. */
export function hotflowGateway(addresses: readonly string[]): ServerKind {
  return {
    name: `hotflow, a gateway of ${addresses.length} external Executors`,
    files: ["ours/remote_flow.ts"],
    command: (entry) => {
      const { program, args } = deno()(entry);
      return { program, args: [...args, ...addresses] };
    },
  };
}

/** A chain of Executors in a Flow YAML; saves of the first one are visible in the answers. */
export function hotflowYaml(count: number): ServerKind {
  const sources = Array.from({ length: count }, (_, i) => [`e${i}/executor.ts`, executorSource(i)]);
  const items = Array.from({ length: count }, (_, i) => `  - { name: e${i}, uses: e${i}/executor.ts }\n`);
  return {
    name: `hotflow, ${count} Executors in one YAML`,
    files: ["ours/yaml_flow.ts"],
    generated: {
      ...Object.fromEntries(sources),
      "flow.yml": `jtype: Flow\nwith: { reload: true }\nexecutors:\n${items.join("")}`,
    },
    edited: { file: "e0/executor.ts", source: nextVersion },
    command: deno(),
  };
}

function executorSource(index: number): string {
  const set = index === 0 ? ' doc.text = "version 0.";' : " doc.tags = { ...doc.tags, last: 1 };";
  return `import { type DocumentArray, Executor, requests } from "../../mod.ts";

export class Executor${index} extends Executor {
  @requests()
  foo(docs: DocumentArray) {
    for (const doc of docs)${set}
  }
}
`;
}

export const denoEcho: ServerKind = {
  name: "Deno.serve",
  files: ["peers/deno_echo.ts"],
  command: deno(),
};

export const hotflowGrpc: ServerKind = {
  name: "hotflow, gRPC",
  files: ["ours/grpc_flow.ts", "ours/text_executor.ts"],
  command: deno(),
};

export const grpcEcho: ServerKind = {
  name: "grpc-js",
  files: ["peers/grpc_echo.ts"],
  command: deno(),
};

export const honoEcho: ServerKind = {
  name: "Hono",
  files: ["peers/hono_echo.ts"],
  command: deno(),
};

export const denoWatch: ServerKind = {
  name: "deno --watch",
  files: ["peers/deno_watch.ts", "peers/handler.ts"],
  edited: { file: "handler.ts", source: nextVersion },
  needsPort: true,
  command: deno("--watch"),
};

export function bunHot(program: string): ServerKind {
  return {
    name: "bun --hot",
    files: ["peers/bun_hot.ts", "peers/handler.ts"],
    edited: { file: "handler.ts", source: nextVersion },
    command: (entry) => ({ program, args: ["--hot", entry] }),
  };
}
