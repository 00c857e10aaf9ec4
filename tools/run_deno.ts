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
  signals.passTo(child);
  // A child that died of a signal has 128 + its number here, as shells have it.
  return (await child.status).code;
}

/** Passes signals on; also keeps this process alive until the child has ended in its own way. */
class Signals implements Disposable {
  #child?: Deno.ChildProcess;
  #early?: Deno.Signal;
  readonly #listeners: (readonly [Deno.Signal, () => void])[];

  constructor() {
    const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];
    this.#listeners = signals.map((signal) => [signal, () => this.#pass(signal)] as const);
    for (const [signal, listener] of this.#listeners) Deno.addSignalListener(signal, listener);
  }

  passTo(child: Deno.ChildProcess): void {
    this.#child = child;
    if (this.#early !== undefined) this.#pass(this.#early);
  }

  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
  }

  #pass(signal: Deno.Signal): void {
    if (this.#child === undefined) this.#early = signal;
    try {
      this.#child?.kill(signal);
    } catch {
      // It has ended already: a terminal sends to the whole group.
    }
  }
}
