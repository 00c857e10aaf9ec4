/** Runs the Deno that this runs under, in this terminal, to its end; returns its exit code. */
export async function runDeno(
  args: readonly string[],
  options: Pick<Deno.CommandOptions, "cwd" | "env"> = {},
): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    ...options,
    args: [...args],
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  using _signals = passOnSignals(child);
  // A child that died of a signal has 128 + its number here, as shells have it.
  return (await child.status).code;
}

/** Also keeps this process alive until the child has ended in its own way. */
function passOnSignals(child: Deno.ChildProcess): Disposable {
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];
  const listeners = signals.map((signal) => {
    const listener = () => {
      try {
        child.kill(signal);
      } catch {
        // It has ended already: a terminal sends to the whole group.
      }
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  return { [Symbol.dispose]: () => listeners.forEach((remove) => remove()) };
}
