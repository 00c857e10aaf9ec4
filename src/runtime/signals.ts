/** The signals that end a process: Ctrl-C, what a supervisor sends, and the end of the terminal. */
export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** One of them. */
export type Signal = typeof SIGNALS[number];

const CODES: Readonly<Record<Signal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** The exit code that a shell gives a process which a signal has ended. */
export function exitCodeOf(signal: Signal): number {
  return CODES[signal];
}

/**
 * Whether a process was started with SIGHUP ignored, as `nohup` does it: it is to outlive its terminal.
 *
 * @param status The text of `/proc/self/status`; without it, which is the case outside of Linux, the answer is no.
 */
export function ignoresHangup(status: string | undefined): boolean {
  const [, digits = "0"] = /^SigIgn:\s*([\da-f]+)$/m.exec(status ?? "") ?? [];
  // Bit 0 stands for signal 1.
  return (BigInt(`0x${digits}`) & 1n) === 1n;
}
