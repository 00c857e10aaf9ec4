/** The package.json of the npm package, from deno.json. */

/** The parts of deno.json that the manifest needs. */
export interface Project {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: string | Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
}

/** The packages that npm installs with it. */
const DEPENDENCIES = [
  "@bufbuild/protobuf",
  "@grpc/grpc-js",
  "@hono/node-server",
  "hono",
  "ignore",
  "prom-client",
  "ws",
  "yaml",
];

/** The package that is used if the user's program has it. */
const OPTIONAL = "@opentelemetry/api";

/** The package.json. */
export function manifestOf(project: Project): Record<string, unknown> {
  return {
    name: "hotflow",
    version: project.version,
    description: "When you save an Executor's source file, the next request runs the new version.",
    keywords: ["hot reload", "jina", "executor", "hono", "deno", "node", "bun"],
    license: project.license,
    type: "module",
    engines: { node: ">=22.18" },
    bin: { hotflow: "cli.js" },
    exports: { ...exportsOf(project), "./package.json": "./package.json" },
    imports: { "#runtime": adapters(""), "#worker-runtime": adapters("_worker") },
    dependencies: Object.fromEntries(DEPENDENCIES.map((name) => [name, rangeOf(project, name)])),
    peerDependencies: { [OPTIONAL]: rangeOf(project, OPTIONAL) },
    peerDependenciesMeta: { [OPTIONAL]: { optional: true } },
    publishConfig: { access: "public", provenance: true },
  };
}

function exportsOf({ exports }: Project): Record<string, unknown> {
  const entries = typeof exports === "string" ? [[".", exports] as const] : Object.entries(exports);
  return Object.fromEntries(entries.map(([name, path]) => {
    const stem = path.replace(/\.ts$/, "");
    return [name, { types: `${stem}.d.ts`, default: `${stem}.js` }];
  }));
}

/** Bun uses its own adapter. Deno, whose users have the package from JSR, runs that of Node. */
function adapters(suffix: string): Record<string, string> {
  const path = (name: string) => `./src/runtime/${name}${suffix}.js`;
  return { bun: path("bun"), default: path("node") };
}

function rangeOf({ imports }: Project, name: string): string {
  const [, range] = /^npm:(?:@[^/]+\/)?[^@]+@(.+)$/.exec(imports[name] ?? "") ?? [];
  if (range === undefined) {
    throw new Error(`Cannot depend on ${name}: deno.json has no npm: import of it with a range`);
  }
  return range;
}
