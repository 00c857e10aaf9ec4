import type { YamlPath } from "./yaml_values.ts";

/** Why a value is invalid: what is expected in its place, as a noun phrase, or what is wrong with a part of it. */
export type Violation = ({ readonly expected: string } | { readonly reason: string }) & {
  /** The path of the invalid part in the value; left out for the value itself. */
  readonly at?: YamlPath;
};

/** Checks a value; `undefined` when it is valid. */
export type Check = (value: unknown) => Violation | undefined;

/** Writes a violation as the end of an error message. */
export function reasonOf(violation: Violation): string {
  return "expected" in violation ? `expected ${violation.expected}` : violation.reason;
}

/** Makes a check of a predicate. */
export function expected(isValid: (value: unknown) => boolean, what: string): Check {
  return (value) => isValid(value) ? undefined : { expected: what };
}
