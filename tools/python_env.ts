import { dirname, join } from "node:path";
import { runQuietly } from "./run_quietly.ts";

/** The Python that the Jina clients of the pin lists run on. */
const VERSION = "3.11";
/** How it may be called. */
const NAMES = ["python3.11", "python3", "python"];
/** The Jina clients import `pkg_resources`, which later ones no longer have. */
const SETUPTOOLS = "setuptools<81";
/** Written last: an environment without it was not finished. */
const STAMP = "complete";
/** pip downloads large files without a word. */
const PATIENCE_MS = 300_000;

/** A Python that can make virtual environments, or why there is none. */
export type PythonResult = { readonly command: string } | { readonly problem: string };

/**
 * Looks for Python 3.11.
 *
 * @param env Environment variables that differ, such as `PATH`.
 */
export async function findPython(env: Record<string, string> = {}): Promise<PythonResult> {
  const seen: string[] = [];
  for (const command of NAMES) {
    const said = await ask(command, env);
    if (said === VERSION) return { command };
    seen.push(`${command} (${said})`);
  }
  return { problem: `Python ${VERSION} with venv was not found; looked for ${seen.join(", ")}` };
}

/** What Python says of itself. */
async function ask(command: string, env: Record<string, string>): Promise<string> {
  const script = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])";
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, { args: ["-c", script], env })
      .output();
    const text = new TextDecoder().decode(success ? stdout : stderr).trim();
    return text.split("\n").at(-1) ?? "";
  } catch {
    return "not there";
  }
}

/**
 * Makes a virtual environment with the packages of a pin list, or takes the one that was made of the same list.
 *
 * @param python The Python to make it with.
 * @param pins The list's path.
 * @param folder Where environments are kept.
 * @returns The path of its Python, or why there is none.
 */
export async function pythonEnv(
  python: string,
  pins: string,
  folder: string,
): Promise<{ readonly python: string; readonly made: boolean } | { readonly problem: string }> {
  const path = join(folder, await hashOf(await Deno.readTextFile(pins)));
  const own = join(path, Deno.build.os === "windows" ? "Scripts/python.exe" : "bin/python");
  if (await isThere(join(path, STAMP))) return { python: own, made: false };
  await Deno.remove(path, { recursive: true }).catch(() => {});
  await Deno.mkdir(dirname(path), { recursive: true });
  const pip = [own, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"];
  const steps = [
    [python, "-m", "venv", path],
    [...pip, SETUPTOOLS],
    // The lists hold all that is needed; what their packages ask for beyond it fits no single environment.
    [...pip, "--no-deps", "--requirement", pins],
  ];
  for (const [command, ...args] of steps) {
    const result = await runQuietly(command, args, { cwd: folder, patienceMs: PATIENCE_MS });
    if (!result.ok) return { problem: `${[command, ...args].join(" ")}: ${result.problem}` };
  }
  await Deno.writeTextFile(join(path, STAMP), "");
  return { python: own, made: true };
}

/** Another list, or another Python, is another environment. */
async function hashOf(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(`${VERSION} ${SETUPTOOLS}\n${text}`),
  );
  return new Uint8Array(bytes).toHex().slice(0, 12);
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
