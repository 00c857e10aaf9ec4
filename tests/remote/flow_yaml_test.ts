/** Executors elsewhere in a Flow's YAML, which is changed while it serves. */
import { assertEquals, assertMatch } from "@std/assert";
import { readFlowYaml } from "../../src/flow_yaml/read_flow_yaml.ts";
import { remoteAddresses } from "../../src/executor/remote_address.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { FLOW, flowOf, saved, yamlTest } from "../flow_yaml/_serving.ts";
import { Far } from "./_executors.ts";
import { serveFar } from "./_flows.ts";

const ITEMS: Record<string, readonly string[]> = {
  "uses: grpc://10.0.0.5:54321": ["grpc://10.0.0.5:54321"],
  "uses: [grpc://a:1, grpcs://b:2]": ["grpc://a:1", "grpcs://b:2"],
  "{ external: true, port: 54321 }": ["grpc://127.0.0.1:54321"],
  "{ external: true, host: 0.0.0.0, port: 54321 }": ["grpc://127.0.0.1:54321"],
  "{ external: true, host: a.example, port: 443, tls: true }": ["grpcs://a.example:443"],
  "{ external: true, host: 'grpcs://a.example:443' }": ["grpcs://a.example:443"],
  "{ external: true, host: [a, b], port: [1, 2] }": ["grpc://a:1", "grpc://b:2"],
  "{ external: true, host: [a, b], port: 1 }": ["grpc://a:1", "grpc://b:1"],
  "{ external: true, port: [1, 2] }": ["grpc://127.0.0.1:1", "grpc://127.0.0.1:2"],
  "{ external: true, host: 'a:1, b:2' }": ["grpc://a:1", "grpc://b:2"],
  "{ external: true, host: '::1', port: 1 }": ["grpc://[::1]:1"],
};

Deno.test("a Flow's YAML names Executors elsewhere by their address, or by Jina's keys", async () => {
  await using folder = await TempFolder.make();
  for (const [item, expected] of Object.entries(ITEMS)) {
    await folder.write("flow.yml", `jtype: Flow\nexecutors:\n  - ${item}\n`);
    const { yaml, problems } = await readFlowYaml(folder.at("flow.yml"), { replicas: 2, reload: true });
    assertEquals(problems, [], item);
    const [{ uses, replicas }] = yaml!.builder.executors;
    assertEquals([remoteAddresses(uses)?.map(({ url }) => url), replicas], [expected, undefined], item);
  }
});

Deno.test("a Flow's YAML may not say of one host both that it is encrypted and that it is not", async () => {
  await using folder = await TempFolder.make();
  for (const [scheme, tls] of [["grpcs", false], ["grpc", true], ["grpcs", true], ["grpc", false]]) {
    const item = `{ external: true, host: '${scheme}://a.example', port: 443, tls: ${tls} }`;
    await folder.write("flow.yml", `jtype: Flow\nexecutors:\n  - ${item}\n`);
    const { problems } = await readFlowYaml(folder.at("flow.yml"));
    const found = problems.map(({ message }) => message.includes("says otherwise"));
    assertEquals(found, (scheme === "grpcs") === tls ? [] : [true], item);
  }
});

Deno.test("a Flow's YAML may not say of an Executor elsewhere how it is run; each place is told", async () => {
  await using folder = await TempFolder.make();
  const refused = {
    reload: "true",
    restart: "true",
    replicas: "2",
    isolation: "process",
    memory: "512",
    uses_with: "{ a: 1 }",
    uses_dynamic_batching: "{ /a: { preferred_batch_size: 2 } }",
    watch: "[a.txt]",
  };
  const lines = Object.entries(refused).map(([key, value]) => `    ${key}: ${value}\n`).join("");
  for (const place of ["uses: grpc://10.0.0.5:1", "external: true\n    port: 1"]) {
    await folder.write("flow.yml", `jtype: Flow\nexecutors:\n  - ${place}\n${lines}`);
    const { problems } = await readFlowYaml(folder.at("flow.yml"));
    const first = place.split("\n").length + 3;
    const found = problems.map(({ path, message, place: { line } }) => [
      ...[path, line],
      / (remove `\w+`|list the addresses)/.exec(message)?.[1],
    ]);
    const expected = Object.keys(refused).map((key, index) => [
      ...[`executors[0].${key}`, first + index],
      key === "replicas" ? "list the addresses" : `remove \`${key}\``,
    ]);
    assertEquals(found, expected);
  }
});

Deno.test("what does not fit an Executor elsewhere is named once, by its path", async () => {
  await using folder = await TempFolder.make();
  for (
    const [item, message] of [
      [
        "{ uses: 'grpc://a:1', isolation: process }",
        /^`executors\[0\]\.isolation`: the Executor runs elsewhere/,
      ],
      ["{ uses: 'grpc://a:1', port: 2 }", /^`executors\[0\]\.port`: `uses` has the address already/],
      ["{ external: true, host: [a, b, c], port: [1, 2] }", /^`executors\[0\]\.port`: 2 ports for 3 hosts/],
    ] as const
  ) {
    await folder.write("flow.yml", `jtype: Flow\nexecutors:\n  - ${item}\n`);
    const [problem] = (await readFlowYaml(folder.at("flow.yml"))).problems;
    assertEquals(problem.namesPath, true, item);
    assertMatch(problem.message, message);
  }
});

yamlTest("a save of the Flow's YAML adds, replaces and removes Executors elsewhere", async (fixture) => {
  const own = flowOf(["name: a"]);
  const withFar = (item: string) => `${own}  - ${item}\n`;
  await fixture.folder.write(FLOW, own);
  await fixture.load(FLOW);
  await using far = await serveFar(Far);
  const shout = async () => (await fixture.ask("/shout", "x")).text;
  assertEquals(await shout(), "x>a");
  assertEquals(await saved(fixture, withFar(`{ name: far, uses: '${far.address}' }`), "x>a"), "added far");
  assertEquals(await shout(), "X>A");
  const changed =
    `{ name: far, external: true, port: ${far.port}, needs: gateway }\n  - { name: b, uses: adder/adder.ts, needs: [a, far] }`;
  await saved(fixture, withFar(changed), "x>a>b");
  await using other = await serveFar(Far);
  const replaced = await saved(fixture, withFar(`{ name: far, uses: '${other.address}' }`), "x>a");
  assertEquals(replaced.includes("re-configured far (uses)"), true, replaced);
  assertEquals(await shout(), "X>A");
  const moved = await saved(fixture, withFar("{ name: far, uses: adder/adder.ts }"), "x>a>far");
  assertEquals(moved.includes("re-configured far (uses)"), true, moved);
  assertEquals(await saved(fixture, own, "x>a"), "removed far");
  assertEquals(await shout(), "x>a");
});
