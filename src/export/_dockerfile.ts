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

function denoImage({ version, modules }: ExportPlan, place: Place): string {
  const hotflow = `jsr:@hotflow/hotflow@${version}`;
  // Code that a program loads as late as it can is not found by `deno cache`.
  const entry = `https://jsr.io/@hotflow/hotflow/${version}/src/worker/entry.ts`;
  const cached = [`${hotflow}/cli`, `${hotflow}/grpc`, entry, ...modules];
  return lines(
    intro(place),
    `FROM denoland/deno:${DENO}`,
    "WORKDIR /app",
    "ENV DENO_DIR=/deno-dir DENO_NO_UPDATE_CHECK=1 DENO_NO_PROMPT=1",
    "COPY --chmod=755 <<'EOF' /usr/local/bin/hotflow",
    "#!/bin/sh",
    `exec deno run -A --cached-only ${hotflow}/cli "$@"`,
    "EOF",
    "COPY . .",
    // Nothing is downloaded when a container starts.
    [
      "RUN deno cache \\",
      ...cached.map((one, at) => `  ${shell(one)}${at < cached.length - 1 ? " \\" : ""}`),
    ],
    ending(),
  );
}

function nodeImage({ version }: ExportPlan, place: Place): string {
  return lines(
    intro(place),
    `FROM node:${NODE}-slim`,
    "WORKDIR /app",
    "ENV NODE_ENV=production PATH=/app/node_modules/.bin:$PATH",
    "COPY package.json package-lock.jso[n] ./",
    "RUN if [ -f package-lock.json ]; then npm ci --omit=dev; else npm install --omit=dev; fi",
    `RUN test -x node_modules/.bin/hotflow || npm install --no-save hotflow@${version}`,
    "COPY . .",
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

function ignoreFile({ yamls }: ExportPlan, { header, folder }: Place): string {
  const own = folder === "" || folder.startsWith("..") ? [] : [`/${folder}/`];
  const secrets = ["**/.env", "**/.env.*", "**/*.pem", "**/*.key", "**/.npmrc"];
  const others = ["**/.git", "**/node_modules", "**/.hotflow", "**/.DS_Store"];
  return lines(header, others, secrets, yamls.map((yaml) => `/${yaml}`), own);
}

function shell(text: string): string {
  return /^[\w@./:+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
