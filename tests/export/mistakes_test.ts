/** What `hotflow export` refuses, and what it leaves alone. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { hotflow } from "../cli/_cli.ts";
import type { TempFolder } from "../support/temp_folder.ts";
import { FLOW, makeProject } from "./_project.ts";

const WORD = { WORD: "w", COUNT_WORD: "c" };

/** Runs the command line in the project. */
const run = (folder: TempFolder, ...args: string[]) =>
  hotflow({ path: folder.at("hello") } as TempFolder, ["export", ...args], { env: WORD });

/** Command lines that are mistakes. */
const USAGE: readonly (readonly [line: string, code: number, says: string | RegExp])[] = [
  [
    "kubernets flow.yml",
    2,
    'Cannot export "kubernets": expected hotflow export compose or hotflow export kubernetes',
  ],
  ["k8s flow.yml", 2, /did you mean "kubernetes"\?/],
  ["flow.yml", 2, 'Cannot export "flow.yml": expected hotflow export compose'],
  ["compose gone.yml", 1, 'Cannot export "gone.yml": there is no such file in'],
  ["compose count/executor.yml", 1, 'Cannot export "count/executor.yml": it describes one Executor'],
  ["compose flow.yml more", 2, 'Cannot use "more": expected hotflow export compose|kubernetes [FLOW_YAML]'],
  ["compose flow.yml --runtime bun", 2, "Cannot use --runtime bun: expected deno or node"],
  ["compose flow.yml --image -x", 2, "Cannot use --image without a value"],
  [
    "compose flow.yml --image Sp@ce",
    2,
    "Cannot use --image Sp@ce: expected a name such as registry.example/hello:1.2",
  ],
  [
    "kubernetes flow.yml --reload",
    2,
    "Cannot use --reload with kubernetes: pods have the code of their image",
  ],
  ["compose flow.yml -o", 2, "Cannot use -o without a value: expected -o FOLDER"],
  ["compose flow.yml -o shout.ts", 1, 'Cannot export to "shout.ts": it is a file; expected a folder'],
  [
    "compose flow.yml -o count",
    1,
    'Cannot export to "count": no export has written count.ts, executor.yml in it',
  ],
];

Deno.test("hotflow export says what is wrong with a command line", async (t) => {
  await using folder = await makeProject();
  for (const [line, expected, says] of USAGE) {
    await t.step(line, async () => {
      const { code, stdout, stderr } = await run(folder, ...line.split(" "));
      assertEquals([code, stdout], [expected, ""], stderr);
      if (typeof says === "string") assert(stderr.startsWith(says), stderr);
      else assertMatch(stderr, says);
    });
  }
  assertEquals([...Deno.readDirSync(folder.at("hello"))].length, 4);
});

/** Executors that cannot run in a container, with what is said. */
const EXECUTORS: readonly (readonly [item: string, says: string, place: string])[] = [
  ["{ uses: ../outside.ts }", "../outside.ts is outside of the project", "flow.yml:3:"],
  [
    "{ uses: shout.ts, modules: [shout.ts, ../outside.ts] }",
    "../outside.ts is outside of the project",
    "flow.yml:3:",
  ],
  ['{ uses: "${{ ENV.MODULE }}" }', "cannot export a path with an expression", "flow.yml:3:"],
  [
    '{ uses: shout.ts, name: "${{ ENV.NAME }}" }',
    "`name` cannot be exported with an expression",
    "flow.yml:3:",
  ],
  ["{ uses: away/executor.yml }", "../../outside.ts is outside of the project", "away/executor.yml:2:"],
  ['{ uses: "grpc://localhost:5000" }', "grpc://localhost:5000 is this machine", "flow.yml:3:"],
  ["{ external: true, port: 5000 }", "grpc://127.0.0.1:5000 is this machine", "flow.yml:3:"],
  ["{ uses: { jtype: Loose } }", "cannot export the class Loose, which the program imports", "flow.yml:3:"],
  ["{ uses: loose.yml }", "cannot export the class Loose, which the program imports", "loose.yml:1:"],
  ["{ uses: Unknown }", "Unknown", "flow.yml:3:"],
  ["{ name: _, uses: shout.ts }", 'the name "_" has no letter or digit', "flow.yml:3:"],
  [
    "{ name: a_b, uses: shout.ts }\n  - { name: a-b, uses: shout.ts }",
    'the name "a-b" becomes the host name "a-b", which is taken',
    "flow.yml:4:",
  ],
  [
    "{ uses: single.ts, replicas: 2 }",
    "`replicas` has to be 1 beside `static exclusive = true`",
    "flow.yml:3:",
  ],
  ["{ name: localhost, uses: shout.ts }", 'becomes the host name "localhost", which is taken', "flow.yml:3:"],
  ["{ name: Kubernetes, uses: shout.ts }", 'becomes the host name "kubernetes", which is', "flow.yml:3:"],
  ["{ name: Gateway, uses: shout.ts }", 'becomes the host name "gateway", which is taken', "flow.yml:3:"],
];

