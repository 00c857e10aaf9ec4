/** `hotflow schema`. @module */
import { nearest } from "../errors/mod.ts";
import type { JsonSchema } from "../options/kinds.ts";
import { executorSchema, flowSchema, schemaText } from "../options/schema.ts";
import { write } from "../runtime/terminal.ts";
import type { Command } from "./command.ts";
import { didYouMean, EXIT, UsageError } from "./errors.ts";

const SCHEMAS: Readonly<Record<string, () => JsonSchema>> = { flow: flowSchema, executor: executorSchema };

/** `hotflow schema`. */
export const schema: Command = {
  usage: "[flow | executor]",
  summary: "print the JSON Schema of a Flow's YAML or an Executor's, for editors",
  more: [
    "It is the one of a Flow by default. An editor with YAML support completes and checks a file that begins with",
    "  # yaml-language-server: $schema=PATH",
    "PATH is node_modules/hotflow/schema/flow.schema.json, or a file that this command wrote.",
  ],
  options: {},
  examples: [
    ["hotflow schema flow", "the schema of a flow.yml"],
    ["hotflow schema executor", "the schema of an executor.yml"],
  ],
  run({ args: [name = "flow"] }) {
    if (!Object.hasOwn(SCHEMAS, name)) {
      const near = didYouMean(nearest(name, Object.keys(SCHEMAS)));
      throw new UsageError(`Cannot print the schema of "${name}": expected flow or executor${near}`);
    }
    write(schemaText(SCHEMAS[name]()));
    return Promise.resolve(EXIT.done);
  },
};
