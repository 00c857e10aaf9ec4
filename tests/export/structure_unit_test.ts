/** The structure of exported files. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { parse } from "@std/yaml/parse";
import { documentsOf, exported, FLOW, makeProject, ofKind, type Values } from "./_project.ts";

Deno.test("each Executor and the gateway become a service, and the gateway calls them by their names", async () => {
  await using folder = await makeProject();
  const files = await exported(folder);
  assertEquals(
    Object.keys(files).sort(),
    [
      ...["Dockerfile", "Dockerfile.dockerignore", "compose.yaml", "gateway.flow.yml", "inline.flow.yml"],
      ...["my-count.flow.yml", "shout.flow.yml"],
    ].map((name) => `compose/${name}`).concat(
      ["Dockerfile", "Dockerfile.dockerignore", "gateway.yaml", "inline.yaml", "kustomization.yaml"]
        .concat("my-count.yaml", "shout.yaml").map((name) => `k8s/${name}`),
    ),
  );
  assertEquals(parse(files["compose/gateway.flow.yml"]), {
    jtype: "Flow",
    with: { timeout: 5000, close_timeout: 4000 },
    executors: [
      { name: "shout", uses: "grpc://shout:54321" },
      { name: "my_count", uses: "grpc://my-count:54321", needs: "gateway" },
      { name: "inline", uses: "grpc://inline:54321", needs: "gateway" },
      { name: "far", uses: "grpc://10.0.0.5:54321", needs: "gateway" },
      { method: "needs_all" },
    ],
  });
  const executors = ["shout", "my-count", "inline"].map((name) =>
    (parse(files[`compose/${name}.flow.yml`]) as Values).executors[0]
  );
  assertEquals(executors, [
    {
      name: "shout",
      uses: "/app/shout.ts#Shout",
      uses_with: { word: "${{ ENV.WORD }}", api_key: "${{ ENV.SHOUT_API_KEY }}" },
    },
    {
      name: "my_count",
      uses: { jtype: "Count", with: { word: "${{ ENV.COUNT_WORD }}" }, modules: ["/app/count/count.ts"] },
    },
    { name: "inline", uses: { jtype: "Shout", with: { port: 8080 }, modules: ["/app/shout.ts"] } },
  ]);
  for (const name of ["gateway", "shout", "my-count", "inline"]) {
    const { data } = ofKind(files[`k8s/${name}.yaml`], "ConfigMap");
    assertEquals(parse(data["flow.yml"]), parse(files[`compose/${name}.flow.yml`]));
  }
});

Deno.test("Compose: commands, replicas, ports, environment, time to stop", async () => {
  await using folder = await makeProject();
  const { name, services, configs } = parse((await exported(folder))["compose/compose.yaml"]) as Values;
  assertEquals([name, Object.keys(services)], ["hello-world", ["gateway", "shout", "my-count", "inline"]]);
  const { gateway, shout } = services;
  const command = (
    ...ports: string[]
  ) => ["hotflow", "flow", "/etc/hotflow/flow.yml", "--host", "0.0.0.0", ...ports, "--no-reload", "--json"];
  assertEquals(gateway.command, command("--protocol", "http", "--port", "8080"));
  assertEquals(
    shout.command,
    command(..."--protocol grpc --port 54321 --protocol http --port 9090".split(" ")),
  );
  assertEquals([gateway.ports, shout.ports], [["127.0.0.1:8080:8080"], undefined]);
  assertEquals([gateway.deploy, shout.deploy], [undefined, { replicas: 2 }]);
  assertEquals(shout.environment, { SHOUT_API_KEY: "${SHOUT_API_KEY:?}", WORD: "${WORD:?}" });
  assertEquals(shout.configs, [{ source: "shout", target: "/etc/hotflow/flow.yml" }]);
  assertEquals(configs.shout, { file: "./shout.flow.yml" });
  assertEquals(shout.build, { context: "..", dockerfile: "compose/Dockerfile" });
  for (const service of Object.values<Values>(services)) {
    // Twice `close_timeout` and 5 seconds.
    assertEquals([service.stop_grace_period, service.user, service.read_only], ["13s", "1000:1000", true]);
    assertEquals([service.cap_drop, service.image, service.init], [["ALL"], "hello-world", true]);
  }
});

Deno.test("Compose with reload, for development: the project is mounted, and watched", async () => {
  await using folder = await makeProject();
  const { services } = parse((await exported(folder, { reload: true }))["compose/compose.yaml"]) as Values;
  const { volumes, command, environment } = services.shout;
  assertEquals([volumes, environment.HOTFLOW_POLL], [["..:/app"], "${HOTFLOW_POLL:-}"]);
  assertEquals(command.includes("--no-reload"), false);
  // Packages may be built for the system of the image: those of the machine do not hide them.
  const node = await exported(folder, { reload: true, runtime: "node" });
  const { shout } = (parse(node["compose/compose.yaml"]) as Values).services;
  assertEquals(shout.volumes, ["..:/app", "/app/node_modules"]);
});

Deno.test("Kubernetes: labels, probes, security, time to stop, secrets, disruption", async () => {
  await using folder = await makeProject();
  const files = await exported(folder, { image: "registry.example/hello:1.2" });
  assertEquals((parse(files["k8s/kustomization.yaml"]) as Values).resources, [
    ...["gateway.yaml", "shout.yaml", "my-count.yaml", "inline.yaml"],
  ]);
  const kinds = (name: string) => documentsOf(files[`k8s/${name}.yaml`]).map(({ kind }) => kind);
  assertEquals(kinds("gateway"), ["ConfigMap", "Deployment", "Service"]);
  assertEquals(kinds("shout"), ["ConfigMap", "Deployment", "Service", "PodDisruptionBudget"]);
  for (const name of ["gateway", "shout", "my-count", "inline"]) {
    const [, deployment, service] = documentsOf(files[`k8s/${name}.yaml`]);
    const selector = { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "hello-world" };
    assertEquals([deployment.spec.selector.matchLabels, service.spec.selector], [selector, selector]);
    const { metadata, spec: pod } = deployment.spec.template;
    for (const [key, value] of Object.entries(selector)) assertEquals(metadata.labels[key], value);
    const [container] = pod.containers;
    assertEquals([container.image, container.imagePullPolicy], ["registry.example/hello:1.2", undefined]);
    assertEquals([pod.securityContext.runAsNonRoot, pod.securityContext.runAsUser], [true, 1000]);
    assertEquals(container.securityContext, {
      ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
      capabilities: { drop: ["ALL"] },
    });
    assertEquals(container.volumeMounts.map(({ mountPath }: Values) => mountPath), [
      ...["/etc/hotflow", "/app/.hotflow", "/tmp"],
    ]);
    // The pause before the end, and as long as closing may take.
    assertEquals(pod.terminationGracePeriodSeconds, 10 + 13);
    assertEquals(container.lifecycle.preStop.exec.command, ["sleep", "10"]);
    const port = name === "gateway" ? "8080" : "9090";
    const { "hotflow/config-hash": hash, ...annotations } = metadata.annotations;
    assertMatch(hash, /\d/);
    assertEquals(annotations, {
      ...{ "prometheus.io/scrape": "true", "prometheus.io/port": port, "prometheus.io/path": "/metrics" },
    });
    const how = name === "gateway" ? { httpGet: { path: "/", port: "http" } } : { grpc: { port: 54321 } };
    const [[key, value]] = Object.entries(how);
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
      assertEquals(container[probe][key], value);
    }
    // As long as a load may take, and half a minute for the process itself.
    const { periodSeconds, failureThreshold } = container.startupProbe;
    assertEquals(periodSeconds * failureThreshold, 60);
  }
  const { spec } = ofKind(files["k8s/shout.yaml"], "Deployment");
  assertEquals(spec.replicas, 2);
  const secret = (key: string) => ({
    name: key,
    valueFrom: { secretKeyRef: { name: "hello-world-secrets", key } },
  });
  assertEquals(spec.template.spec.containers[0].env, [secret("SHOUT_API_KEY"), secret("WORD")]);
  assertEquals(ofKind(files["k8s/shout.yaml"], "Service").spec.clusterIP, "None");
  assertEquals(ofKind(files["k8s/gateway.yaml"], "Service").spec.clusterIP, undefined);
  assertEquals(ofKind(files["k8s/gateway.yaml"], "Service").spec.ports, [
    { name: "http", port: 8080, targetPort: "http" },
  ]);
});

Deno.test("isolation stays; memory limits the container too, with some for the main thread", async () => {
  const own = `isolation: process, memory: 512, permissions: { read: [./data, /tmp], net: ["db:5432"] }, ` +
    `env: { MODE: fast, LEVEL: 3, DB_PASSWORD: hunter2, USER: "\${{ ENV.DB_USER }}" }`;
  await using folder = await makeProject({
    "hello/flow.yml": `jtype: Flow\nexecutors:\n  - { name: a, uses: shout.ts, replicas: 2, ${own} }\n`,
  });
  const files = await exported(folder);
  assertEquals((parse(files["compose/a.flow.yml"]) as Values).executors, [{
    ...{ name: "a", uses: "/app/shout.ts", isolation: "process", memory: 512 },
    env: { MODE: "fast", LEVEL: 3, DB_PASSWORD: "${{ ENV.A_DB_PASSWORD }}", USER: "${{ ENV.DB_USER }}" },
    permissions: { read: ["/app/data", "/tmp"], net: ["db:5432"] },
  }]);
  const [container] = ofKind(files["k8s/a.yaml"], "Deployment").spec.template.spec.containers;
  assertEquals(container.resources, { requests: { memory: "768Mi" }, limits: { memory: "768Mi" } });
  assertEquals(
    ofKind(files["k8s/gateway.yaml"], "Deployment").spec.template.spec.containers[0].resources,
    undefined,
  );
  const { services } = parse(files["compose/compose.yaml"]) as Values;
  assertEquals(services.a.deploy, { replicas: 2, resources: { limits: { memory: "768M" } } });
  assertEquals(Object.keys(services.a.environment), ["A_DB_PASSWORD", "DB_USER"]);
});

Deno.test("the pod of an exclusive Executor ends before a new one begins", async () => {
  await using folder = await makeProject({
    "hello/flow.yml":
      "jtype: Flow\nexecutors: [{ name: one, uses: one.yml }, { name: many, uses: shout.ts, replicas: 2 }]\n",
    "hello/one.yml": "jtype: One\nmodules: [one.ts]\n",
    "hello/one.ts": "export class One { static readonly exclusive: boolean = true; }\n",
    "hello/shout.ts": "// static exclusive = true\nexport class Shout {}\n",
  });
  const files = await exported(folder);
  const strategies = ["one", "many"].map((name) =>
    ofKind(files[`k8s/${name}.yaml`], "Deployment").spec.strategy.type
  );
  assertEquals(strategies, ["Recreate", "RollingUpdate"]);
});

Deno.test("the Dockerfile runs as another user, on Deno or on Node, and leaves secrets out", async () => {
  await using folder = await makeProject();
  const deno = await exported(folder);
  assertMatch(deno["k8s/Dockerfile"], /^FROM denoland\/deno:\d[\d.]+$[\s\S]*^USER 1000:1000$/m);
  for (const module of ["count/count.ts", "shout.ts"]) assert(deno["k8s/Dockerfile"].includes(`  ${module}`));
  const node = await exported(folder, { runtime: "node" });
  assertMatch(node["k8s/Dockerfile"], /^FROM node:\d+-slim$[\s\S]*hotflow@1\.2\.3[\s\S]*^USER 1000:1000$/m);
  const ignored = deno["k8s/Dockerfile.dockerignore"].split("\n");
  for (const name of ["**/.env", "**/.git", "/flow.yml", "/count/executor.yml", "/k8s/"]) {
    assert(ignored.includes(name), name);
  }
});

