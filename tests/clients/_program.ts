import { inTime } from "../support/in_time.ts";

/** Starting Jina takes seconds on a machine that is busy. */
const PATIENCE_MS = 45_000;

/** Ends the processes that a program has started with it, once its standard input ends. */
export const ENDING = `
import os, signal, sys, threading

def end():
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)

if __name__ == '__main__':
    os.setpgrp()
    threading.Thread(target=end, daemon=True).start()
`;

/** The command line of Jina. */
const JINA = `${ENDING}
    from jina_cli import main
    main()
`;

/** A program of Jina's Python, which is ended when the test is over. */
export class Program implements AsyncDisposable {
  private constructor(private readonly child: Deno.ChildProcess) {}

  static async run(python: string, folder: string, script: string, ...args: string[]): Promise<Program> {
    await Deno.writeTextFile(`${folder}/program.py`, script);
    const env = { JINA_LOG_LEVEL: "CRITICAL", PYTHONDONTWRITEBYTECODE: "1" };
    const io = { stdin: "piped", stdout: "null", stderr: "null" } as const;
    const command = new Deno.Command(python, { args: ["program.py", ...args], cwd: folder, env, ...io });
    return new Program(command.spawn());
  }

  /** Serves an Executor's YAML by itself. */
  static executor(
    python: string,
    port: number,
    folder: string,
    uses: string,
    ...more: string[]
  ): Promise<Program> {
    return Program.run(python, folder, JINA, "executor", "--uses", uses, "--port", String(port), ...more);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.stdin.close();
    await this.child.status;
  }
}

/** Waits until a condition holds, which something else brings about. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const wait = async () => {
    while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await inTime(wait(), what, PATIENCE_MS);
}