Deno.test("hotflow export names the place of an Executor that cannot be exported", async (t) => {
  await using folder = await makeProject({
    "hello/single.ts": "export class Single { static exclusive = true; }\n",
    "hello/loose.yml": "jtype: Loose\n",
    "hello/away/executor.yml": "jtype: Outside\nmodules: [../../outside.ts]\n",
  });
  await folder.write("outside.ts", "export class Outside {}\n");
  for (const [item, says, place] of EXECUTORS) {
    await t.step(item, async () => {
      await folder.write("hello/flow.yml", `jtype: Flow\nexecutors:\n  - ${item}\n`);
      const env = { MODULE: "shout.ts", NAME: "x" };
      const { code, stdout, stderr } = await hotflow(
        { path: folder.at("hello") } as TempFolder,
        ["export", "kubernetes"],
        { env },
      );
      assertEquals([code, stdout], [1, ""], stderr);
      assertMatch(stderr, /^Cannot export /);
      assert(stderr.includes(says) && stderr.includes(place), stderr);
    });
  }
});

Deno.test("hotflow export replaces its own files, keeps .env, and removes those of Executors that are gone", async () => {
  await using folder = await makeProject();
  const names = () => [...Deno.readDirSync(folder.at("hello/k8s"))].map(({ name }) => name).sort();
  const first = await run(folder, "kubernetes", "flow.yml", "-o", "k8s/", "--image", "r.example/hello:1");
  assertEquals([first.code, first.stderr], [0, ""]);
  assertMatch(
    first.stdout,
    /shout: executors\[0\]\.uses_with\.api_key looks like a secret: it is now SHOUT_API_KEY/,
  );
  assertMatch(first.stdout, /docker build -f k8s\/Dockerfile -t r\.example\/hello:1 \./);
  assertMatch(first.stdout, /kubectl create secret generic hello-world-secrets --from-literal=COUNT_WORD=…/);
  assert(!first.stdout.includes("hunter2") && !first.stdout.includes("--image"));
  assert(names().includes("my-count.yaml"));
  await folder.write("hello/k8s/.env", "A=1\n");
  await folder.write(
    "hello/flow.yml",
    FLOW.replace(/ {2}- name: my_count[\s\S]*?(?= {2}- name: inline)/, ""),
  );
  const second = await run(folder, "kubernetes", "flow.yml", "-o", "k8s/");
  assertEquals(second.code, 0);
  assertMatch(second.stdout, /name the image of your registry.*: --image registry\.example\/hello-world:1$/m);
  assertEquals(names(), [
    ...[".env", "Dockerfile", "Dockerfile.dockerignore", "gateway.yaml", "inline.yaml"],
    ...["kustomization.yaml", "shout.yaml"],
  ]);
  await folder.write("hello/k8s/mine.yaml", "a: 1\n");
  const refused = await run(folder, "kubernetes", "flow.yml", "-o", "k8s/");
  assertEquals([refused.code, names().includes("shout.yaml")], [1, true]);
  assertMatch(refused.stderr, /^Cannot export to "k8s\/": no export has written mine\.yaml in it\n/);
});

Deno.test("hotflow export names imports that the image will not have", async () => {
  await using folder = await makeProject({
    "hello/flow.yml": "jtype: Flow\nexecutors: [{ uses: importing.ts }]\n",
    "hello/importing.ts": 'import "./inner.ts";\nexport class A {}\n',
    "hello/inner.ts": '// import "../gone.ts"\nimport "../outside.ts";\nimport "./importing.ts";\n',
  });
  const { code, stdout } = await run(folder, "compose");
  assertEquals(code, 0);
  assertMatch(stdout, /^ {2}inner\.ts imports \.\.\/outside\.ts, which is outside of the project/m);
  assert(!stdout.includes("gone"));
});
