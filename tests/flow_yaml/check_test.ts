/** What is said of a Flow's YAML that is not right: each mistake with its path, line, column, value, and what is wanted. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { checkFlowYaml, Flow, FlowYamlError } from "../../mod.ts";
import { TempFolder } from "../support/temp_folder.ts";

const KEYS =
  "uses, name, needs, uses_with, uses_dynamic_batching, modules, py_modules, replicas, reload, isolation, memory, permissions, env, restart, ignore, watch, method, external";
const WITH =
  "port, protocol, host, cors, page, body_limit, timeout, load_timeout, handover_timeout, exclusive_timeout, stuck_after, close_timeout, poll, reload";
const USES =
  'a module such as "./my_executor.ts", an Executor\'s YAML, the name of a class, or `{ jtype: … }`';
const NAME = 'a name other than "gateway", of letters, digits, "_" and "-", a letter first';
const NEEDS = 'the name of an Executor, a list of names, or "gateway"';
const SUBSTITUTE = "expected `${{ ENV.NAME }}` for an environment variable or `${{ root.path.to[0].value }}`";
const jinas = (path: string) => `\`${path}\` is a key of Jina for Python, which has no meaning here:`;

/** A folder with an Executor, and one with YAML files that are right and wrong. */
async function folderWith(flow: string): Promise<TempFolder> {
  const folder = await TempFolder.make();
  await folder.write("a.ts", "export class A {}\n");
  await folder.write("good.yml", "jtype: A\nmetas: { modules: [a.ts] }\n");
  await folder.write("bad.yml", "jtype: A\nwiht: { a: 1 }\n");
  await folder.write("worse.yml", "jtype: A\nwiht: { a: 1 }\nmetas:\n  nme: x\n  modules: [gone.ts]\n");
  await folder.write("none.yml", "jtype: B\nmetas: { modules: [a.ts] }\n");
  await folder.write("notes.txt", "no module\n");
  await folder.write("far.yml", "jtype: A\nmodules: far.ts\n");
  await folder.write("flow.yml", flow);
  return folder;
}

/** What is said of it: path, place and message of each problem, the folder written as `…`. */
async function said(flow: string): Promise<string[]> {
  await using folder = await folderWith(flow);
  const problems = await checkFlowYaml(folder.at("flow.yml"));
  return problems.map(({ path, message, place: { file, line, column } }) => {
    const at = file.slice(folder.path.length + 1);
    return `${at === "flow.yml" ? "" : `${at} `}${path} ${line}:${column} ${
      message.replaceAll(folder.path, "…")
    }`;
  });
}

/** A Flow with a right Executor, and lines after it. */
const withLines = (...lines: string[]) => `jtype: Flow\nexecutors:\n  - uses: a.ts\n${lines.join("\n")}\n`;
/** A Flow of Executors, one a line. */
const executors = (...items: string[]) =>
  `jtype: Flow\nexecutors:\n${items.map((item) => `  - ${item}\n`).join("")}`;

