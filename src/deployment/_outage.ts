import { formatError } from "../errors/mod.ts";
import type { History } from "./history.ts";
import type { Version } from "./version.ts";

/** Describes why a deployment cannot answer, and what brings it back. */
export function describeOutage(
  name: string,
  serving: Version | undefined,
  { lastError }: History,
  remedy: string,
): string {
  const stuck = serving?.stuck ?? -1;
  const why = stuck >= 0
    ? `${name}/rep-${stuck} does not yield`
    : lastError === undefined
    ? "no version of it is loaded"
    : formatError(lastError.info);
  return `${name} is down: ${why}\n${remedy}`;
}
