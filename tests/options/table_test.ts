/** An option that is added to the table of options is found everywhere. */
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import type { AddOptions, FlowOptions } from "../../src/options/options.ts";
import { parse } from "../../src/cli/parse.ts";
import { UsageError } from "../../src/cli/errors.ts";
import { helpFor } from "../../src/cli/help.ts";
import { optionsFrom, servingFlags } from "../../src/cli/serving_options.ts";
import { readFlowYaml } from "../../src/flow_yaml/read_flow_yaml.ts";
import * as kinds from "../../src/options/kinds.ts";
import { flowSchema } from "../../src/options/schema.ts";
import { checkAdd, settingsOf, splitLoad } from "../../src/options/settings.ts";
import { OPTIONS, type OptionTables, yamlKey } from "../../src/options/table.ts";
import { optionsTable } from "../../tools/write_options.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** The options there are, and one more of a Flow and of an Executor. */
const TABLES: OptionTables = {
  ...OPTIONS,
  flow: {
    ...OPTIONS.flow,
    queueLimit: {
      ...kinds.size,
      description: "how many requests may wait",
      default: 64,
      flags: [{ name: "queue-limit", value: "N" }],
    },
  },
  executor: {
    ...OPTIONS.executor,
    isEager: {
      ...kinds.flag,
      description: "load it first",
      default: true,
      flags: [{ name: "no-eager", sets: false, help: "load it in its turn" }],
    },
  },
};

const given = (options: object) => options as FlowOptions & AddOptions;

Deno.test("an option of the table is checked, and has its default", () => {
  const settings = (options: object) => Object(settingsOf(given(options), TABLES.flow)).queueLimit;
  assertEquals([settings({}), settings({ queueLimit: 3 })], [64, 3]);
  assertThrows(
    () => settings({ queueLimit: -1 }),
    RangeError,
    "Cannot make a Flow with queueLimit -1: expected a number from 0 up",
  );
  checkAdd(given({ uses: "a.ts", isEager: false }), TABLES.executor);
  assertThrows(
    () => checkAdd(given({ uses: "a.ts", isEager: 1 }), TABLES.executor),
    TypeError,
    "Cannot add an Executor with isEager 1: expected true or false",
  );
  assertEquals(splitLoad(given({ queueLimit: 3, replicas: 2 }), TABLES), {
    own: { queueLimit: 3 } as FlowOptions,
    overrides: { replicas: 2, givenOptions: ["queueLimit"] },
  });
  assertThrows(() => settingsOf(given({ queueLimit: 3 })), TypeError, 'the option "queueLimit"');
});

Deno.test("an option of the table has its key in YAML", async () => {
  await using folder = await TempFolder.make();
  await folder.write("a.ts", "export class A {}\n");
  const read = async (limit: unknown, eager: unknown) => {
    const text =
      `jtype: Flow\nwith: { queue_limit: ${limit} }\nexecutors: [{ uses: a.ts, is_eager: ${eager} }]\n`;
    return await readFlowYaml(await folder.write("flow.yml", text), {}, TABLES);
  };
  const { yaml, problems } = await read(5, false);
  assertEquals([problems, Object(yaml?.options).queueLimit], [[], 5]);
  assertEquals(Object(yaml?.builder.executors[0]).isEager, false);
  assertEquals((await read("no", "no")).problems.map(({ message }) => message), [
    '`with.queue_limit` has to be a number from 0 up, not "no"',
    '`executors[0].is_eager` has to be true or false, not "no"',
  ]);
  assertEquals([yamlKey("queueLimit"), yamlKey("loadTimeout")], ["queue_limit", "load_timeout"]);
});

Deno.test("an option of the table has its flag, with help", () => {
  const options = servingFlags(TABLES);
  const command = {
    usage: "[FILE]",
    summary: "",
    more: [],
    options,
    examples: [],
    run: () => Promise.resolve(0),
  };
  const from = (...args: string[]) => {
    const call = parse("serve", command, args, "1.2.3");
    return { ...optionsFrom(call, TABLES.flow), ...optionsFrom(call, TABLES.executor) };
  };
  assertEquals(from("a.ts"), {});
  assertEquals(from("--queue-limit", "3", "--no-eager", "--port=0", "--no-reload"), {
    queueLimit: 3,
    isEager: false,
    port: 0,
    reload: false,
  });
  assertThrows(
    () => from("--queue-limit", "many"),
    UsageError,
    "Cannot use --queue-limit many: expected a number from 0 up",
  );
  assertEquals(
    [["--reload", "in-place"], ["--reload=fresh"], ["--reload", "true"], ["--reload=false"]].map((args) =>
      from(...args)
    ),
    [{ reload: "in-place" }, { reload: "fresh" }, { reload: true }, { reload: false }],
  );
  const help = helpFor("serve", { ...command, examples: [["hotflow serve", ""]] });
  assertMatch(help, /^ {2}--queue-limit N +how many requests may wait$/m);
  assertMatch(help, /^ {2}--no-eager +load it in its turn$/m);
});

Deno.test("an option of the table is in the README's table and in the JSON Schema", () => {
  const row = (table: string, name: string) =>
    table.split("\n").find((line) => line.startsWith(`| \`${name}\``))?.split("|").map((cell) => cell.trim());
  assertEquals(row(optionsTable("flow", undefined, TABLES), "queueLimit"), [
    "",
    "`queueLimit`",
    "`queue_limit`",
    "`--queue-limit N`",
    "`64`",
    "how many requests may wait",
    "",
  ]);
  assertEquals(row(optionsTable("executor", undefined, TABLES), "isEager")?.[3], "`--no-eager`");
  // deno-lint-ignore no-explicit-any
  const { properties }: any = flowSchema(TABLES);
  assertEquals(properties.with.properties.queue_limit, {
    description: "how many requests may wait",
    default: 64,
    anyOf: [{ type: "number", minimum: 0 }, { $ref: "#/definitions/expression" }],
  });
  assertEquals(properties.executors.items.properties.is_eager.default, true);
});
