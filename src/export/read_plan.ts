import type { Diagnostics, Problem } from "../config/diagnostics.ts";
import { loadYaml } from "../config/load_yaml.ts";
import { isMapping, type Mapping, type YamlPath } from "../config/yaml_values.ts";
import type { Environment } from "../config/substitute.ts";
import { isRemote, remoteAddresses } from "../executor/remote_address.ts";
import { FlowYamlError } from "../flow_yaml/flow_yaml.ts";
import { readFlowYaml, TEXTS } from "../flow_yaml/read_flow_yaml.ts";
import type { ExecutorSpec } from "../graph/flow_builder.ts";
import { isLocal, type Listening, listeningOf, settingsOf } from "../options/settings.ts";
import { OPTIONS } from "../options/table.ts";
import { basename } from "../paths.ts";
import { runtime } from "../runtime/mod.ts";
import { InImage } from "./_in_image.ts";
import { projectOf, readProject } from "./_project.ts";
import { reference, SecretFinder, variablesIn } from "./_secrets.ts";
import { yamlText } from "./_yaml_text.ts";
import { dnsName, EXECUTOR_PORTS, type ExportPlan, type MovedSecret, type Service } from "./plan.ts";

/** What the YAML does not say. */
export type ExportOptions = Pick<ExportPlan, "runtime" | "version"> & {
  /** The name of the image. @default the project's */
  readonly image?: string;
  /** Whether Executors are reloaded when the project's files change. @default false */
  readonly reload?: boolean;
  /** The environment variables that numbers and names in the YAML may come from. */
  readonly env?: Environment;
};

/** Options of a Flow that the command sets, or that only follow changes of files. */
const NOT_EXPORTED = ["port", "protocol", "host", "reload", "poll"];
/** Options that only the gateway has. */
const OF_GATEWAY = ["cors", "timeout"];
/** The keys of an Executor that the gateway keeps. */
const IN_GRAPH = ["needs", "method"];
/** The keys of an Executor that are said otherwise in its service, or only follow changes of files. */
const NOT_IN_SERVICE = [...IN_GRAPH, "name", "uses", "modules", "py_modules"].concat(
  ["replicas", "reload", "restart", "ignore", "watch", "permissions"],
);

/**
 * Reads a Flow's YAML, and plans its services. Expressions with environment variables stay as they are.
 *
 * @param path The absolute path of the YAML.
 * @throws {FlowYamlError} When it is not valid, or an Executor of it cannot run elsewhere.
 */
export async function readPlan(path: string, options: ExportOptions): Promise<ExportPlan> {
  const { env = (name) => runtime.env(name), runtime: target, version, reload = false } = options;
  // A variable need not be set where the Flow is exported.
  const known: Environment = (name) => env(name) ?? reference(name);
  const { yaml, problems } = await readFlowYaml(path, {}, OPTIONS, known);
  if (yaml === undefined) throw new FlowYamlError(path, problems);
  const { value, diagnostics, problems: found } = await loadYaml(
    path,
    "the Flow's YAML",
    reference,
    TEXTS,
  );
  const root = await projectOf(path);
  const reading = new Reading(path, new InImage(root), diagnostics);
  const flow = value as { executors: Mapping[]; with?: Mapping };
  await reading.read(flow.executors, yaml.builder.executors, flow.with ?? {});
  const mistakes = [...await found(), ...reading.elsewhere];
  if (mistakes.length > 0) throw new FlowYamlError(path, mistakes);
  const settings = settingsOf(yaml.options);
  const project = await readProject(root);
  return {
    ...{ project, runtime: target, version, reload, source: basename(path) },
    secret: `${project.name}-secrets`,
    image: options.image ?? project.name,
    ...reading.services(fixedPorts(listeningOf(settings))),
    // The value of an expression may not be known here.
    isLocal: isLocal(settings.host) || settings.host.includes("${{"),
    modules: reading.image.modules,
    yamls: reading.image.yamls,
    loadMs: settings.loadTimeout,
    closeMs: settings.closeTimeout,
    leaving: await reading.image.leavingImports(),
  };
}

/** A Service needs ports that are known: 0 becomes the default, or the next one that no protocol has. */
function fixedPorts(listening: readonly Listening[]): Listening[] {
  const taken = new Set(listening.map(({ port }) => port));
  return listening.map(({ protocol, port: given }) => {
    let port = given === 0 ? Number(OPTIONS.flow.port.default) : given;
    while (given === 0 && taken.has(port)) port++;
    taken.add(port);
    return { protocol, port };
  });
}

/** Host names that are not an Executor's: a container's own, and the API server's in the namespace `default`. */
const TAKEN = ["gateway", "localhost", "kubernetes"];

/** A service whose values may have secrets. */
type Draft = Omit<Service, "yaml" | "env"> & { readonly values: Mapping };

/** One reading of a Flow's YAML, whose values are known to be valid. */
class Reading {
  /** Problems of other files. */
  readonly elsewhere: Problem[] = [];
  readonly #executors: Draft[] = [];
  readonly #items: Mapping[] = [];
  #with: Mapping = {};

