/** The part of Standard Schema (https://standardschema.dev, version 1) that the library uses. @module */

/** A schema of any library that follows Standard Schema, such as zod, valibot and arktype. */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** The interface of the standard. */
  readonly "~standard": {
    /** The version of the standard. */
    readonly version: 1;
    /** The name of the library. */
    readonly vendor: string;
    /** Checks and transforms a value. */
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** The types of values before and after; only for the compiler. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** The outcome of a check: a value, or the issues of one that does not fit. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** Why a value does not fit a schema. */
export interface SchemaIssue {
  /** The message. */
  readonly message: string;
  /** The place in the value. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Whether a value is a schema. Those of some libraries are functions. */
export function isSchema(value: unknown): value is StandardSchema {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  const { "~standard": standard } = value as Partial<StandardSchema>;
  return typeof standard?.validate === "function" && standard.version === 1;
}
