import { type ErrorInfo, formatError } from "../errors/mod.ts";
import type { SwapKind, SwapRecord } from "../deployment/history.ts";
import { placeOfLoad } from "../log/event.ts";
import type { Logger } from "../log/logger.ts";
import type { FileChange } from "./_load_times.ts";
import type { DeploymentSource, LoadObserver } from "./deployment_source.ts";
import type { WatchedFiles } from "./watched_files.ts";

/** How many files a line lists at most: the checkout of a branch may change thousands. */
const MAX_FILES = 20;

/** Why a load is made. */
export interface LoadCause {
  /** The files that have changed. */
  readonly paths: ReadonlySet<string>;
  /** Whether the load was requested, so that it is made even when nothing has changed. */
  readonly isForced: boolean;
  /** Whether the load has to be made in new workers, whatever the deployment's options say. */
  readonly isFresh: boolean;
}

/** Logs what happens to the loads of one deployment, one record for each event, and reports it to the observer. */
export class LoadLog {
  /** How long before the load under way the newest file was written, in milliseconds, if that is known. */
  #eventMs?: number;
  #isAnnounced = false;

  constructor(
    private readonly source: DeploymentSource,
    private readonly files: WatchedFiles,
    private readonly flowLog: Logger,
    private readonly observer?: LoadObserver,
  ) {}

  /** Whether the observer was told of a load that has not ended. */
  get isAnnounced(): boolean {
    return this.#isAnnounced;
  }

  changed(cause: LoadCause): void {
    const { paths, isForced } = cause;
    const { yaml, deployment: { name } } = this.source;
    this.#eventMs = this.#sinceSave(paths);
    if (paths.size > 0) {
      this.#isAnnounced = true;
      this.observer?.changed(name, paths);
    }
    if (yaml !== undefined && paths.has(yaml)) {
      const change = `change in Executor configuration YAML ${yaml} observed`;
      this.flowLog.log("info", `${change}, restarting Executor deployment`, {
        kind: "changed",
        files: [yaml],
      });
    }
    const files = [...paths].filter((path) => path !== yaml);
    if (files.length === 0 && !isForced) return;
    const list = files.slice(0, MAX_FILES).map((path) => `'${path}'`).join(", ");
    const more = files.length > MAX_FILES ? `, and ${files.length - MAX_FILES} more` : "";
    const reason = files.length > 0 ? `detected changes in: [${list}${more}]` : "a reload was requested";
    this.#logger.log("info", `${reason}. Refreshing the Executor`, { kind: "changed", files });
  }

  /** A version serves. The first load has no cause, and is logged at level `debug`. */
  served(record: SwapRecord, cause: SwapKind, { paths, isForced }: LoadCause): void {
    const { version, ms, kept } = record;
    this.#report(record, paths);
    const level = paths.size === 0 && !isForced ? "debug" : "info";
    const event = { kind: "served", cause, files: [...paths], version, ms, ...(kept && { kept }) } as const;
    const line = `version ${version} serves after ${ms.toFixed(1)} ms${placeOfLoad(kept)}`;
    this.#logger.log(level, line, event);
  }

  /** The Executor's class may have another name than before. */
  renamed(before: string | undefined, now: string | undefined): void {
    if (before === undefined || now === undefined || before === now) return;
    this.#logger.info(`the Executor is called ${now} now, it was ${before}`);
  }

  /** The files are again as the serving version was loaded from. */
  reverted(): void {
    const { serving, name } = this.source.deployment;
    this.#isAnnounced = false;
    this.observer?.reverted(name);
    this.#logger.info(`the files are again as version ${serving?.number} was loaded from; it keeps serving`);
  }

  failed(error: ErrorInfo, { paths }: LoadCause, isFirst: boolean): void {
    const { serving, options, history } = this.source.deployment;
    const record = history.records.at(-1);
    if (record !== undefined) this.#report(record, paths);
    const outcome = isFirst
      ? `could not be loaded. ${options.remedy}`
      : serving === undefined
      ? "could not load the new version; nothing serves until the next good save"
      : `could not load the new version; version ${serving.number} keeps serving`;
    const event = { kind: "failed", files: [...paths], error, serving: serving?.number ?? null } as const;
    this.#logger.log("error", `${outcome}\n${formatError(error)}`, event);
  }

  /** The loads of the Executor write files, whose changes are ignored from now on. */
  stopped(changes: readonly FileChange[]): void {
    const files = changes.map(({ path }) => path).join(", ");
    const outcome = this.source.deployment.serving === undefined
      ? "nothing serves until the next good save"
      : "it keeps serving";
    this.#logger.warning(
      `each load of the Executor writes ${files}, which reloaded it again and again: these changes no longer reload ` +
        `it, and ${outcome}. ${this.#remedyFor(changes)}`,
    );
  }

  /** One file reloads the Executor again and again. */
  repeated(change: FileChange): void {
    this.#logger.warning(
      `${change.path} is written again and again, and each time reloads the Executor. In case the Executor itself ` +
        `writes it: ${this.#remedyFor([change])}`,
    );
  }

  #report(record: SwapRecord, paths: ReadonlySet<string>): void {
    const eventMs = this.#eventMs;
    this.#isAnnounced = false;
    const saved = { paths, ...(eventMs !== undefined && { eventMs }) };
    this.observer?.loaded(this.source.deployment.name, record, saved);
  }

  #sinceSave(paths: ReadonlySet<string>): number | undefined {
    const times = Array.from(paths, (path) => this.files.contents.changedAt(path)).filter((at) =>
      at !== undefined
    );
    return times.length === 0 ? undefined : Math.max(0, Date.now() - Math.max(...times));
  }

  get #logger(): Logger {
    return this.source.deployment.logger;
  }

  /** How to keep changes of files from reloading the Executor. Files that the options name cannot be ignored. */
  #remedyFor(changes: readonly FileChange[]): string {
    if (changes.some(({ isNamed }) => isNamed)) {
      return "Have it write another file: `ignore` cannot leave out what `uses` and `modules` name";
    }
    const patterns = changes.map(({ path }) => JSON.stringify(this.files.rules.patternOf(path)));
    return `To leave ${patterns.length === 1 ? "it" : "them"} out, set ignore: [${patterns.join(", ")}]`;
  }
}