const BROKEN: Record<string, readonly [flow: string, ...said: string[]]> = {
  "it is empty": [
    "# nothing\n",
    " 1:1 the file is empty; expected a mapping with `jtype: Flow` and `executors`",
  ],
  "it is a list": ["- a\n", ' 1:1 the file is ["a"]; expected a mapping with `jtype: Flow` and `executors`'],
  "it is not YAML": [
    "jtype: Flow\nexecutors: [\n",
    " 2:13 unexpected end of the stream within a flow collection",
  ],
  "it is indented by a tab": [
    "jtype: Flow\nexecutors:\n\t- uses: a.ts\n",
    " 3:1 indentation by a tab is not YAML; use spaces",
  ],
  "a key is there twice": [
    "jtype: Flow\nexecutors:\n  - uses: a.ts\n    name: x\n    name: y\n    replica: 3\n",
    " 5:5 the key `name` is here twice; expected each key once",
    `executors[0].replica 6:5 unknown key \`executors[0].replica\`; did you mean \`replicas\`? (known: ${KEYS})`,
  ],
  "it begins with a tag": [
    "!Flow\njtype: Flow\nexecutors:\n  - uses: a.ts\n",
    " 1:1 tags are not supported: `jtype` names the type, as in `jtype: Flow`",
  ],
  "there is a second document": [
    withLines("---", "jtype: Flow"),
    " 4:1 a second document begins here; expected only one",
  ],
  "jtype is missing": ["executors:\n  - uses: a.ts\n", " 1:1 `jtype` is missing; expected `jtype: Flow`"],
  "jtype is another": [
    "jtype: Deployment\nexecutors: [{ uses: a.ts }]\n",
    'jtype 1:1 `jtype` has to be Flow, not "Deployment"',
  ],
  "executors is missing": [
    "jtype: Flow\n",
    " 1:1 `executors` is missing; expected a list of Executors, each with `uses`",
  ],
  "executors is mistyped": [
    "jtype: Flow\nexecuters:\n  - uses: a.ts\n",
    "executers 2:1 unknown key `executers`; did you mean `executors`? (known: jtype, with, executors, version)",
  ],
  "executors is empty": [
    "jtype: Flow\nexecutors: []\n",
    "executors 2:1 `executors` is []; expected a list of Executors, each with `uses`",
  ],
  "an Executor is no mapping": [
    executors("a.ts"),
    'executors[0] 3:5 an Executor has to be a mapping with `uses`, not "a.ts"',
  ],
  "options are wrong": [
    withLines("with:", "  port: 70000", "  cors: yes", "  timeout: -1", "  host:", "  body_limit: $LIMIT"),
    "with.port 5:3 `with.port` has to be a whole number from 0 to 65535 (0 picks a free port), not 70000",
    'with.cors 6:3 `with.cors` has to be true or false, not "yes"',
    "with.timeout 7:3 `with.timeout` has to be milliseconds from 0 to 2147483647, or .inf for no limit, not -1",
    "with.host 8:3 `with.host` has to be an address, such as 127.0.0.1, not null",
    'with.body_limit 9:3 `with.body_limit` has to be a number from 0 up, not "$LIMIT"; ' +
    "an environment variable is written `${{ ENV.NAME }}`",
  ],
  "ports and protocols are wrong": [
    withLines("with:", "  port: [1, 70000]", "  protocol: [grpc, GRPC]"),
    "with.port 5:3 `with.port` has to be a whole number from 0 to 65535 (0 picks a free port), not [1,70000]",
    "with.protocol 6:3 `with.protocol`: GRPC is in the list twice",
  ],
  "there is not one port for each protocol": [
    withLines("with:", "  port: 1", "  protocol: [http, GRPC]"),
    'with.port 5:3 port 1 and protocol ["http","GRPC"]: ' +
    "expected one port for each protocol, such as port: [12345, 12346]",
  ],
  "the protocol is another one": [
    withLines("with:", "  protocol: websocket"),
    "with.protocol 5:3 `with.protocol`: WebSocket is served with HTTP, on the same port; " +
    'expected "http" or "grpc", or a list of both',
  ],
  "an option is mistyped": [
    withLines("with:", "  tiemout: 5"),
    `with.tiemout 5:3 unknown key \`with.tiemout\`; did you mean \`timeout\`? (known: ${WITH})`,
  ],
  "with is a list": [
    withLines("with: [1]"),
    "with 4:1 `with` has to be a mapping, such as { port: 12345 }, not [1]",
  ],
  "uses is missing": [executors("name: a"), `executors[0] 3:5 \`uses\` is missing; expected ${USES}`],
  "uses is a number": [
    executors("uses: 5"),
    `executors[0].uses 3:5 \`executors[0].uses\` has to be ${USES}, not 5`,
  ],
  "uses is not there": [
    executors("uses: ./b.ts", "uses: sub/x.ts#A", "uses: ./"),
    'executors[0].uses 3:5 …/b.ts does not exist; did you mean "./a.ts"?',
    "executors[1].uses 4:5 …/sub/x.ts does not exist, and neither does its folder",
    "executors[2].uses 5:5 … is a folder; expected a module in it",
  ],
  "uses names a class that nobody imported": [
    executors("uses: NoSuchExecutorAnywhere"),
    'executors[0].uses 3:5 Cannot use "NoSuchExecutorAnywhere": no Executor class of that name was imported ' +
    '(known: none). Name a file by its path, such as "./my_executor.ts"',
  ],
  "uses is Python's": [
    executors("uses: executor.py", "uses: jinaai://jina-ai/Indexer", "uses: docker://indexer"),
    "executors[0].uses 3:5 cannot run `uses: executor.py`: this is Python; " +
    "name a module in TypeScript or JavaScript",
    "executors[1].uses 4:5 cannot run `uses: jinaai://jina-ai/Indexer`: hotflow has no hub; name a module of yours",
    "executors[2].uses 5:5 cannot run `uses: docker://indexer`: " +
    "hotflow runs no containers; name a module of yours",
  ],
  "an Executor's YAML is wrong": [
    executors("uses: bad.yml", "uses: far.yml", "uses: good.yml"),
    "bad.yml executors[0].uses 2:1 unknown key `wiht`; did you mean `with`?",
    'far.yml executors[1].uses 2:1 …/far.ts does not exist; did you mean "./a.ts"?',
  ],
  "an Executor that is said inline is wrong": [
    executors(
      "uses: { with: {} }",
      "uses:\n      jtype: A\n      py_modules: [a.py]\n      metas: { nam: x }",
    ),
    "executors[0].uses 3:5 `jtype` is missing; expected `jtype: <the Executor's class>`",
    "executors[1].uses.py_modules[0] 6:20 a.py: this is Python; name a module in TypeScript or JavaScript",
    "executors[1].uses.metas.nam 7:16 unknown key `metas.nam`; did you mean `name`?",
  ],
  "names are wrong": [
    executors("{ uses: a.ts, name: gateway }", "{ uses: a.ts, name: 1a }"),
    `executors[0].name 3:19 \`executors[0].name\` has to be ${NAME}, not "gateway"`,
    `executors[1].name 4:19 \`executors[1].name\` has to be ${NAME}, not "1a"`,
  ],
  "much is wrong below uses": [
    executors("uses: { jtpe: A, wiht: 3, metas: { modules: [nope.ts, 4], nme: x } }", "uses: worse.yml"),
    "executors[0].uses.jtpe 3:13 unknown key `jtpe`; did you mean `jtype`?",
    "executors[0].uses.wiht 3:22 unknown key `wiht`; did you mean `with`?",
    "executors[0].uses.metas.modules[0] 3:50 …/nope.ts does not exist",
    "executors[0].uses.metas.modules[1] 3:59 `metas.modules[1]` has to be a path, not 4",
    "executors[0].uses.metas.nme 3:63 unknown key `metas.nme`; did you mean `name`?",
    "worse.yml executors[1].uses 2:1 unknown key `wiht`; did you mean `with`?",
    "worse.yml executors[1].uses 4:3 unknown key `metas.nme`; did you mean `name`?",
    "worse.yml executors[1].uses 5:13 …/gone.ts does not exist",
  ],
  "uses can never be served": [
    executors(
      "uses: flow.yml",
      "uses: a.ts#B",
      "uses: notes.txt",
      "uses: { jtype: Aa, modules: a.ts }",
      "uses: none.yml",
    ),
    "executors[1].uses 4:5 there is no class B; did you mean A? (in its modules: only A)",
    "executors[2].uses 5:5 …/notes.txt is not a module (.ts, .tsx, .mts, .js, .jsx, .mjs) or YAML (.yml, .yaml)",
    "executors[3].uses.jtype 6:13 there is no class Aa; did you mean A? (in its modules: only A)",
    "executors[0].uses 1:1 this describes a whole Flow; expected the YAML of one Executor",
    "none.yml executors[4].uses 1:1 there is no class B; did you mean A? (in its modules: only A)",
  ],
  "watch and modules are wrong": [
    executors(
      "{ uses: a.ts, watch: 5 }",
      "{ uses: a.ts, watch: [prompts/, ./a.txt] }",
      "{ uses: a.ts, modules: notes.txt, wacth: a }",
      "{ uses: A, modules: [a.ts, ./gone.txt] }",
      "{ uses: { jtype: A, modules: [a.ts, notes.txt] } }",
      "{ uses: { jtype: A, modules: a.ts, metas: { watch: [''] } } }",
    ),
    'executors[0].watch 3:19 `executors[0].watch` has to be a pattern or a list of patterns, such as ["prompts/", "*.txt"], not 5',
    'executors[1].watch 4:19 `executors[1].watch`: invalid pattern "./a.txt": a path begins with "/", which is ' +
    'the Executor\'s folder: "/a.txt"',
    "executors[2].modules 5:19 notes.txt is not a module (.ts, .tsx, .mts, .js, .jsx, .mjs); list files that the " +
    "Executor reads itself in `watch`",
    "executors[2].wacth 5:39 unknown key `executors[2].wacth`; did you mean `watch`? " +
    `(known: ${KEYS})`,
    "executors[3].modules[1] 6:32 ./gone.txt is not a module (.ts, .tsx, .mts, .js, .jsx, .mjs); list files that the " +
    "Executor reads itself in `watch`",
    "executors[4].uses.modules[1] 7:41 notes.txt is not a module (.ts, .tsx, .mts, .js, .jsx, .mjs); list files that the " +
    "Executor reads itself in `watch`",
    'executors[5].uses.metas.watch 8:49 `metas.watch`: invalid pattern "": it is empty',
  ],
  "it has keys of Jina that mean something else here": [
    withLines("metas: {}", "with: { name: x, uses: G }").replace(
      "- uses: a.ts",
      "- { uses: a.ts, host_in: b }",
    ),
    `executors[0].host_in 3:19 ${jinas("executors[0].host_in")} for an Executor that runs elsewhere, ` +
    "write `external: true` with its `host` and `port`",
    `metas 4:1 ${jinas("metas")} they belong to an Executor: write them into its YAML, ` +
    "or into `uses: { jtype: …, metas: … }`",
    `with.name 5:9 ${jinas("with.name")} a Flow has no name; delete it`,
    `with.uses 5:18 ${jinas("with.uses")} the gateway is always hotflow's own; delete it`,
  ],
  "an Executor elsewhere has what it cannot have, or no address": [
    executors(
      "{ external: true }",
      "{ external: true, port: 1, uses: a.ts }",
      "{ uses: 'grpc://a:1', reload: true, replicas: 2 }",
      "{ uses: 'grpc://a:1', port: 2 }",
      "{ uses: 'grpc://a' }",
      "{ external: true, host: [a, b], port: [1, 2, 3] }",
      "{ external: true, host: [a, b], port: 0 }",
      "{ uses: ['grpc://a:1', a.ts] }",
    ),
    "executors[0] 3:5 `port` is missing; expected the port of the Executor, such as 54321",
    "executors[1].uses 4:32 an Executor with `external: true` runs elsewhere: delete `uses`, or `external`",
    "executors[2].reload 5:27 `executors[2].reload`: the Executor runs elsewhere, where its own server is configured; remove `reload`",
    "executors[2].replicas 5:41 `executors[2].replicas`: the Executor runs elsewhere, where its own server is configured; " +
    "list the addresses of its replicas in `uses`",
    "executors[3].port 6:27 `executors[3].port`: `uses` has the address already; delete `port`",
    'executors[4].uses 7:7 Cannot use "grpc://a": expected "grpc://HOST:PORT" or "grpcs://HOST:PORT", ' +
    'such as "grpc://10.0.0.5:54321"',
    "executors[5].port 8:37 `executors[5].port`: 3 ports for 2 hosts; expected one, or one for each",
    "executors[6].port 9:37 `executors[6].port` has to be a port from 1 to 65535, or a list, not 0",
    'executors[7].uses 10:7 Cannot use "a.ts": expected "grpc://HOST:PORT" or "grpcs://HOST:PORT", ' +
    'such as "grpc://10.0.0.5:54321"',
  ],
  "an alias has no anchor": ["jtype: Flow\nexecutors:\n  - *nope\n", ' 3:5 unidentified alias "nope"'],
  "what is merged is no mapping": [
    executors("{ uses: a.ts, <<: 5 }"),
    " 3:25 `<<` merges a mapping, or a list of mappings",
  ],
  "jtype is mistyped": [
    "jtype: Flwo\nexecutors: [{ uses: a.ts }]\n",
    'jtype 1:1 `jtype` has to be Flow, not "Flwo"; did you mean Flow?',
  ],
  "a name is given twice": [
    executors("{ uses: a.ts, name: x }", "{ uses: a.ts, name: x }"),
    'executors[1].name 4:19 the name "x" is used twice: by Executor 1 and Executor 2 of 2; names must be unique in a Flow',
  ],
  "a name is given three times, and more is wrong": [
    executors(
      "{ uses: a.ts, name: x }",
      "{ uses: a.ts, name: x, needs: nope }",
      "{ uses: a.ts, name: x, needs: x }",
      "{ uses: a.ts, name: y, needs: z }",
      "{ uses: a.ts, name: z, needs: y }",
    ),
    'executors[1].name 4:19 the name "x" is used twice: by Executor 1 and Executor 2 of 5; names must be unique in a Flow',
    'executors[1].needs 4:28 x needs "nope", which is not in the Flow: nope? -> x (known: gateway, y, z)',
    'executors[2].name 5:19 the name "x" is used twice: by Executor 1 and Executor 3 of 5; names must be unique in a Flow',
    "executors[3].needs 6:28 y needs itself: y -> z -> y; remove one of these needs",
  ],
  "needs is no name": [
    executors("{ uses: a.ts, needs: 5 }", "{ uses: a.ts, needs: [x, 3] }"),
    `executors[0].needs 3:19 \`executors[0].needs\` has to be ${NEEDS}, not 5`,
    `executors[1].needs 4:19 \`executors[1].needs\` has to be ${NEEDS}, not ["x",3]`,
  ],
  "needs names nobody": [
    executors("{ uses: a.ts, name: encoder }", "uses: a.ts\n    name: index\n    needs: [gateway, encodr]"),
    'executors[1].needs[1] 6:22 index needs "encodr", which is not in the Flow: encodr? -> index; ' +
    'did you mean "encoder"? (known: gateway, encoder)',
  ],
  "Executors need each other": [
    executors("{ uses: a.ts, name: x, needs: y }", "{ uses: a.ts, name: y, needs: x }"),
    "executors[0].needs 3:28 x needs itself: x -> y -> x; remove one of these needs",
  ],
  "a branch leads nowhere": [
    executors("{ uses: a.ts, name: x }", "{ uses: a.ts, name: y, needs: gateway }"),
    "executors[0].needs 3:5 no Executor needs x: gateway -> x -> ?, while the answer comes from gateway -> y -> gateway; " +
    "name it in the needs of another Executor, or let an item `method: needs_all` at the end join all ends",
  ],
  "values of an Executor are wrong": [
    executors(
      "{ uses: a.ts, replicas: 0 }",
      "{ uses: a.ts, reload: maybe }",
      "{ uses: a.ts, uses_with: [1] }",
    ),
    "executors[0].replicas 3:19 `executors[0].replicas` has to be a whole number from 1 to 1000, not 0",
    'executors[1].reload 4:19 `executors[1].reload` has to be true, false, "fresh" or "in-place", not "maybe"',
    "executors[2].uses_with 5:19 `executors[2].uses_with` has to be a mapping, such as { key: value }, not [1]",
  ],
  "a key is written as in code": [
    executors("{ uses: a.ts, usesWith: {} }"),
    `executors[0].usesWith 3:19 unknown key \`executors[0].usesWith\`; did you mean \`uses_with\`? (known: ${KEYS})`,
  ],
  "modules are wrong": [
    executors("uses: A\n    modules: [a.ts, b.py, c.ts]", "uses: a.ts\n    py_modules: { a: b }"),
    "executors[0].modules[1] 4:21 b.py: this is Python; name a module in TypeScript or JavaScript",
    'executors[0].modules[2] 4:27 …/c.ts does not exist; did you mean "./a.ts"?',
    'executors[1].py_modules 6:5 `executors[1].py_modules` has to be a path or a list of paths, not {"a":"b"}',
  ],
  "the method is none": [
    executors("uses: a.ts", "method: needs\n    needs: [executor0]"),
    'executors[1].method 4:5 `executors[1].method` has to be `add` or `needs_all`, not "needs"',
  ],
  "an expression stands for nothing": [
    executors(
      "uses: ${{ root.nope }}",
      "uses: a.ts\n    uses_with:\n      a: ${{ ENV.HOTFLOW_IS_NOT_SET }}\n      b: ${{ MODEL }}\n" +
        "      c: ${{ root.executers[0].uses }}\n      d: ${{ ENV.HOME\n      e: ${{root.executors[1].uses_with.e}}",
    ),
    "executors[0].uses 3:5 there is no `root.nope`; this is ${{ root.nope }}",
    "executors[1].uses_with.a 6:7 the environment variable HOTFLOW_IS_NOT_SET is not set, or may not be read; " +
    "this is ${{ ENV.HOTFLOW_IS_NOT_SET }}",
    `executors[1].uses_with.b 7:7 unknown expression \`MODEL\`: ${SUBSTITUTE}; did you mean \`\${{ ENV.MODEL }}\`?; ` +
    "this is ${{ MODEL }}",
    'executors[1].uses_with.c 8:7 there is no `root.executers`; did you mean "executors"?; ' +
    "this is ${{ root.executers[0].uses }}",
    `executors[1].uses_with.d 9:7 an expression is not closed by "}}": ${SUBSTITUTE}; this is \${{ ENV.HOME`,
    "executors[1].uses_with.e 10:7 it refers to itself: executors[1].uses_with.e -> executors[1].uses_with.e; " +
    "this is ${{root.executors[1].uses_with.e}}",
  ],
  "a mapping holds itself": [
    executors("uses: a.ts\n    uses_with: &self { inner: *self }"),
    "executors[0].uses_with.inner 4:24 it contains itself: its anchor encloses one of its aliases",
  ],
  "an expression in braces has no quotation marks": [
    "jtype: Flow\nwith: { port: ${{ ENV.PORT }} }\nexecutors: [{ uses: a.ts }]\n",
    " 2:16 missing comma between flow collection entries; " +
    'in braces or brackets, "${{ … }}" needs quotation marks around it',
  ],
  "options are Jina's": [
    withLines("with:", "  monitoring: true", "  prefetch: 3", "gateway: { port: 1 }"),
    `with.monitoring 5:3 ${jinas("with.monitoring")} ` +
    "GET /status reports the state of the Flow, and nothing is exported; delete it",
    `with.prefetch 6:3 ${jinas("with.prefetch")} hotflow has no such setting of gRPC; delete it`,
    `gateway 7:1 ${jinas("gateway")} there is one gateway: set port, protocol, host and cors under \`with\``,
  ],
  "keys of an Executor are Jina's": [
    executors(
      "uses: a.ts\n    shards: 2\n    gpus: all\n    env: { A: 1 }\n    timeout_send: 3\n    port: 1",
    ),
    `executors[0].shards 4:5 ${jinas("executors[0].shards")} ` +
    "documents are not split over shards; `replicas` share the requests",
    `executors[0].gpus 5:5 ${jinas("executors[0].gpus")} hotflow runs no containers; delete it`,
    'executors[0].env 6:5 `executors[0].env`: only a process of its own has it; set `isolation` to "process"',
    `executors[0].timeout_send 7:5 ${jinas("executors[0].timeout_send")} ` +
    "`timeout` under `with` limits the time of a request",
    `executors[0].port 8:5 ${jinas("executors[0].port")} ` +
    "an Executor has no address of its own; set the Flow's under `with`",
  ],
};

