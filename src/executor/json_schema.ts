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

/** The JSON Schema of a schema; `{}` when it cannot be expressed. */
export async function jsonSchemaOf(schema: StandardSchema, side: Side): Promise<JsonSchema> {
  const convertible = schema as Convertible;
  const { jsonSchema, vendor } = convertible["~standard"];
  const target = "draft-2020-12";
  const ways: (() => unknown)[] = [
    () => jsonSchema?.[side]?.({ target }),
    () => convertible.toJSONSchema?.({ io: side, unrepresentable: "any" }),
    // It describes what a schema of arktype takes.
    () => side === "input" ? convertible.toJsonSchema?.({ target }) : undefined,
    () => vendor === "valibot" ? ofValibot(schema, side) : undefined,
  ];
  for (const way of ways) {
    try {
      const found = plain(await way());
      if (found !== undefined) return found;
    } catch {
      // The library cannot express it in this way.
    }
  }
  return {};
}

/** An installed converter of valibot's schemas; no dependency of the library. */
async function ofValibot(schema: StandardSchema, typeMode: Side): Promise<unknown> {
  const name: string = "@valibot/to-json-schema";
  const { toJsonSchema } = await import(name);
  return toJsonSchema(schema, { typeMode, target: "draft-2020-12" });
}

/** A copy that can be sent to another thread, without the name of the dialect. */
function plain(found: unknown): JsonSchema | undefined {
  if (typeof found !== "object" || found === null) return undefined;
  const { $schema: _, ...schema } = JSON.parse(JSON.stringify(found));
  return schema;
}
