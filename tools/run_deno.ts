/** Runs the Deno that this runs under, in this terminal, to its end; returns its exit code. */
export async function runDeno(
  args: readonly string[],
  options: Pick<Deno.CommandOptions, "cwd" | "env"> = {},
): Promise<number> {
  // Listened for before there is a child: one that comes in between is passed on when there is.
  using signals = new Signals();
  const child = new Deno.Command(Deno.execPath(), {
    ...options,
    args: [...args],
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  using _passed = signals.passTo(child);
  // A child that died of a signal has 128 + its number here, as shells have it.
  return (await child.status).code;
}

/** Passes signals on; also keeps this process alive until its children have ended in their own way. */
export class Signals implements Disposable {
  readonly #children = new Set<Deno.ChildProcess>();
  #came?: Deno.Signal;
  readonly #listeners: (readonly [Deno.Signal, () => void])[];

  constructor() {
    const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];
    this.#listeners = signals.map((signal) => [signal, () => this.#pass(signal)] as const);
    for (const [signal, listener] of this.#listeners) Deno.addSignalListener(signal, listener);
  }

  /** Whether one has come. */
  get came(): boolean {
    return this.#came !== undefined;
  }

  /** Passes on to a child, until the answer is disposed, what comes; also what came before there was a child. */
  passTo(child: Deno.ChildProcess): Disposable {
    this.#children.add(child);
    if (this.#came !== undefined) send(child, this.#came);
    return { [Symbol.dispose]: () => void this.#children.delete(child) };
  }

  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
  }

  #pass(signal: Deno.Signal): void {
    this.#came = signal;
    for (const child of this.#children) send(child, signal);
  }
}

function send(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended already: a terminal sends to the whole group.
  }
}