/** The instructions of a Dockerfile that copy files, install packages, and what the image begins with. */
function stepsOf(dockerfile: string): string[] {
  const own = dockerfile.replaceAll(/ \\\n +/g, " ");
  return [...own.matchAll(/^(?:ENTRYPOINT .*|COPY [^-].*|RUN (?:deno|npm|if) [^ ]*)/gm)].map(([line]) =>
    line
  );
}

Deno.test("the Dockerfile installs hotflow and what manifests name before it copies the code", async () => {
  await using folder = await makeProject();
  const [hotflow, install, code] = ["RUN deno cache", "RUN deno install", "COPY . ."];
  const steps = async (runtime: "deno" | "node") =>
    stepsOf((await exported(folder, { runtime }))["k8s/Dockerfile"]);
  // The base image's own init would be a second one.
  const begin = ["ENTRYPOINT []", hotflow];
  assertEquals(await steps("deno"), [...begin, "COPY package.json deno.loc[k] ./", install, code, hotflow]);
  const node = ["COPY package.json package-lock.jso[n] ./", "RUN if ["];
  assertEquals(await steps("node"), [...node, code]);
  // The packages of a workspace are named by other files too.
  await folder.write("hello/package.json", '{ "name": "@some/Hello_World", "workspaces": ["count"] }\n');
  assertEquals(await steps("deno"), [...begin, code, hotflow]);
  assertEquals(await steps("node"), [code, "RUN if ["]);
  await Deno.remove(folder.at("hello/package.json"));
  await folder.write("hello/deno.json", '{ "name": "@some/hello", "nodeModulesDir": "auto" }\n');
  assertEquals(await steps("deno"), [...begin, "COPY deno.json deno.loc[k] ./", install, code, hotflow]);
  assertEquals(await steps("node"), [code]);
  const { "k8s/Dockerfile": dockerfile } = await exported(folder);
  // A folder of packages is made only where the project asks for one.
  assertEquals(dockerfile.match(/--node-modules-dir=\w+/g), Array(3).fill("--node-modules-dir=auto"));
});

