import { configError } from "../config/load_yaml.ts";
import { type ErrorInfo, type FileHashes, LoadError } from "../errors/mod.ts";
import type { Logger } from "../log/logger.ts";
import type { ConfigTarget } from "../reload/reload_manager.ts";
import { readContent } from "../watch/content.ts";
import { yamlKey } from "../options/table.ts";
import type { TopologyManager } from "./topology_manager.ts";
import type { FlowYamlChange } from "../live/status.ts";
import { type FlowYaml, readFlowYaml } from "../flow_yaml/read_flow_yaml.ts";
import { formatProblem, type Problem } from "../flow_yaml/flow_yaml.ts";

/** The number of changes in the history. */
const KEPT = 50;

/** Keeps a Flow as its YAML describes it. */
export class FlowYamlTarget implements ConfigTarget {
  readonly path: string;
  readonly hash: string | null;
  /** Why the file could not be applied; the Flow serves what it described before. */
  lastError?: {
    readonly info: ErrorInfo;
    readonly problems: readonly Problem[];
    /** All that the log said of it. */
    readonly details: string;
    readonly at: Date;
  };
  /** The changes so far, the oldest first. */
  readonly history: FlowYamlChange[] = [];
  /** The options in the file that need a restart of the process, as they were last. */
  #last: Pick<FlowYaml, "options" | "reloadInFile">;

  constructor(
    private readonly yaml: FlowYaml,
    private readonly topologies: TopologyManager,
    private readonly log: Logger,
    private readonly onChange: () => void = () => {},
  ) {
    this.#last = yaml;
    this.path = yaml.path;
    this.hash = yaml.hash;
  }

  /** Whether the file could not be applied. */
  get hasFailed(): boolean {
    return this.lastError !== undefined;
  }

  /** Reads and checks the file, and applies it as a whole or not at all. */
  async apply(
    changed: readonly string[],
    signal: AbortSignal,
    isBeingWritten: () => boolean,
  ): Promise<FileHashes> {
    const startedAt = performance.now();
    this.#announce(changed);
    const { overrides, reload } = this.yaml;
    const { yaml, problems, files } = await readFlowYaml(this.path, { ...overrides, reload });
    signal.throwIfAborted();
    if (yaml === undefined) {
      if (isBeingWritten()) return [];
      const details = problems.map(formatProblem).join("\n");
      this.#failed(startedAt, changed, details, configError(problems.slice(0, 1)).info, problems);
      return files.map((path) => [path, readContent(path).hash]);
    }
    try {
      const changes = await this.topologies.change(yaml.builder.executors, yaml.builder.graph(), signal);
      this.#applied(startedAt, changed, changes, this.#changedOptions(yaml));
      return [];
    } catch (error) {
      if (!(error instanceof LoadError)) throw error;
      this.#failed(startedAt, changed, error.message, error.info, []);
      // A file that a load could not finish reading is taken as it is now.
      return error.files.map(([path, hash]) => [path, hash ?? readContent(path).hash]);
    }
  }

  #announce(changed: readonly string[]): void {
    const message = changed.includes(this.path)
      ? `change in Flow configuration YAML ${this.path} observed, applying it`
      : `change in ${changed.join(", ")} observed, applying Flow configuration YAML ${this.path} again`;
    this.log.log("info", message, { kind: "changed", files: changed });
  }

  #applied(
    startedAt: number,
    files: readonly string[],
    changes: readonly string[],
    changedOptions: readonly string[],
  ): void {
    const ms = this.#record(startedAt, changes);
    const hadFailed = this.hasFailed;
    this.lastError = undefined;
    for (const key of changedOptions) {
      this.log.warning(`with.${key} has changed: restart the process to apply it`);
    }
    if (changedOptions.length > 0 && changes.length === 0 && !hadFailed) return;
    const message = changes.length > 0
      ? `applied after ${ms.toFixed(1)} ms: ${changes.join("; ")}`
      : hadFailed
      ? "it describes again what is served; nothing has changed"
      : "no Executor in it has changed";
    this.log.log("info", message, { kind: "applied", files, changes, ms });
  }

  #failed(
    startedAt: number,
    files: readonly string[],
    details: string,
    error: ErrorInfo,
    problems: readonly Problem[],
  ): void {
    this.#record(startedAt);
    // Many files can be what would fix it: while they are saved, and fix nothing, the reason is the same.
    const isRepeated = !files.includes(this.path) && this.lastError?.details === details;
    this.lastError = { info: error, problems, details, at: new Date() };
    const message = isRepeated
      ? `could not apply ${this.path} for the same reason; the Flow keeps serving as before`
      : `could not apply ${this.path}; the Flow keeps serving as before\n${details}`;
    this.log.log("error", message, { kind: "refused", files, error, details });
  }

  /** The keys of the options that have changed since the last time, unless back to what is served, or overridden. */
  #changedOptions({ options, reloadInFile }: FlowYaml): string[] {
    const { options: served, overrides: { givenOptions = [], reload } } = this.yaml;
    const { options: last, reloadInFile: lastReload } = this.#last;
    const names = new Set([...Object.keys(last), ...Object.keys(options)]) as Set<keyof typeof options>;
    // A list is another one each time that the file is read.
    const isSame = (a: unknown, b: unknown) => String(a) === String(b);
    const changed = [...names].filter((name) =>
      !isSame(options[name], last[name]) && !isSame(options[name], served[name]) &&
      !givenOptions.includes(name)
    );
    const hasReloadChanged = reload === undefined && reloadInFile !== lastReload;
    this.#last = { options, reloadInFile };
    return [...(hasReloadChanged ? ["reload"] : []), ...changed.map(yamlKey)];
  }

  #record(startedAt: number, changes?: readonly string[]): number {
    const ms = performance.now() - startedAt;
    this.history.push({ at: new Date(), ms, ...(changes !== undefined && { changes }) });
    if (this.history.length > KEPT) this.history.shift();
    this.onChange();
    return ms;
  }
}
