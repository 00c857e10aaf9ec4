/** The image that all services run. @module */
import { dockerfileIn, type ExportPlan, type Files, type Place, USER_ID } from "./plan.ts";

const DENO = "2.9.6";
const NODE = "24";

/** Builds a file's lines. */
const lines = (...parts: readonly (string | readonly string[])[]) => `${parts.flat().join("\n")}\n`;

/** The Dockerfile, and what of the project is not copied: BuildKit reads the file of that name beside it. */
export function dockerfiles(plan: ExportPlan, place: Place): Files {
  return {
    Dockerfile: plan.runtime === "deno" ? denoImage(plan, place) : nodeImage(plan, place),
    "Dockerfile.dockerignore": ignoreFile(plan, place),
  };
}

function denoImage(plan: ExportPlan, place: Place): string {
  const { version, modules, project } = plan;
  const hotflow = `jsr:@hotflow/hotflow@${version}`;
  // Code that a program loads as late as it can is not found by `deno cache`.
  const entry = `https://jsr.io/@hotflow/hotflow/${version}/src/worker/entry.ts`;
  const own = [`${hotflow}/cli`, `${hotflow}/grpc`, entry];
  // Beside a package.json, Deno expects a folder of packages that somebody else installs.
  const packages = `--node-modules-dir=${project.hasNodeModules ? "auto" : "none"}`;
  return lines(
    intro(place),
    `FROM denoland/deno:${DENO}`,
    "# Compose adds an init; in a pod, hotflow handles signals itself.",
    "ENTRYPOINT []",
    "WORKDIR /app",
    "ENV DENO_DIR=/deno-dir DENO_NO_UPDATE_CHECK=1 DENO_NO_PROMPT=1",
    "COPY --chmod=755 <<'EOF' /usr/local/bin/hotflow",
    "#!/bin/sh",
    `exec deno run -A --cached-only ${packages} ${hotflow}/cli "$@"`,
    "EOF",
    cached([], own),
    // What the manifests name stays until they change.
    project.isSelfContained && project.manifests.length > 0
      ? [`COPY ${project.manifests.join(" ")} deno.loc[k] ./`, `RUN deno install --prod ${packages}`]
      : [],
    "COPY . .",
    // Processes of Executors are started with the configuration of this one, which has to be a file.
    "RUN test -e deno.json || test -e deno.jsonc || echo '{}' > deno.json",
    // Nothing is downloaded when a container starts. The lock file gets hotflow, also if it may not change elsewhere.
    cached([packages, "--frozen=false"], [...own, ...modules]),
    ending(),
  );
}

function cached(options: readonly string[], modules: readonly string[]): string {
  return ["RUN deno cache", ...options].join(" ") + modules.map((one) => ` \\\n  ${shell(one)}`).join("");
}

function nodeImage({ version, project }: ExportPlan, place: Place): string {
  const hasPackages = project.manifests.includes("package.json");
  const ci = "RUN if [ -f package-lock.json ]; then npm ci --omit=dev; else npm install --omit=dev; fi";
  const isEarly = !hasPackages || project.isSelfContained;
  return lines(
    intro(place),
    `FROM node:${NODE}-slim`,
    "WORKDIR /app",
    "ENV NODE_ENV=production PATH=/app/node_modules/.bin:$PATH",
    isEarly ? [] : "COPY . .",
    hasPackages && isEarly ? "COPY package.json package-lock.jso[n] ./" : [],
    hasPackages ? ci : [],
    `RUN test -x node_modules/.bin/hotflow || npm install --no-save hotflow@${version}`,
    isEarly ? "COPY . ." : [],
    ending(),
  );
}

function intro(place: Place): string[] {
  const how = `docker build -f ${dockerfileIn(place)} -t IMAGE .`;
  return [
    "# syntax=docker/dockerfile:1",
    place.header,
    `# In the project's folder: ${how}`,
  ];
}

/** The files stay root's: what runs cannot change its own code. */
function ending(): string[] {
  return [`USER ${USER_ID}:${USER_ID}`, 'CMD ["hotflow", "--help"]'];
}

/** What comes last holds: the project's own lines cannot bring secrets back. */
function ignoreFile({ yamls, project }: ExportPlan, { header, folder }: Place): string {
  const own = folder === "" || folder.startsWith("..") ? [] : [`/${folder}/`];
  const secrets = ["**/.env", "**/.env.*", "**/*.pem", "**/*.key", "**/*.p12", "**/*.pfx", "**/.npmrc"];
  const others = ["**/.git", "**/node_modules", "**/.hotflow", "**/.DS_Store"];
  return lines(header, project.ignored, others, secrets, yamls.map((yaml) => `/${yaml}`), own);
}

function shell(text: string): string {
  return /^[\w@./:+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
