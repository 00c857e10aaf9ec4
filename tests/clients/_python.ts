import { inTime } from "../support/in_time.ts";

/** Importing Jina takes seconds on a machine that is busy. */
const PATIENCE_MS = 60_000;

/** The generations of the client, by the Python that has it; `deno task test:clients` says which one that is. */
export const CLIENTS: ReadonlyMap<string, string> = new Map(
  Object.entries(JSON.parse(Deno.env.get("HOTFLOW_PYTHON_CLIENTS") ?? "{}")),
);

/** A scenario that runs in a Python of its own. */
export class Scenario implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<unknown>;
  readonly #errors: Promise<string>;

  /**
   * @param script Its file in this folder.
   * @param more Further arguments of the script.
   */
  constructor(python: string, port: number, name: string, script = "scenario.py", ...more: string[]) {
    this.#child = new Deno.Command(python, {
      args: [new URL(script, import.meta.url).pathname, String(port), name, ...more],
      env: { JINA_LOG_LEVEL: "CRITICAL", PYTHONDONTWRITEBYTECODE: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#lines = lines(this.#child.stdout);
    this.#errors = new Response(this.#child.stderr).text();
  }

  // deno-lint-ignore no-explicit-any -- JSON as it came
  async answer(): Promise<any> {
    const { done, value } = await inTime(this.#lines.next(), "the Python client", PATIENCE_MS);
    if (done) throw new Error(`The scenario ended without an answer:\n${await this.#errors}`);
    return value;
  }

  /** Lets a scenario that waits go on. */
  async goOn(): Promise<void> {
    const writer = this.#child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("\n"));
    writer.releaseLock();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.close();
    while (!(await this.#lines.next()).done);
    await this.#child.status;
    await this.#errors;
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const whole = (rest + text).split("\n");
    rest = whole.pop() ?? "";
    yield* whole.map((line) => JSON.parse(line));
  }
}
