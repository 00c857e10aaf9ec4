/** How a command went; `problem` is its last words, on one line. */
export type QuietResult = { readonly ok: true } | { readonly ok: false; readonly problem: string };

export interface QuietOptions {
  readonly cwd: string;
  readonly env?: Record<string, string>;
  /** Given up on when it has said nothing for this long: a slow download goes on, a dead line does not. */
  readonly patienceMs: number;
}

/** Runs a command whose output matters only when it fails. */
export async function runQuietly(
  command: string,
  args: readonly string[],
  options: QuietOptions,
): Promise<QuietResult> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, {
      args: [...args],
      cwd: options.cwd,
      env: { ...options.env, NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { ok: false, problem: "no such command" };
    throw error;
  }
  let gaveUp = false;
  const giveUp = () => {
    gaveUp = true;
    child.kill("SIGKILL");
  };
  let timer = setTimeout(giveUp, options.patienceMs);
  let said = "";
  try {
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
      said += chunk;
      clearTimeout(timer);
      timer = setTimeout(giveUp, options.patienceMs);
    }
    const status = await child.status;
    if (status.success) return { ok: true };
    const silence = `no answer for ${options.patienceMs / 1000} seconds`;
    return { ok: false, problem: gaveUp ? silence : lastWords(said) || `exit code ${status.code}` };
  } finally {
    clearTimeout(timer);
  }
}

function lastWords(said: string): string {
  const lines = said.split("\n").map((line) => line.trim());
  const error = lines.find((line) => /^(npm )?error\b/i.test(line));
  return error ?? lines.findLast((line) => line !== "") ?? "";
}
