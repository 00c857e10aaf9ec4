/** Exported manifests against the schemas of Kubernetes. `deno task test:clients` runs this. */
import { assertEquals, assertMatch } from "@std/assert";
import { exported, makeProject } from "../export/_project.ts";

/** The Python that has kubernetes-validate; `deno task test:clients` says which one that is. */
const PYTHON = Deno.env.get("HOTFLOW_PYTHON_KUBERNETES");
/** The oldest of the package, one that many clusters run, and the newest. */
const VERSIONS = ["1.32", "1.34", "1.37"];

const ALL_PORTS = "with: { port: [8080, 8081], protocol: [http, grpc], close_timeout: .inf }";
const LOW_PORT = "with: { port: 80 }";
const LIMITS = "isolation: process\n    memory: 512\n    env: { MODE: fast, TOKEN: abc }\n    replicas: 2";

/** A Flow, with other ports, and with limits. */
function variantsOf(flow: string): string[] {
  const withOptions = (options: string) =>
    flow.replace(/with: .*/, options).replace("root.with.port", "ENV.P");
  return [flow, withOptions(ALL_PORTS), withOptions(LOW_PORT).replace("replicas: 2", LIMITS)];
}

/** Says what is wrong with a file, by the strict schemas of a version. */
async function validate(version: string, file: string): Promise<{ code: number; text: string }> {
  const args = ["-m", "kubernetes_validate", "--strict", "-k", version, file];
  const { code, stdout, stderr } = await new Deno.Command(String(PYTHON), { args }).output();
  return { code, text: [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("") };
}

for (const version of VERSIONS) {
  Deno.test({
    name: `exported manifests are valid in Kubernetes ${version}`,
    ignore: PYTHON === undefined,
    async fn() {
      await using folder = await makeProject();
      const flow = await Deno.readTextFile(folder.at("hello/flow.yml"));
      for (const text of variantsOf(flow)) {
        await folder.write("hello/flow.yml", text);
        for (const [name, manifest] of Object.entries(await exported(folder))) {
          if (!/^k8s\/.*\.yaml$/.test(name) || name.includes("kustomization")) continue;
          const file = await folder.write(name, manifest);
          const { code, text } = await validate(version, file);
          assertEquals(code, 0, `${name}: ${text}`);
        }
      }
      const wrong = (await exported(folder))["k8s/shout.yaml"].replace("replicas: 2", "replicas: two");
      const { code, text } = await validate(version, await folder.write("wrong.yaml", wrong));
      assertEquals(code, 1);
      assertMatch(text, /replicas/);
    },
  });
}
