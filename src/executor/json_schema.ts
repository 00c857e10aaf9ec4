/** JSON Schemas of schemas, as far as their libraries give them. @module */
import type { StandardSchema } from "./standard_schema.ts";

/** A JSON Schema of draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Which side of a schema: what it takes, or what it gives. */
export type Side = "input" | "output";

type Convert = (options: object) => unknown;

/** A schema with the methods that some libraries have. */
interface Convertible {
  readonly "~standard": StandardSchema["~standard"] & {
    readonly jsonSchema?: Partial<Record<Side, Convert>>;
  };
  readonly toJSONSchema?: Convert;
  readonly toJsonSchema?: Convert;
}

/** The JSON Schema of a schema; `{}` for what cannot be expressed. */
export async function jsonSchemaOf(schema: StandardSchema, side: Side): Promise<JsonSchema> {
  const convertible = schema as Convertible;
  const { vendor } = convertible["~standard"];
  const target = "draft-2020-12";
  const ways: (() => unknown)[] = [
    () => convertible["~standard"].jsonSchema?.[side]?.({ target }),
    () => convertible.toJSONSchema?.({ io: side, unrepresentable: "any" }),
    // It describes what a schema of arktype takes.
    () => side === "input" ? convertible.toJsonSchema?.({ target }) : undefined,
  ];
  for (const way of ways) {
    const found = attempt(way);
    if (found !== undefined) return found;
  }
  const convert = vendor === "valibot" ? await converterOfValibot() : undefined;
  return attempt(() => convert?.(schema, optionsOfValibot(side))) ?? {};
}

/** What one way gives; nothing when the library cannot express the schema in this way. */
function attempt(way: () => unknown): JsonSchema | undefined {
  try {
    return plain(way());
  } catch {
    return undefined;
  }
}

/** An installed converter of valibot's schemas; no dependency of the library. */
async function converterOfValibot(): Promise<((schema: unknown, options: object) => unknown) | undefined> {
  const name: string = "@valibot/to-json-schema";
  try {
    // Deno does not map names in dynamic imports of a worker with hooks.
    return (await import(import.meta.resolve(name))).toJsonSchema;
  } catch {
    return undefined;
  }
}

/** Leaves out what cannot be expressed, such as a check; nothing is known of what a transformation gives. */
function optionsOfValibot(typeMode: Side): object {
  const overrideAction = (
    { valibotAction: { kind }, errors }: { valibotAction: { kind: string }; errors: unknown },
  ) => errors !== undefined && kind === "transformation" ? {} : undefined;
  return { typeMode, target: "draft-2020-12", errorMode: "ignore", overrideAction };
}

/** A copy that can be sent to another thread, without the name of the dialect. */
function plain(found: unknown): JsonSchema | undefined {
  if (typeof found !== "object" || found === null) return undefined;
  const { $schema: _, ...schema } = JSON.parse(JSON.stringify(found));
  return schema;
}
