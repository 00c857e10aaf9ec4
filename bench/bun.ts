import { within } from "./clock.ts";

const WANTED = "bun@1.4.5";

let asked: Promise<string | undefined> | undefined;

/** The path of Bun's own binary, fetched by npx; `undefined` when it cannot be had. */
export function findBun(): Promise<string | undefined> {
  asked ??= ask();
  return asked;
}

async function ask(): Promise<string | undefined> {
  try {
    // By its own path: npx in front would take the signals that are meant for the server.
    const child = new Deno.Command("npx", {
      args: ["-y", WANTED, "-e", "console.log(process.execPath)"],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const { success, stdout } = await within(120_000, WANTED, child.output());
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}
