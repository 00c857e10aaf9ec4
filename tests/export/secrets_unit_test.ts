/** No value that looks like a secret, and no variable's value, is in a file. */
import { assert, assertEquals } from "@std/assert";
import { readPlan } from "../../src/export/read_plan.ts";
import { SecretFinder } from "../../src/export/_secrets.ts";
import { exported, makeProject } from "./_project.ts";

const random = (length: number) =>
  Array.from(
    crypto.getRandomValues(new Uint8Array(length)),
    (byte) => "abcdefghjkmnpqrstuvwxyz23456789"[byte % 31],
  )
    .join("");

/** Keys and values that are secrets, each with a text that must not be written. */
const SECRETS: readonly ((secret: string) => Record<string, unknown>)[] = [
  (secret) => ({ password: secret }),
  (secret) => ({ dbPassword: secret }),
  (secret) => ({ OPENAI_API_KEY: secret }),
  (secret) => ({ auth: { accessKey: secret } }),
  (secret) => ({ credentials: { user: secret, list: [secret] } }),
  (secret) => ({ headers: { authorization: secret } }),
  (secret) => ({ url: `postgres://me:${secret}@db/x` }),
  (secret) => ({ anything: `sk-${secret}` }),
  (secret) => ({ anything: ["plain", `ghp_${secret}`] }),
  (secret) => ({ header: `Bearer ${secret}` }),
  (secret) => ({ openaiKey: `${secret}7a` }),
  (secret) => ({ session_key: secret }),
  (secret) => ({ storage: `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${secret};` }),
  (secret) => ({ url: `https://api.example/v1?api_key=${secret}&page=1` }),
  (secret) => ({ url: `https://hooks.slack.com/services/T0/B0/${secret}` }),
  (secret) => ({ pem: `-----BEGIN RSA PRIVATE KEY-----\n${secret}\n` }),
  (secret) => ({ token: `\${{ ENV.USER_NAME }}:${secret}` }),
  (secret) => ({ plain: `\${{ ENV.${secret.toUpperCase().replace(/^\d+/, "X")} }}` }),
];

Deno.test("no secret of a Flow's YAML, of an Executor's YAML or of the environment is written", async () => {
  for (const make of SECRETS) {
    const secret = random(24);
    const values = JSON.stringify(make(secret));
    await using folder = await makeProject({
      "hello/flow.yml":
        `jtype: Flow\nexecutors:\n  - { name: a, uses: shout.ts, uses_with: ${values} }\n  - { name: b, uses: count/executor.yml }\n` +
        `  - { name: c, uses: { jtype: Shout, with: ${values}, modules: [shout.ts] } }\n`,
      "hello/count/executor.yml": `jtype: Count\nwith: ${values}\nmodules: [count.ts]\n`,
    });
    // What a variable holds is never written, whatever it is.
    const env = () => secret;
    for (const [name, text] of Object.entries(await exported(folder, { env }))) {
      assert(!text.includes(secret), `${name} has the secret of ${values}`);
    }
  }
});

Deno.test("values that are no secrets stay; those that are get variables of their own", async () => {
  const plain = {
    max_tokens: 5,
    tokenizer: "bert",
    keyboard: "qwerty",
    sort_key: "created_at",
    query: "https://db.example/x?page=1&keyboard=qwerty",
    url: "https://db.example/x",
    n: 1,
    on: true,
  };
  const finder = new SecretFinder("my-count", new Set());
  assertEquals(finder.without(plain), plain);
  assertEquals(finder.moved, []);
  const given = {
    a: { token: "x" },
    b: { token: "y" },
    env: { HF_TOKEN: "z", MODE: "fast" },
    none: { token: "" },
  };
  assertEquals(finder.without(given), {
    a: { token: "${{ ENV.MY_COUNT_TOKEN }}" },
    b: { token: "${{ ENV.MY_COUNT_TOKEN_2 }}" },
    env: { HF_TOKEN: "${{ ENV.MY_COUNT_HF_TOKEN }}", MODE: "fast" },
    none: { token: "" },
  });
  assertEquals(finder.moved.map(({ path }) => path), ["a.token", "b.token", "env.HF_TOKEN"]);
  await using folder = await makeProject();
  const plan = await readPlan(folder.at("hello/flow.yml"), {
    runtime: "deno",
    version: "1.2.3",
    env: () => undefined,
  });
  assertEquals(plan.moved, [{ path: "shout: executors[0].uses_with.api_key", variable: "SHOUT_API_KEY" }]);
});

Deno.test("the variable of a secret has no other use in any service", async () => {
  await using folder = await makeProject({
    "hello/flow.yml": `jtype: Flow
executors:
  - { name: a, uses: shout.ts, uses_with: { b_token: one, password: two } }
  - { name: a-b, uses: shout.ts, uses_with: { token: three } }
  - { name: c, uses: count/executor.yml }
`,
    "hello/count/executor.yml":
      'jtype: Count\nwith: { word: "${{ ENV.A_PASSWORD }}" }\nmodules: [count.ts]\n',
  });
  const options = { runtime: "deno", version: "1.2.3", env: () => undefined } as const;
  const { moved, executors } = await readPlan(folder.at("hello/flow.yml"), options);
  assertEquals(moved.map(({ variable }) => variable), ["A_B_TOKEN", "A_PASSWORD_2", "A_B_TOKEN_2"]);
  assertEquals(executors.map(({ env }) => env), [
    ...[["A_B_TOKEN", "A_PASSWORD_2"], ["A_B_TOKEN_2"], ["A_PASSWORD"]],
  ]);
});
