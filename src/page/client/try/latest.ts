/**
 * Makes a function whose calls run one at a time. Of the calls that come while one runs, the last one runs afterwards.
 * An error of one is reported, and stops no other.
 */
export function latest<A extends readonly unknown[]>(
  run: (...args: A) => Promise<void>,
): (...args: A) => void {
  let running = false;
  let next: A | undefined;
  return function call(...args: A): void {
    next = args;
    if (running) return;
    running = true;
    void (async () => {
      for (let now: A | undefined; (now = next) !== undefined;) {
        next = undefined;
        await run(...now).catch(reportError);
      }
      running = false;
    })();
  };
}
