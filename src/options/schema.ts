/** The JSON Schemas of a Flow's YAML and of an Executor's, for editors. @module */
import type { ExecutorKey, MetaKey } from "../executor/executor_yaml.ts";
import { batching, ignore, type JsonSchema, watch } from "./kinds.ts";
import { byYamlKey, OPTIONS, type OptionTable, type OptionTables } from "./table.ts";

const DRAFT = "http://json-schema.org/draft-07/schema#";

/** The value of `${{ ENV.NAME }}` may have any type. */
const EXPRESSION = { type: "string", pattern: "\\$\\{\\{.*\\}\\}" };
const orExpression = (schema: JsonSchema): JsonSchema => ({
  anyOf: [schema, { $ref: "#/definitions/expression" }],
});

const MAPPING = { type: ["object", "null"] };
const PATHS = { type: ["string", "array", "null"], items: { type: "string" } };
const MODULES = {
  modules: { description: "modules to search for the class, relative to this YAML", ...PATHS },
  py_modules: { description: "the same as `modules`", ...PATHS },
};

const METAS: Readonly<Record<MetaKey, JsonSchema>> = {
  name: { description: "a name, which the Executor reads as `this.metas.name`", type: ["string", "null"] },
  description: { description: "a description, for readers" },
  workspace: {
    description: "the folder for the Executor's files, relative to this YAML",
    type: ["string", "null"],
  },
  ...MODULES,
  ignore: { description: OPTIONS.executor.ignore.description, ...orNull(ignore.schema) },
  watch: { description: OPTIONS.executor.watch.description, ...orNull(watch.schema) },
};

const BATCHING = orExpression(batching.schema ?? {});

const EXECUTOR_KEYS: Readonly<Record<ExecutorKey, JsonSchema>> = {
  jtype: { description: "the name of the Executor's class", type: "string", not: { const: "Flow" } },
  with: { description: "constructor arguments", ...orExpression(MAPPING) },
  metas: { description: "how the Executor is found and watched", ...MAPPING, properties: METAS },
  ...MODULES,
  uses_dynamic_batching: { description: OPTIONS.executor.usesDynamicBatching.description, ...BATCHING },
  dynamic_batching: { description: "the same as `uses_dynamic_batching`", ...BATCHING },
  version: { description: "ignored" },
};

/** Other keys are allowed: an Executor's YAML of Jina has more. */
const EXECUTOR = {
  type: "object",
  required: ["jtype"],
  properties: EXECUTOR_KEYS,
  not: { anyOf: [{ required: ["ignore"] }, { required: ["watch"] }] },
};

/** The JSON Schema of an Executor's YAML. */
export function executorSchema(): JsonSchema {
  return {
    $schema: DRAFT,
    title: "An Executor of hotflow",
    ...EXECUTOR,
    definitions: { expression: EXPRESSION },
  };
}

/** The JSON Schema of a Flow's YAML. */
export function flowSchema({ flow, load, executor, yamlOnly }: OptionTables = OPTIONS): JsonSchema {
  return {
    $schema: DRAFT,
    title: "A Flow of hotflow",
    type: "object",
    required: ["jtype", "executors"],
    additionalProperties: false,
    properties: {
      jtype: { const: "Flow" },
      version: { description: "ignored" },
      with: {
        description: "options of the Flow",
        ...MAPPING,
        additionalProperties: false,
        properties: propertiesOf(flow, load),
      },
      executors: {
        description:
          "the Executors, in order; each gets the documents of the one before, or of those in `needs`",
        type: "array",
        minItems: 1,
        items: {
          type: "object",
          additionalProperties: false,
          anyOf: [{ required: ["uses"] }, { required: ["method"] }, { required: ["external"] }],
          properties: propertiesOf(executor, yamlOnly),
        },
      },
    },
    definitions: { executor: EXECUTOR, expression: EXPRESSION },
  };
}

function propertiesOf(...tables: readonly OptionTable[]): JsonSchema {
  const rows = [...byYamlKey(...tables)];
  return Object.fromEntries(rows.map(([key, [, { description, default: value, schema = {} }]]) => {
    const hasDefault = value !== undefined && value !== Infinity;
    return [key, { description, ...(hasDefault && { default: value }), ...orExpression(schema) }];
  }));
}

function orNull(schema: JsonSchema = {}): JsonSchema {
  return { anyOf: [...schema.anyOf as JsonSchema[], { type: "null" }] };
}

/** Writes a schema as the text of its file. */
export function schemaText(schema: JsonSchema): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
