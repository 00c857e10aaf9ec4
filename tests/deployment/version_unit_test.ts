import { assertEquals, assertThrows } from "@std/assert";
import { changedFiles, type Loaded, Version, type VersionState } from "../../src/deployment/version.ts";
import type { Replica } from "../../src/replica/replica.ts";
import { loaded } from "../support/fake_worker.ts";
import { ENTRY } from "./_fakes.ts";

const replica = (calls: number, { alive = true, stuck = false } = {}) => ({ calls, alive, stuck }) as Replica;
const version = (...replicas: Replica[]) => new Version(1, ENTRY, replicas);

Deno.test("Version.become() takes a version from its load to its end", () => {
  const one = version();
  one.finishLoad(loaded() as Loaded);
  for (const state of ["serving", "draining", "closed"] as const) one.become(state);
  assertEquals([one.state, one.loaded?.className], ["closed", "Fake"]);
});

Deno.test("Version.become() refuses every transition that does not exist", () => {
  const ways: Record<VersionState, VersionState[]> = {
    loading: [],
    ready: ["ready"],
    serving: ["ready", "serving"],
    draining: ["ready", "serving", "draining"],
    closed: ["ready", "serving", "draining", "closed"],
    failed: ["failed"],
  };
  const allowed: Record<VersionState, VersionState[]> = {
    loading: ["ready", "failed"],
    ready: ["serving", "failed"],
    serving: ["draining", "closed"],
    draining: ["closed"],
    closed: [],
    failed: [],
  };
  const states = Object.keys(ways) as VersionState[];
  for (const from of states) {
    for (const to of states) {
      const one = version();
      for (const state of ways[from]) one.become(state);
      assertEquals(one.canBecome(to), allowed[from].includes(to), `${from} -> ${to}`);
      if (!one.canBecome(to)) {
        assertThrows(() => one.become(to), Error, `Cannot make version 1 "${to}": expected`);
      }
    }
  }
});

Deno.test("Version.become() names the states that could follow", () => {
  const one = version();
  assertThrows(
    () => one.become("serving"),
    Error,
    'Cannot make version 1 "serving": expected "ready" or "failed" after "loading"',
  );
  one.become("failed");
  assertThrows(() => one.become("ready"), Error, 'expected no other state after "failed"');
});

Deno.test("Version.pick() takes the least busy replica that can answer", () => {
  const idle = replica(0);
  assertEquals(version(replica(2), replica(1), replica(1, { stuck: true })).pick()?.calls, 1);
  assertEquals(version(replica(1), idle, replica(0, { alive: false })).pick(), idle);
  assertEquals(version(replica(0, { alive: false }), replica(0, { stuck: true })).pick(), undefined);
});

Deno.test("changedFiles() compares the files that both loads have read", () => {
  const load = (files: Loaded["files"]) => {
    const one = version();
    one.finishLoad({ ...loaded() as Loaded, files });
    return one;
  };
  const before = load([["/a.ts", "1"], ["/b.ts", "1"]]);
  assertEquals(changedFiles(before, load([["/a.ts", "1"], ["/b.ts", "2"], ["/c.ts", "1"]])), ["/b.ts"]);
  assertEquals(changedFiles(before, version()), []);
});

Deno.test("Version.replaceReplica() takes over the worker and the files of another load", () => {
  const [before, after] = [version(replica(0, { alive: false }), replica(1)), version(replica(5))];
  after.finishLoad({ ...loaded() as Loaded, files: [["/a.ts", "1"]] });
  before.replaceReplica(0, after);
  assertEquals(before.replicas.map(({ calls }) => calls), [5, 1]);
  assertEquals(before.loaded?.files, [["/a.ts", "1"]]);
});
