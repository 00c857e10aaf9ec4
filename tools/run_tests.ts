/** Runs all tests in several processes side by side: most of them wait for files, timers and other processes. */
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { walk } from "@std/fs/walk";
import { CLIENT_TESTS, exampleArgs, PACKAGE_TESTS, testArgs } from "./project.ts";
import { Signals } from "./run_deno.ts";

/** Processes side by side at most: many tests depend on how long something takes. */
const MAX_LANES = 4;
/** Processes that each lane runs one after the other, so that all lanes are busy to the end. */
const ROUNDS = 4;

interface Outcome {
  readonly code: number;
  readonly output: Uint8Array;
}

/** Runs the tests of this project to their end, and says how many there were; returns the exit code. */
export async function runAllTests(root: string): Promise<number> {
  const began = performance.now();
  using signals = new Signals();
  const jobs = Math.trunc(Number(Deno.env.get("DENO_JOBS"))) || navigator.hardwareConcurrency;
  const lanes = Math.min(Math.max(jobs, 1), MAX_LANES);
  const queue = [...deal(await testFiles(root), lanes * ROUNDS).map((part) => testArgs(part)), exampleArgs()];
  const failed: Outcome[] = [];
  const counts = { passed: 0, failed: 0, ignored: 0 };

  await Promise.all(Array.from({ length: lanes }, async () => {
    for (let args = queue.shift(); args !== undefined && !signals.came; args = queue.shift()) {
      const outcome = await test(root, args, signals);
      count(outcome, counts);
      // What failed is shown at the end, where it is looked for.
      if (outcome.code === 0) write(outcome.output);
      else failed.push(outcome);
    }
  }));
  for (const { output } of failed) write(output);
  const seconds = Math.round((performance.now() - began) / 1000);
  say(
    `All tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.ignored} ignored (${seconds} s)`,
  );
  return failed[0]?.code ?? (signals.came ? 130 : 0);
}

async function testFiles(root: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { path } of walk(`${root}/tests`, { match: [/_test\.ts$/], includeDirs: false })) {
    const name = relative(root, path);
    if (![CLIENT_TESTS, PACKAGE_TESTS].some((folder) => name.startsWith(`${folder}/`))) files.push(name);
  }
  return files.sort();
}

/** Neighbours take about as long as each other, so they are dealt out like cards. */
function deal(files: readonly string[], hands: number): string[][] {
  return Array.from({ length: hands }, (_, hand) => files.filter((_, index) => index % hands === hand))
    .filter((part) => part.length > 0);
}

async function test(root: string, args: readonly string[], signals: Signals): Promise<Outcome> {
  const child = new Deno.Command(Deno.execPath(), {
    cwd: root,
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  using _passed = signals.passTo(child);
  const pieces: Uint8Array[] = [];
  const collect = (stream: ReadableStream<Uint8Array>) =>
    stream.pipeTo(new WritableStream({ write: (piece) => void pieces.push(piece) }));
  const [{ code }] = await Promise.all([child.status, collect(child.stdout), collect(child.stderr)]);
  return { code, output: new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer()) };
}

/** Adds up what the last line says: "ok | 12 passed (34 steps) | 0 failed | 1 ignored (5s)". */
function count({ output }: Outcome, counts: Record<string, number>): void {
  const text = stripVTControlCharacters(new TextDecoder().decode(output));
  for (const [line] of text.matchAll(/^(ok|FAILED) \| .*$/gm)) {
    for (const what of Object.keys(counts)) {
      counts[what] += Number(new RegExp(`(\\d+) ${what}`).exec(line)?.[1] ?? 0);
    }
  }
}

function say(line: string): void {
  write(new TextEncoder().encode(`${line}\n`));
}

/** A pipe may take less than it is given at once. */
function write(bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length;) from += Deno.stdout.writeSync(bytes.subarray(from));
}
