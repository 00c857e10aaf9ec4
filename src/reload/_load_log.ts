/** What is said of loads: one line each, with the same as data. @module */
import { type ErrorInfo, formatError } from "../errors/mod.ts";
import type { SwapKind, SwapRecord } from "../deployment/history.ts";
import type { Logger } from "../log/logger.ts";
import type { FileChange } from "./_loop_guard.ts";
import type { DeploymentSource } from "./deployment_source.ts";
import type { WatchedFiles } from "./watched_files.ts";

/** A branch that is checked out may change thousands. */
const MAX_FILES = 20;

/** Says which files have changed, or that somebody asked for it. */
export function announce(
  { deployment: { logger }, yaml }: DeploymentSource,
  log: Logger,
  paths: ReadonlySet<string>,
  asked: boolean,
): void {
  if (yaml !== undefined && paths.has(yaml)) {
    const change = `change in Executor configuration YAML ${yaml} observed`;
    log.log("info", `${change}, restarting Executor deployment`, { kind: "changed", files: [yaml] });
  }
  const files = [...paths].filter((path) => path !== yaml);
  if (files.length > 0) {
    const list = files.slice(0, MAX_FILES).map((path) => `'${path}'`).join(", ");
    const more = files.length > MAX_FILES ? `, and ${files.length - MAX_FILES} more` : "";
    logger.log("info", `detected changes in: [${list}${more}]. Refreshing the Executor`, {
      kind: "changed",
      files,
    });
  } else if (asked) {
    logger.log("info", "was asked to reload. Refreshing the Executor", { kind: "changed", files });
  }
}

/** Says that a version serves. The first load, which nothing brought about, is no news. */
export function tellServed(
  { deployment: { logger } }: DeploymentSource,
  { version, ms }: SwapRecord,
  cause: SwapKind,
  paths: ReadonlySet<string>,
  asked: boolean,
): void {
  const level = paths.size === 0 && !asked ? "debug" : "info";
  const event = { kind: "served", cause, files: [...paths], version, ms } as const;
  logger.log(level, `version ${version} serves after ${ms.toFixed(1)} ms`, event);
}

/** Says that the class of the Executor that serves has another name than the one before. */
export function tellName(
  { deployment: { logger, serving } }: DeploymentSource,
  before: string | undefined,
): void {
  const now = serving?.loaded?.className;
  if (before === undefined || now === undefined || before === now) return;
  logger.info(`the Executor is called ${now} now, it was ${before}`);
}

/** Says what is wrong, and what serves meanwhile. */
export function tellFailed(
  { deployment: { logger, serving, options } }: DeploymentSource,
  error: ErrorInfo,
  paths: ReadonlySet<string>,
  first: boolean,
): void {
  const now = first
    ? `could not be loaded. ${options.remedy}`
    : serving === undefined
    ? "could not load the new version; nothing serves until the next good save"
    : `could not load the new version; version ${serving.number} keeps serving`;
  const event = { kind: "failed", files: [...paths], error, serving: serving?.number ?? null } as const;
  logger.log("error", `${now}\n${formatError(error)}`, event);
}

/** Says that the Executor is no longer reloaded by files that its own loads write. */
export function tellLoop(
  managed: DeploymentSource,
  scope: WatchedFiles,
  changes: readonly FileChange[],
): void {
  const { logger, serving } = managed.deployment;
  const files = changes.map(({ path }) => path).join(", ");
  const now = serving === undefined ? "nothing serves until the next good save" : "it keeps serving";
  logger.warning(
    `each load of the Executor writes ${files}, which reloaded it again and again: these changes reload it no ` +
      `more, and ${now}. ${remedyFor(scope, changes)}`,
  );
}

/** Says that one file reloads the Executor again and again. */
export function tellRepeated(managed: DeploymentSource, scope: WatchedFiles, change: FileChange): void {
  managed.deployment.logger.warning(
    `${change.path} is written again and again, and each time reloads the Executor. In case the Executor itself ` +
      `writes it: ${remedyFor(scope, [change])}`,
  );
}

/** What keeps changes of files from reloading. What is named cannot be left out. */
function remedyFor(scope: WatchedFiles, changes: readonly FileChange[]): string {
  if (changes.some(({ isNamed }) => isNamed)) {
    return "Have it write another file: `ignore` cannot leave out what `uses` and `modules` name";
  }
  const patterns = changes.map(({ path }) => JSON.stringify(scope.patternOf(path)));
  return `To leave ${patterns.length === 1 ? "it" : "them"} out, set ignore: [${patterns.join(", ")}]`;
}
