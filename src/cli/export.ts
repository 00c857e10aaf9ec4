/** `hotflow export`. @module */
import { nearest } from "../errors/mod.ts";
import type { ExportPlan, Files, ImageRuntime } from "../export/plan.ts";
import { FlowYamlError } from "../flow_yaml/flow_yaml.ts";
import { join, relative, resolve } from "../paths.ts";
import { runtime } from "../runtime/mod.ts";
import { platform, remove, write, writeNew } from "../runtime/terminal.ts";
import type { Call, Command } from "./command.ts";
import { didYouMean, EXIT, Failure, UsageError } from "./errors.ts";
import { checkYaml, kindOfYaml } from "./find.ts";

const TARGETS = { compose: "compose", kubernetes: "k8s" } as const;
type Target = keyof typeof TARGETS;
const RUNTIMES: readonly ImageRuntime[] = ["deno", "node"];
/** How the first line of each file begins; a Dockerfile begins with a line for its own parser. */
const MARK = "# Written by hotflow export";
/** Matches a name of an image, with its registry and tag or digest. */
const IMAGE = /^[a-z0-9][\w.-]*(?::\d+)?(?:\/[\w.-]+)*(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$/i;

/** `hotflow export`. */
export const exportFlow: Command = {
  usage: "compose|kubernetes [FLOW_YAML]",
  maxArgs: 2,
  summary: "write files that run a Flow on other machines: one service for each Executor, and the gateway",
  more: [
    "FLOW_YAML is flow.yml by default. The files are for Docker Compose or Kubernetes; both run the image of the",
    "Dockerfile among them. Files of an earlier export are replaced, others are not touched. Values that look like",
    "secrets are not written: they become environment variables.",
  ],
  options: {
    output: {
      value: "FOLDER",
      short: "o",
      help: "where the files go: compose/ or k8s/ in the current folder by default",
    },
    reload: { help: "for development, of compose: the project's folder is mounted, and a save reloads" },
    image: { value: "NAME", help: "the name of the image; the project's by default" },
    runtime: {
      value: "NAME",
      help: "deno or node: what runs in the image; by default what runs this command, and node for Bun",
    },
  },
  examples: [
    [
      "hotflow export compose flow.yml",
      "write compose/, for docker compose -f compose/compose.yaml up --build",
    ],
    ["hotflow export kubernetes flow.yml -o k8s/", "write k8s/, for kubectl apply -k k8s/"],
    [
      "hotflow export kubernetes flow.yml --image registry.example/hello:1.2",
      "name the image that is pushed",
    ],
  ],
  async run(call) {
    const target = targetOf(call.args[0]);
    const [, given = "flow.yml"] = call.args;
    await checkYaml(given, "export");
    if (await kindOfYaml(given) !== "flow") {
      throw new Failure(`Cannot export "${given}": it describes one Executor; expected the YAML of a Flow`);
    }
    const path = resolve(runtime.cwd(), given);
    const reload = call.has("reload");
    if (reload && target !== "compose") {
      throw new UsageError(
        `Cannot use --reload with ${target}: pods have the code of their image; expected hotflow export compose`,
      );
    }
    const options = { runtime: runtimeOf(call), version: call.version, image: imageOf(call), reload };
    const { composeFiles, kubernetesFiles, projectOf, readPlan } = await import("../export/mod.ts");
    const plan = await readPlan(path, options).catch((error: Error) => {
      throw error instanceof FlowYamlError
        ? new Failure(error.message.replace(/^Cannot load/, "Cannot export"))
        : error;
    });
    const output = call.get("output") ?? TARGETS[target];
    const folder = resolve(runtime.cwd(), output);
    const root = await projectOf(path);
    const values = ["output", "image", "runtime"].flatMap((name) =>
      call.has(name) ? [`--${name}`, call.get(name)] : []
    );
    const line = [target, slashed(given), ...(reload ? ["--reload"] : []), ...values].join(" ");
    const place = {
      header: `${MARK} ${line}, which writes it again; change ${plan.source}.`,
      folder: slashed(relative(root, folder)),
      context: slashed(relative(folder, root)) || ".",
    };
    const files = target === "compose" ? composeFiles(plan, place) : kubernetesFiles(plan, place);
    await replaceFiles(folder, output, files);
    const named = slashed(output).replace(/\/*$/, "") || ".";
    const unnamed = target === "kubernetes" && !call.has("image")
      ? [
        `name the image of your registry, with a tag for each build: --image registry.example/${plan.image}:1`,
      ]
      : [];
    write(summaryOf(plan, named, files, [...unnamed, ...nextSteps(target, plan, named, root)]));
    return EXIT.done;
  },
};

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}

/** The form that the first argument names. */
function targetOf(given: string | undefined): Target {
  const known = Object.keys(TARGETS);
  if (given !== undefined && Object.hasOwn(TARGETS, given)) return given as Target;
  const what = "expected hotflow export compose or hotflow export kubernetes";
  if (given === undefined) throw new UsageError(`Cannot export without a target: ${what}`);
  const near = { k8s: "kubernetes", docker: "compose", "docker-compose": "compose" }[given] ??
    nearest(given, known);
  throw new UsageError(`Cannot export "${given}": ${what}${didYouMean(near)}`);
}

function runtimeOf(call: Call): ImageRuntime {
  const given = call.get("runtime") ?? (platform === "deno" ? "deno" : "node");
  if ((RUNTIMES as readonly string[]).includes(given)) return given as ImageRuntime;
  throw new UsageError(`Cannot use --runtime ${given}: expected ${RUNTIMES.join(" or ")}`);
}

function imageOf(call: Call): string | undefined {
  const given = call.get("image");
  if (given === undefined || IMAGE.test(given)) return given;
  throw new UsageError(`Cannot use --image ${given}: expected a name such as registry.example/hello:1.2`);
}

/** Writes the files in place of those of an earlier export. */
async function replaceFiles(folder: string, given: string, files: Files): Promise<void> {
  const isFile = runtime.writtenAt(folder) !== undefined && !await runtime.isFolder(folder);
  if (isFile) throw new Failure(`Cannot export to "${given}": it is a file; expected a folder`);
  // Compose reads .env beside its file.
  const there = (await runtime.list(folder) ?? []).filter(({ name }) => !name.startsWith("."));
  const isOurs = await Promise.all(there.map(async ({ name, isFolder }) => {
    const text = isFolder ? undefined : await runtime.readText(join(folder, name));
    return text?.split("\n", 2).some((line) => line.startsWith(MARK)) ?? false;
  }));
  const foreign = there.filter((_, index) => !isOurs[index]).map(({ name }) => name).sort();
  if (foreign.length > 0) {
    throw new Failure(
      `Cannot export to "${given}": no export has written ${foreign.join(", ")} in it\n` +
        "Give it another folder with -o, or empty this one",
    );
  }
  try {
    for (const { name } of there) remove(join(folder, name));
    for (const [name, text] of Object.entries(files)) writeNew(join(folder, name), text);
  } catch (error) {
    throw new Failure(`Cannot export to "${given}": ${(error as Error).message}`);
  }
}

/** The commands to run next, in the current folder. */
function nextSteps(target: Target, plan: ExportPlan, folder: string, root: string): string[] {
  const variables = [...new Set([plan.gateway, ...plan.executors].flatMap(({ env }) => env))].sort();
  const hasVariables = variables.length > 0;
  if (target === "compose") {
    const set = `set ${variables.join(", ")} in the environment, or in ${folder}/.env`;
    return [...(hasVariables ? [set] : []), `docker compose -f ${folder}/compose.yaml up --build`];
  }
  const context = slashed(relative(runtime.cwd(), root)) || ".";
  const literals = variables.map((name) => `--from-literal=${name}=…`).join(" ");
  return [
    `docker build -f ${folder}/Dockerfile -t ${plan.image} ${context} && docker push ${plan.image}`,
    ...(hasVariables ? [`kubectl create secret generic ${plan.secret} ${literals}`] : []),
    `kubectl apply -k ${folder}`,
  ];
}

function summaryOf(
  { moved, leaving }: ExportPlan,
  folder: string,
  files: Files,
  next: readonly string[],
): string {
  return [
    `wrote ${Object.keys(files).map((name) => `${folder}/${name}`).join(", ")}`,
    ...leaving.map(({ file, specifier }) =>
      `  ${file} imports ${specifier}, which is outside of the project: it is not in the image`
    ),
    ...moved.map(({ path, variable }) => `  ${path} looks like a secret: it is now ${variable}`),
    "\nNext:",
    ...next.map((line) => `  ${line}`),
    "",
  ].join("\n");
}
