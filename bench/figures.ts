import type { Part } from "./options.ts";

/** One line of the table. */
export interface Figure {
  readonly part: Part;
  readonly what: string;
  readonly unit: string;
  /** Not a number when it was not measured. */
  readonly ours: number;
  /** The peer of the same run, where there is one. */
  readonly peer?: { readonly name: string; readonly value: number };
  /** Ours by the peer's; given where it is not just the quotient of the two. */
  readonly ratio?: number;
  readonly target?: string;
  /** `undefined`: there is no target, or nothing to judge it by. */
  readonly reached?: boolean;
  /** What else is worth knowing, for the lines under the table. */
  readonly notes?: readonly string[];
}

/** Measured once on another day, and not in this run. */
export interface Recorded {
  readonly part: Part;
  readonly what: string;
  readonly figures: string;
}

/** Jina's figures (RUNTIME-FACTS): the feature that hotflow answers to. */
export const RECORDED: readonly Recorded[] = [
  {
    part: "reload",
    what: "Jina 3.12 / 3.34 reload",
    figures: "63-103 ms; every 2nd and later atomic save missed",
  },
  { part: "restart", what: "Jina 3.12 / 3.34 restart on YAML", figures: "1,070-1,110 ms" },
  { part: "saves", what: "Jina reload, 5 edits", figures: "0 failed, longest gap 12 ms" },
  { part: "saves", what: "Jina restart, 5 edits", figures: "870 of 11,939 failed, longest gap 1,200 ms" },
  {
    part: "throughput",
    what: "Jina 3.12, 1 document",
    figures: "241 / 427 / 343 per second at 1 / 16 / 64 connections",
  },
  {
    part: "throughput",
    what: "Jina 3.34, 1 document",
    figures: "220 / 362 / 365 per second at 1 / 16 / 64 connections",
  },
  { part: "throughput", what: "Jina 3.12 / 3.34, 100 documents", figures: "20 / 47-74 per second" },
  {
    part: "grpc",
    what: "Jina 3.14, 1 / 100 documents / with embeddings",
    figures: "1,058 / 268 / 201 per second at 16 connections",
  },
  { part: "start", what: "Jina 3.12, start to first answer", figures: "2,200 ms (1,700-2,700)" },
  { part: "memory", what: "Jina 3.12 / 3.34, one Executor", figures: "143 / 181 MB" },
];
