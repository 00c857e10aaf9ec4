/** The part of Standard Schema (https://standardschema.dev, version 1) that the library uses. @module */
import type { Document } from "../document/document.ts";

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

/** The type of what a schema takes. */
export type SchemaInput<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["input"];

/** The type of what a schema gives. */
export type SchemaOutput<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["output"];

/**
 * A document of an endpoint with a schema: what the schema gives, with the document's id.
 *
 * @example
 * ```ts
 * import { Executor, requests, type Typed } from "@hotflow/hotflow";
 * import { z } from "zod";
 *
 * const product = z.object({ price: z.number() });
 *
 * class Shop extends Executor {
 *   @requests({ on: "/tax", input: product })
 *   tax(docs: Typed<typeof product>[]) {
 *     for (const doc of docs) doc.price *= 1.2;
 *   }
 * }
 * ```
 */
export type Typed<S extends StandardSchema> = SchemaOutput<S> & { id: string };

/**
 * A type with `string` in place of literals such as `"good"`, and so on: the compiler infers such types for what a method
 * returns.
 */
export type Widened<T> = 0 extends 1 & T ? T
  : T extends string ? string
  : T extends number ? number
  : T extends boolean ? boolean
  : T extends (...args: never) => unknown ? T
  : T extends readonly unknown[] ? readonly Widened<T[number]>[]
  : T extends object ? { readonly [K in keyof T]: Widened<T[K]> }
  : T;

/**
 * A document that a handler with `output` answers with: a Document, or what the schema takes, with or without an id.
 * Literals are not compared.
 */
export type TypedAnswer<S extends StandardSchema> =
  | Document
  | (Widened<SchemaInput<S>> & { readonly id?: string | undefined });

/** What a handler with `output` may return: as `HandlerResult`, with documents that the schema takes. */
export type TypedResult<S extends StandardSchema> =
  | void
  | undefined
  | readonly TypedAnswer<S>[]
  | object & { readonly [K in "then" | typeof Symbol.iterator | typeof Symbol.asyncIterator]?: never }
  | AsyncIterable<TypedAnswer<S>>
  | Generator<TypedAnswer<S>, void | Record<string, unknown>, undefined>;

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