Deno.test("the project of a member of a workspace is the workspace", async () => {
  const manifests: Readonly<Record<string, string>> = {
    "package.json": '{ "name": "all", "workspaces": { "packages": ["other", "./hel*/"] } }',
    "deno.json": '{ "workspace": ["./other", "./hello"] }',
  };
  for (const [name, text] of Object.entries(manifests)) {
    await using folder = await makeProject({ [name]: text, "outside.ts": "export class A {}\n" });
    await folder.write(
      "hello/flow.yml",
      "jtype: Flow\nexecutors: [{ uses: ../outside.ts }, { uses: shout.ts }]\n",
    );
    const files = await exported(folder);
    const uses = ["executor0", "executor1"].map((name) =>
      (parse(files[`compose/${name}.flow.yml`]) as Values).executors[0].uses
    );
    assertEquals(uses, ["/app/outside.ts", "/app/hello/shout.ts"]);
    // The members' manifests are needed too.
    assertEquals(stepsOf(files["k8s/Dockerfile"]).slice(1, 3), ["RUN deno cache", "COPY . ."]);
  }
  await using folder = await makeProject({ "package.json": '{ "workspaces": ["hello/*"] }' });
  const { "compose/shout.flow.yml": shout } = await exported(folder);
  assertEquals((parse(shout) as Values).executors[0].uses, "/app/shout.ts#Shout");
});

