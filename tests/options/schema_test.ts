/** The JSON Schemas accept the YAML files that hotflow accepts, and no others as far as a schema can tell. */
import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/yaml/parse";
import { Ajv } from "ajv";
import { checkExecutorYaml } from "../../src/executor/check_executor_yaml.ts";
import { checkFlowYaml } from "../../mod.ts";
import { executorSchema, flowSchema } from "../../src/options/schema.ts";
import { TempFolder } from "../support/temp_folder.ts";

// YAML has `.inf`.
const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictNumbers: false });
const isFlow = ajv.compile(flowSchema());
const isExecutor = ajv.compile(executorSchema());

const flow = (...lines: string[]) => `jtype: Flow\nexecutors:\n  - uses: a.ts\n${lines.join("\n")}\n`;
const item = (keys: string) => `jtype: Flow\nexecutors: [{ ${keys} }]\n`;

const GOOD_FLOWS = [
  flow(),
  flow("version: '1'", "with:"),
  flow("with: { port: 0, host: localhost, cors: true, body_limit: 10, timeout: .inf, stuck_after: 5000 }"),
  flow("with: { port: '${{ ENV.HOTFLOW_TEST_PORT }}', poll: 100, reload: true }"),
  flow("with: { poll: true }"),
  item("uses: a.ts, name: first, replicas: 2, reload: true, restart: false, uses_with: { a: [1] }"),
  item("uses: a.ts, reload: in-place"),
  item("uses: a.ts, uses_dynamic_batching: { /a: { preferred_batch_size: 2, timeout: 0.5 } }"),
  item("uses: a.ts, uses_dynamic_batching: { a: { preferred_batch_size: '${{ ENV.HOTFLOW_TEST_PORT }}' } }"),
  item("uses: { jtype: A, metas: { modules: a.ts }, dynamic_batching: { /a: { preferred_batch_size: 2 } } }"),
  flow("with: { reload: fresh }"),
  item("uses: a.ts, needs: gateway, modules: a.ts, ignore: data/, watch: [prompts/, .env]"),
  item("uses: a.ts, needs: [gateway], py_modules: [a.ts], modules:, uses_with:"),
  item("uses: { jtype: A, with: { a: 1 }, metas: { modules: a.ts, name: x } }"),
  "jtype: Flow\nexecutors: [{ uses: a.ts }, { method: needs_all }]\n",
];
const BAD_FLOWS = [
  "jtype: Flow\n",
  "executors: [{ uses: a.ts }]\n",
  "jtype: Flwo\nexecutors: [{ uses: a.ts }]\n",
  "jtype: Flow\nexecutors: []\n",
  "jtype: Flow\nexecutors: [a.ts]\n",
  flow("with: [1]"),
  item("uses: a.ts, uses_dynamic_batching: { /a: { preferred_batch_size: 0 } }"),
  item("uses: a.ts, uses_dynamic_batching: { /a: { timeout: 1 } }"),
  item("uses: a.ts, uses_dynamic_batching: { /a: { preferred_batch_size: 2, wait: 1 } }"),
  flow("with: { prt: 1 }"),
  flow("with: { port: 70000 }"),
  flow("with: { port: 1.5 }"),
  flow("with: { cors: 'yes' }"),
  flow("with: { timeout: -1 }"),
  flow("with: { host: '' }"),
  flow("with: { poll: 5 }"),
  flow("with: { reload: again }"),
  flow("metas: {}"),
  item("name: a"),
  item("uses: 5"),
  item("uses: a.ts, nmae: a"),
  item("uses: a.ts, name: gateway"),
  item("uses: a.ts, name: 1a"),
  item("uses: a.ts, replicas: 0"),
  item("uses: a.ts, needs: 5"),
  item("uses: a.ts, uses_with: [1]"),
  item("uses: a.ts, method: add_all"),
  item("uses: a.ts, watch: 5"),
  item("uses: a.ts, reload: inplace"),
  item("uses: a.ts, reload: 'true'"),
  item("uses: { with: {} }"),
  item("uses: { jtype: A, ignore: a }"),
];
const GOOD_EXECUTORS = [
  "jtype: A\n",
  "jtype: A\nversion: '1'\nwith: { a: 1 }\nmetas: { name: x, workspace: work, modules: a.ts }\n",
  "jtype: A\nwith: { name: '${{ root.metas.name }}' }\nmetas: { name: '${{ ENV.HOME }}', keywords: [a] }\nmodules: [a.ts]\n",
  "jtype: A\nwith:\nmetas: { ignore: '*.gen.ts', watch: [prompts/] }\nrequests: {}\n",
];
const BAD_EXECUTORS = [
  "with: {}\n",
  "jtype: 5\n",
  "jtype: Flow\n",
  "jtype: A\nwith: [1]\n",
  "jtype: A\nmetas: mine\n",
  "jtype: A\nmetas: { name: [a] }\n",
  "jtype: A\nmodules: [5]\n",
  "jtype: A\nmetas: { ignore: [a, 5] }\n",
  "jtype: A\nwatch: [a]\n",
];

async function withYaml(
  check: (path: string) => Promise<{ length: number }>,
  text: string,
): Promise<boolean> {
  await using folder = await TempFolder.make();
  await folder.write("a.ts", "export class A {}\n");
  return (await check(await folder.write("flow.yml", text))).length === 0;
}

const KINDS = [
  ["Flow", isFlow, checkFlowYaml, GOOD_FLOWS, BAD_FLOWS],
  [
    "Executor",
    isExecutor,
    async (path: string) => (await checkExecutorYaml(path)).problems,
    GOOD_EXECUTORS,
    BAD_EXECUTORS,
  ],
] as const;

for (const [name, isValid, check, good, bad] of KINDS) {
  Deno.test(`the schema of a ${name}'s YAML and hotflow itself accept and refuse the same`, async () => {
    Deno.env.set("HOTFLOW_TEST_PORT", "8080");
    for (const text of good) {
      assert(isValid(parse(text)), `${text}${ajv.errorsText(isValid.errors)}`);
      assert(await withYaml(check, text), text);
    }
    for (const text of bad) {
      assert(!isValid(parse(text)), text);
      assert(!await withYaml(check, text), text);
    }
  });
}

Deno.test("the schemas accept the YAML files of the examples", async () => {
  const read = async (path: string) =>
    parse(await Deno.readTextFile(new URL(`../../examples/${path}`, import.meta.url)));
  assertEquals([isFlow(await read("flow_yaml/flow.yml")), isFlow.errors], [true, null]);
  assertEquals([isExecutor(await read("restart_on_yaml/executor.yml")), isExecutor.errors], [true, null]);
});
