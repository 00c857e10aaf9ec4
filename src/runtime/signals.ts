const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** A signal that ends a process: Ctrl-C, termination by a supervisor, or the end of the terminal. */
export type Signal = keyof typeof CODES;
/** All these signals. */
export const SIGNALS = Object.keys(CODES) as readonly Signal[];

/** The exit code that a shell reports for a process ended by a signal. */
export function exitCodeOf(signal: Signal): number {
  return CODES[signal];
}

/**
 * Whether a process was started with SIGHUP ignored, as by `nohup`, to outlive its terminal.
 *
 * @param status The text of `/proc/self/status`; `undefined` except on Linux, and then the result is `false`.
 */
export function ignoresHangup(status: string | undefined): boolean {
  const [, digits = "0"] = /^SigIgn:\s*([\da-f]+)$/m.exec(status ?? "") ?? [];
  // Bit 0 stands for signal 1.
  return (BigInt(`0x${digits}`) & 1n) === 1n;
}