Deno.test("a project's own .dockerignore holds, and cannot bring secrets back", async () => {
  await using folder = await makeProject({ "hello/.dockerignore": "private/\r\n\n!.env\n" });
  const [, ...ignored] = (await exported(folder))["k8s/Dockerfile.dockerignore"].trimEnd().split("\n");
  assertEquals(ignored.slice(0, 2), ["private/", "!.env"]);
  assert(ignored.indexOf("**/.env") > 1);
});

Deno.test("an Executor more changes its own files, the gateway's configuration, and lines that name it", async () => {
  await using folder = await makeProject();
  const before = await exported(folder);
  await folder.write("hello/more.ts", "export {};\n");
  await folder.write(
    "hello/flow.yml",
    FLOW.replace("  - { method", "  - { name: more, uses: more.ts }\n  - { method"),
  );
  const after = await exported(folder);
  const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
  assertEquals(changed.sort(), [
    ...["Dockerfile", "compose.yaml", "gateway.flow.yml", "more.flow.yml"].map((name) => `compose/${name}`),
    ...["Dockerfile", "gateway.yaml", "kustomization.yaml", "more.yaml"].map((name) => `k8s/${name}`),
  ]);
  const added = (name: string) => {
    const old = new Set(before[name].split("\n"));
    return after[name].split("\n").filter((line) => !old.has(line));
  };
  assertEquals(added("k8s/kustomization.yaml"), ["  - more.yaml"]);
  assertEquals(added("k8s/gateway.yaml").length, 3);
  assertEquals(await exported(folder), after);
});

Deno.test("the gateway's ports and protocols are those of the file; with gRPC alone, it has no metrics", async () => {
  await using folder = await makeProject();
  const flow = (options: string) =>
    FLOW.replace(/with: .*/, `with: ${options}`).replace("root.with.port", "ENV.P");
  await folder.write("hello/flow.yml", flow("{ protocol: [grpc, http], port: [5000, 5001], host: 0.0.0.0 }"));
  const both = await exported(folder);
  assertEquals((parse(both["compose/compose.yaml"]) as Values).services.gateway.ports, [
    "5000:5000",
    "5001:5001",
  ]);
  const gatewayOf = (files: Readonly<Record<string, string>>) =>
    ofKind(files["k8s/gateway.yaml"], "Deployment").spec.template;
  assertEquals(gatewayOf(both).spec.containers[0].livenessProbe.httpGet, { path: "/", port: "http" });
  await folder.write("hello/flow.yml", flow("{ protocol: grpc, port: 0, close_timeout: .inf }"));
  const alone = gatewayOf(await exported(folder));
  assertEquals(alone.spec.containers[0].livenessProbe.tcpSocket, { port: "grpc" });
  assertEquals(alone.spec.containers[0].ports, [{ name: "grpc", containerPort: 12345 }]);
  assertEquals(alone.spec.securityContext.sysctls, undefined);
  assertEquals(Object.keys(alone.metadata.annotations), ["hotflow/config-hash"]);
  assertEquals(alone.spec.terminationGracePeriodSeconds, 3610);
  // A port that is picked is not another protocol's.
  await folder.write("hello/flow.yml", flow("{ protocol: [grpc, http], port: [0, 12345] }"));
  const [container] = gatewayOf(await exported(folder)).spec.containers;
  assertEquals(container.ports.map((port: Values) => port.containerPort), [12346, 12345]);
  // Who is not root may listen at a low port.
  await folder.write("hello/flow.yml", flow("{ port: 80 }"));
  assertEquals(gatewayOf(await exported(folder)).spec.securityContext.sysctls, [
    { name: "net.ipv4.ip_unprivileged_port_start", value: "0" },
  ]);
});
