/** What is exported, before its form: the services of a Flow. @module */
import type { Listening } from "../options/settings.ts";

/** A runtime that images are made for. */
export type ImageRuntime = "deno" | "node";

/** The folder of the project in the image. */
export const APP = "/app";
/** Where a service has its Flow's YAML. */
export const FLOW_YAML = "/etc/hotflow/flow.yml";
/** Where an Executor writes files, also in an image that is read-only: the default of its workspace. */
export const WORKSPACE = `${APP}/.hotflow`;
/** The user and group that services run as. */
export const USER_ID = 1000;
/** The port of an Executor's service for gRPC, and the one for its metrics. */
export const EXECUTOR_PORTS: readonly Listening[] = [
  { protocol: "grpc", port: 54321 },
  { protocol: "http", port: 9090 },
];

/** A service: a Flow of one Executor, or the gateway. */
export interface Service {
  /** Its name, which is its host's name too. */
  readonly name: string;
  /** The text of its Flow's YAML. */
  readonly yaml: string;
  /** The environment variables that the YAML refers to. */
  readonly env: readonly string[];
  readonly replicas: number;
  /** Whether its old version has to end before the new one begins. */
  readonly isExclusive: boolean;
  /** How much memory its Executor may use, in MB. */
  readonly memory?: number;
  readonly listening: readonly Listening[];
}

/** The services of a Flow, and what they share. */
export interface ExportPlan {
  readonly project: Project;
  /** The name of the Secret that has the environment variables. */
  readonly secret: string;
  /** The Flow's YAML, for the headers of files. */
  readonly source: string;
  readonly image: string;
  readonly runtime: ImageRuntime;
  /** Whether Executors are reloaded when the project's files change: for development. */
  readonly reload: boolean;
  /** The version of hotflow in the image. */
  readonly version: string;
  readonly gateway: Service;
  /** Whether the gateway serves this machine only, where it is published by a port of this machine. */
  readonly isLocal: boolean;
  readonly executors: readonly Service[];
  /** The modules of the Executors: paths relative to the project, and URLs. */
  readonly modules: readonly string[];
  /** The YAML files, relative to the project: services have their values, without secrets. */
  readonly yamls: readonly string[];
  /** How long a service may take to load and to close, in milliseconds. */
  readonly loadMs: number;
  readonly closeMs: number;
  /** The values that were replaced by references to environment variables, since they look like secrets. */
  readonly moved: readonly MovedSecret[];
  /** The imports that the image has no files for. */
  readonly leaving: readonly LeavingImport[];
}

/** The folder that is copied into the image. */
export interface Project {
  /** The name in its manifest without the scope, or that of the folder; in lower case. */
  readonly name: string;
  /** The files beside each other that name its packages. */
  readonly manifests: readonly string[];
  /** Whether the packages can be installed from the manifests and lock files alone. */
  readonly isSelfContained: boolean;
  /** Whether its configuration asks Deno for a `node_modules` folder. */
  readonly hasNodeModules: boolean;
  /** The lines of its `.dockerignore`, which builds of this image do not read. */
  readonly ignored: readonly string[];
}

/** An import of a file outside of the project. */
export interface LeavingImport {
  readonly file: string;
  readonly specifier: string;
}

/** A value that looks like a secret, and the environment variable that has taken its place. */
export interface MovedSecret {
  readonly path: string;
  readonly variable: string;
}

/** Where an export goes. */
export interface Place {
  /** The first line of each file, a comment. */
  readonly header: string;
  /** The folder of the export, relative to the project; empty when it is the project's own. */
  readonly folder: string;
  /** The project, relative to that folder. */
  readonly context: string;
}

/** The path of the Dockerfile, relative to the project. */
export function dockerfileIn({ folder }: Place): string {
  return folder === "" ? "Dockerfile" : `${folder}/Dockerfile`;
}

/** The files of an export by name. */
export type Files = Readonly<Record<string, string>>;

/** The command that a service runs. */
export function commandOf({ listening }: Service, { reload }: Pick<ExportPlan, "reload">): string[] {
  const ports = listening.flatMap(({ protocol, port }) => ["--protocol", protocol, "--port", String(port)]);
  const how = reload ? [] : ["--no-reload"];
  return ["hotflow", "flow", FLOW_YAML, "--host", "0.0.0.0", ...ports, ...how, "--json"];
}

/** The services, the gateway first. */
export function servicesOf({ gateway, executors }: Pick<ExportPlan, "gateway" | "executors">): Service[] {
  return [gateway, ...executors];
}

/** How long a service may take from SIGTERM to its end: requests in flight, then `close()` of Executors; in seconds. */
export function stopSeconds({ closeMs }: Pick<ExportPlan, "closeMs">): number {
  return Math.min(Math.ceil(2 * closeMs / 1_000) + 5, MAX_STOP_S);
}

const MAX_STOP_S = 3_600;

/** What a service may use of memory, in MB of 1,048,576 bytes; `undefined` when nothing limits it. */
export function memoryOf({ memory }: Service): number | undefined {
  return memory === undefined ? undefined : memory + OVERHEAD_MB;
}

/** What the main thread of an Executor's service needs beside the Executor itself. */
const OVERHEAD_MB = 256;

/** A name that DNS, labels and images accept; `undefined` when nothing of it is left. */
export function dnsName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 50).replace(/^[-0-9]+|-+$/g, "");
  return name === "" ? undefined : name;
}