for (const [what, [flow, ...expected]] of Object.entries(BROKEN)) {
  Deno.test(`checkFlowYaml() says with path, line and column when ${what}`, async () => {
    assertEquals(await said(flow), expected);
  });
}

Deno.test("checkFlowYaml() finds nothing wrong with a Flow's YAML that says all there is to say", async () => {
  assertEquals(
    await said(`
jtype: Flow
version: '1'
with: { port: 0, host: 127.0.0.1, cors: true, body_limit: 1000, timeout: 500, reload: true }
executors:
  - uses: good.yml
    name: first
    uses_with: { text: "\${{ ENV.HOME }}", same: "\${{root.with.port}}" }
    replicas: 2
    reload: false
    restart: true
  - { uses: a.ts#A, name: left, needs: first, modules: a.ts }
  - uses: A
    py_modules: [a.ts]
    needs: [first]
  - uses: { jtype: A, with: { size: 3 }, metas: { name: x }, py_modules: [a.ts] }
    method: needs_all
    uses_with:
`),
    [],
  );
});

Deno.test("checkFlowYaml() names the file when it is missing", async () => {
  await using folder = await TempFolder.make();
  const file = folder.at("nope.yml");
  const message = "the Flow's YAML does not exist";
  assertEquals(await checkFlowYaml(file), [{ path: "", message, place: { file } }]);
});

