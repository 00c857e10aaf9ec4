import { type ErrorInfo, type FileHashes, LoadError } from "../errors/mod.ts";
import type { Logger } from "../log/logger.ts";
import type { ConfigTarget } from "../reload/reload_manager.ts";
import { readContent } from "../watch/content.ts";
import type { TopologyManager } from "./topology_manager.ts";
import { type FlowYaml, optionKey, readFlowYaml } from "../flow_yaml/read_flow_yaml.ts";
import { formatProblem, type Problem } from "../flow_yaml/flow_yaml.ts";

/** How many changes are remembered. */
const KEPT = 50;

/** One change of a Flow's YAML. */
export interface YamlRecord {
  readonly at: Date;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** What was changed; left out when it was not applied. */
  readonly changes?: readonly string[];
}

/** Keeps a Flow at what its YAML says. */
export class FlowYamlTarget implements ConfigTarget {
  /** What is wrong with the file now; the Flow serves what it said before. */
  lastError?: { readonly info: ErrorInfo; readonly problems: readonly Problem[]; readonly at: Date };
  /** The changes so far, the oldest first. */
  readonly history: YamlRecord[] = [];
  /** What was said of each option that cannot be applied. */
  #options: FlowYaml["options"];
  #reloadInFile: boolean;

  /**
   * @param yaml What the Flow was made of.
   * @param topologies What it is applied to.
   * @param log The Flow's log.
   */
  constructor(
    private readonly yaml: FlowYaml,
    private readonly topologies: TopologyManager,
    private readonly log: Logger,
  ) {
    this.#options = yaml.options;
    this.#reloadInFile = yaml.reloadInFile;
  }

  /** The file. */
  get path(): string {
    return this.yaml.path;
  }

  /** What was in it when the Flow was made of it. */
  get hash(): string | null {
    return this.yaml.hash;
  }

  /** Whether what it says now could not be applied. */
  get hasFailed(): boolean {
    return this.lastError !== undefined;
  }

  /** Reads and checks the file, and puts what it says in place: all of it or nothing. */
  async apply(changed: readonly string[], signal: AbortSignal, midway: () => boolean): Promise<FileHashes> {
    const startedAt = performance.now();
    const others = changed.filter((path) => path !== this.path);
    this.log.log(
      "info",
      others.length === changed.length
        ? `change in ${others.join(", ")} observed, applying Flow configuration YAML ${this.path} again`
        : `change in Flow configuration YAML ${this.path} observed, applying it`,
      { kind: "changed", files: changed },
    );
    const { yaml, problems, files } = await readFlowYaml(this.path, { ...this.yaml.overrides, reload: true });
    signal.throwIfAborted();
    if (yaml === undefined) {
      if (midway()) return [];
      const [{ message, place, snippet }] = problems;
      const info = {
        name: "ConfigError",
        message,
        stack: "",
        place,
        ...(snippet !== undefined && { snippet }),
      };
      this.#failed(startedAt, changed, problems.map(formatProblem).join("\n"), info, problems);
      return files.map((path) => [path, readContent(path).hash]);
    }
    try {
      const { builder, options } = yaml;
      const changes = await this.topologies.change(builder.executors, builder.graph(), signal);
      const late = yaml.reloadInFile === this.#reloadInFile || this.yaml.overrides.reload !== undefined
        ? []
        : ["reload"];
      this.#reloadInFile = yaml.reloadInFile;
      this.#applied(startedAt, changed, changes, [...late, ...this.#compare(options)]);
      return [];
    } catch (error) {
      if (!(error instanceof LoadError)) throw error;
      this.#failed(startedAt, changed, error.message, error.info, []);
      // What a load began to read and never finished is as it is now.
      return error.files.map(([path, hash]) => [path, hash ?? readContent(path).hash]);
    }
  }

  #applied(
    startedAt: number,
    files: readonly string[],
    changes: readonly string[],
    late: readonly string[],
  ): void {
    const ms = this.#record(startedAt, changes);
    const wasUnwell = this.hasFailed;
    this.lastError = undefined;
    for (const key of late) this.log.warning(`with.${key} has changed: restart the process to apply it`);
    if (late.length > 0 && changes.length === 0 && !wasUnwell) return;
    const news = changes.length > 0
      ? `applied after ${ms.toFixed(1)} ms: ${changes.join("; ")}`
      : wasUnwell
      ? "it says again what is served; nothing has changed"
      : "nothing that it says of the Executors has changed";
    this.log.log("info", news, { kind: "applied", files, changes, ms });
  }

  #failed(
    startedAt: number,
    files: readonly string[],
    message: string,
    info: ErrorInfo,
    problems: readonly Problem[],
  ): void {
    this.#record(startedAt);
    this.lastError = { info, problems, at: new Date() };
    const news = `could not apply ${this.path}; the Flow serves on as it was\n${message}`;
    this.log.log("error", news, { kind: "refused", files, error: info, details: message });
  }

  /** What has changed that only a new process would pick up. */
  #compare(options: FlowYaml["options"]): string[] {
    const { options: first, overrides: { givenOptions: given = [] } } = this.yaml;
    const keys = new Set([...Object.keys(this.#options), ...Object.keys(options)]) as Set<
      keyof typeof options
    >;
    const changed = [...keys].filter((key) =>
      options[key] !== this.#options[key] && options[key] !== first[key] && !given.includes(key)
    );
    this.#options = options;
    return changed.map((option) => optionKey(option));
  }

  #record(startedAt: number, changes?: readonly string[]): number {
    const ms = performance.now() - startedAt;
    this.history.push({ at: new Date(), ms, ...(changes !== undefined && { changes }) });
    if (this.history.length > KEPT) this.history.shift();
    return ms;
  }
}