  constructor(
    private readonly path: string,
    readonly image: InImage,
    private readonly diagnostics: Diagnostics,
  ) {}

  async read(items: readonly Mapping[], specs: readonly ExecutorSpec[], options: Mapping): Promise<void> {
    this.#with = without(options, NOT_EXPORTED);
    const rest = [...specs];
    for (const [index, item] of items.entries()) {
      const isJoin = item.method === "needs_all" && item.uses === undefined && item.external !== true;
      const spec = isJoin ? undefined : rest.shift();
      if (spec === undefined) this.#items.push(item);
      else if (isRemote(spec.uses)) this.#addExternal(item, spec, index);
      else await this.#add(item, spec, index);
    }
  }

  /** The gateway, whose Flow calls the services, and these; and what was a secret in their values. */
  services(listening: readonly Listening[]): Pick<ExportPlan, "gateway" | "executors" | "moved"> {
    const values = { jtype: "Flow", ...optional("with", this.#with), executors: this.#items };
    const drafts = [
      { name: "gateway", values, replicas: 1, isExclusive: false, listening },
      ...this.#executors,
    ];
    // The services share one environment.
    const taken = new Set(drafts.flatMap((draft) => variablesIn(yamlText(draft.values))));
    const moved: MovedSecret[] = [];
    const [gateway, ...executors] = drafts.map(({ values, ...rest }): Service => {
      const finder = new SecretFinder(rest.name, taken);
      const yaml = yamlText(finder.without(values));
      moved.push(...finder.moved.map((one) => ({ ...one, path: `${rest.name}: ${one.path}` })));
      return { ...rest, yaml, env: [...finder.variables].sort() };
    });
    return { gateway, executors, moved };
  }

  /** An Executor that somebody else runs stays where it is. */
  #addExternal(item: Mapping, { name, uses }: ExecutorSpec, index: number): void {
    const local = remoteAddresses(uses)?.find(({ authority }) => isLocal(hostOf(authority)));
    if (local !== undefined) {
      const message = `${local.url} is this machine, and a container would look for it in itself; ` +
        "expected an address that containers can reach";
      this.diagnostics.add(["executors", index, "uses" in item ? "uses" : "host"], message);
    }
    this.#items.push({ ...item, name });
  }

  /** The name of an Executor's service; `undefined` when there is none, which is then reported. */
  #hostName(item: Mapping, given: string, at: YamlPath): string | undefined {
    for (const key of ["name", "needs"].filter((key) => String(item[key] ?? "").includes("${{"))) {
      this.diagnostics.add([...at, key], `\`${key}\` cannot be exported with an expression; write it out`);
    }
    const name = dnsName(given);
    const taken = [...TAKEN, ...this.#executors.map((executor) => executor.name)];
    if (name !== undefined && !taken.includes(name)) return name;
    const why = name === undefined
      ? "has no letter or digit that a host name may begin with"
      : `becomes the host name "${name}", which is taken`;
    this.diagnostics.add([...at, ...("name" in item ? ["name"] : [])], `the name "${given}" ${why}`);
    return undefined;
  }

  async #add(item: Mapping, spec: ExecutorSpec, index: number): Promise<void> {
    const at = ["executors", index];
    const name = this.#hostName(item, spec.name, at);
    if (name === undefined) return;
    const [port] = EXECUTOR_PORTS;
    this.#items.push({ name: spec.name, uses: `grpc://${name}:${port.port}`, ...only(item, IN_GRAPH) });
    const { image, diagnostics, path } = this;
    const files = image.of(path, diagnostics);
    const uses = await files.uses(item, at, this.elsewhere);
    const modules = files.modules(item, at);
    const permissions = files.permissions(item.permissions, [...at, "permissions"]);
    const isExclusive = await files.isExclusive();
    const { replicas = 1, memory } = spec as { replicas?: number; memory?: number };
    if (isExclusive && replicas > 1) {
      const message = "`replicas` has to be 1 beside `static exclusive = true`, which allows one at a time";
      this.diagnostics.add([...at, "replicas"], message);
    }
    const executor = {
      ...{ name: spec.name, uses },
      ...without(item, NOT_IN_SERVICE),
      ...optional("permissions", permissions),
      ...(modules.length > 0 && { modules }),
    };
    const options = optional("with", without(this.#with, OF_GATEWAY));
    this.#executors.push({
      name,
      values: { jtype: "Flow", ...options, executors: [executor] },
      replicas,
      isExclusive,
      listening: EXECUTOR_PORTS,
      ...(memory !== undefined && { memory }),
    });
  }
}

function hostOf(authority: string): string {
  return authority.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

function without(mapping: Mapping, keys: readonly string[]): Mapping {
  return Object.fromEntries(Object.entries(mapping).filter(([key]) => !keys.includes(key)));
}

function only(mapping: Mapping, keys: readonly string[]): Mapping {
  return Object.fromEntries(Object.entries(mapping).filter(([key]) => keys.includes(key)));
}

/** A key with a mapping, left out when the mapping is empty. */
function optional(key: string, value: unknown): Mapping {
  return isMapping(value) && Object.keys(value).length > 0 ? { [key]: value } : {};
}
