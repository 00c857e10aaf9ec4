/** What is said of loads: one line each, with the same as data. @module */
import { type ErrorInfo, formatError } from "../errors/mod.ts";
import type { SwapKind, SwapRecord } from "../deployment/history.ts";
import type { Logger } from "../log/logger.ts";
import type { Managed } from "./managed.ts";

/** A branch that is checked out may change thousands. */
const MOST_FILES = 20;

/** Says which files have changed, or that somebody asked for it. */
export function announce(
  { deployment: { logger }, yaml }: Managed,
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
    const list = files.slice(0, MOST_FILES).map((path) => `'${path}'`).join(", ");
    const more = files.length > MOST_FILES ? `, and ${files.length - MOST_FILES} more` : "";
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
  { deployment: { logger } }: Managed,
  { version, ms }: SwapRecord,
  cause: SwapKind,
  paths: ReadonlySet<string>,
  asked: boolean,
): void {
  const level = paths.size === 0 && !asked ? "debug" : "info";
  const event = { kind: "served", cause, files: [...paths], version, ms } as const;
  logger.log(level, `version ${version} serves after ${ms.toFixed(1)} ms`, event);
}

/** Says what is wrong, and what serves meanwhile. */
export function tellFailed(
  { deployment: { logger, serving, options } }: Managed,
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