Deno.test("Flow.load() rejects with all problems, each with its place and the lines around it", async () => {
  await using folder = await folderWith(
    executors("{ uses: a.ts, replicas: 0 }", "{ uses: a.ts, relaod: true }"),
  );
  const path = folder.at("flow.yml");
  const error = await assertRejects(() => Flow.load(path), FlowYamlError);
  assertEquals(error.problems.map(({ path }) => path), ["executors[0].replicas", "executors[1].relaod"]);
  assertEquals(error.place, { file: path, line: 3, column: 19 });
  assertEquals(
    error.message,
    `Cannot load ${path}: 2 problems:
\`executors[0].replicas\` has to be a whole number from 1 to 1000, not 0 at ${path}:3:19
  2 | executors:
  3 |   - { uses: a.ts, replicas: 0 }
    |                   ^
  4 |   - { uses: a.ts, relaod: true }
unknown key \`executors[1].relaod\`; did you mean \`reload\`? (known: ${KEYS}) at ${path}:4:19
  3 |   - { uses: a.ts, replicas: 0 }
  4 |   - { uses: a.ts, relaod: true }
    |                   ^
  5 | `,
  );
});

Deno.test("Flow.load() says the way to each problem that does not name it", async () => {
  await using folder = await folderWith(executors("{ uses: a.ts, name: x, needs: nope }", "uses: bad.yml"));
  const { message } = await assertRejects(() => Flow.load(folder.at("flow.yml")), FlowYamlError);
  assertMatch(message, /^executors\[0\]\.needs: x needs "nope", which is not in the Flow/m);
  assertMatch(
    message,
    /^executors\[1\]\.uses: unknown key `wiht`; did you mean `with`\? at .*bad\.yml:2:1$/m,
  );
});

Deno.test("checkFlowYaml() shows nothing of a binary file that could change the terminal", async () => {
  const problems = await (async () => {
    await using folder = await folderWith("jtype: Flow\nexecutors: \x1b[31m\x00[\n");
    return await checkFlowYaml(folder.at("flow.yml"));
  })();
  // deno-lint-ignore no-control-regex
  assertEquals(problems.map(({ snippet }) => /[\x00\x1b]/.test(snippet ?? "")), [false]);
});
