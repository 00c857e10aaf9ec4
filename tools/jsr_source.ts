import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildMirror, isMirror } from "./jsr_mirror.ts";
import { runQuietly } from "./run_quietly.ts";

/** A registry that is slow to refuse (a firewall that drops) is given up on after this long without a word. */
const PATIENCE_MS = 10_000;

/** Packages without a root export are asked for by the one we use. */
const ENTRY: Readonly<Record<string, string>> = { "@std/testing": "/bdd" };

/** What the child's environment needs for its JSR packages: nothing, or `JSR_URL`. */
export async function jsrEnv(root: string): Promise<Record<string, string>> {
  if (Deno.env.has("JSR_URL")) return {};
  const mirror = join(root, ".jsr-mirror");
  const env = { JSR_URL: `${pathToFileURL(mirror).href}/` };
  if (isMirror(mirror)) return env;

  const wanted = jsrSpecifiers(await Deno.readTextFile(join(root, "deno.json")));
  const stamp = new ReachableStamp(root, wanted);
  if (wanted.length === 0 || stamp.isCurrent()) return {};
  const asked = await runQuietly(
    Deno.execPath(),
    ["cache", "--no-config", "--no-lock", ...wanted],
    { cwd: root, patienceMs: PATIENCE_MS },
  );
  if (asked.ok) {
    stamp.write();
    return {};
  }
  await buildMirror(mirror).catch((error: unknown) => {
    throw new Error(unreachable(asked.problem, error));
  });
  say("JSR cannot be reached; using a mirror of @std made from npm in .jsr-mirror/");
  return env;
}

/** The `jsr:` specifiers of the import map in the text of a deno.json. */
export function jsrSpecifiers(denoJson: string): string[] {
  const { imports = {} } = JSON.parse(denoJson) as { imports?: Record<string, string> };
  return Object.entries(imports)
    .filter(([, target]) => target.startsWith("jsr:"))
    .map(([name, target]) => target + (ENTRY[name] ?? ""));
}

/**
 * Remembers that JSR, or Deno's cache of it, answered, so that only the first start asks (30 ms and more).
 * It names the imports and the cache it was true for, and goes stale when that cache is deleted.
 */
class ReachableStamp {
  readonly #path: string;
  readonly #text: string;

  constructor(root: string, wanted: readonly string[]) {
    const places = ["DENO_DIR", "XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"].map((name) =>
      Deno.env.get(name) ?? ""
    );
    this.#path = join(root, ".jsr-reachable");
    this.#text = JSON.stringify([wanted, places]);
  }

  isCurrent(): boolean {
    try {
      const [key, cache] = Deno.readTextFileSync(this.#path).split("\n");
      return key === this.#text && Deno.statSync(cache ?? "").isDirectory;
    } catch {
      return false;
    }
  }

  write(): void {
    try {
      const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json", "--no-config"] })
        .outputSync();
      const { modulesCache } = JSON.parse(new TextDecoder().decode(stdout)) as { modulesCache: string };
      Deno.writeTextFileSync(this.#path, `${this.#text}\n${modulesCache}\n`);
    } catch {
      // Only a short cut: where it cannot be written, each start asks again.
    }
  }
}

function unreachable(jsr: string, npm: unknown): string {
  const detail = npm instanceof Error ? npm.message : String(npm);
  return [
    "Cannot get the @std packages that deno.json names, neither from JSR nor from npm.",
    `JSR: ${jsr}`,
    `npm: ${detail}`,
    "Next step: run it again where JSR or the npm registry can be reached (behind a proxy, set HTTPS_PROXY;",
    "for a company's npm registry, NPM_CONFIG_REGISTRY), or set JSR_URL to a mirror of JSR.",
  ].join("\n");
}

function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}
