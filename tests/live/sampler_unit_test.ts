import { assert, assertEquals } from "@std/assert";
import type { SampleEvent } from "../../src/live/flow_event.ts";
import { differenceOf, figuresOf, Sampler } from "../../src/live/sampler.ts";
import { FlowMetrics } from "../../src/metrics/flow_metrics.ts";
import { FakeTime } from "../support/fake_time.ts";

const BINDINGS = { endpoints: [{ path: "/a", method: "a" }], hasDefault: true };

Deno.test("differenceOf() has what happened between two moments alone", () => {
  const metrics = new FlowMetrics();
  const target = { ...BINDINGS, name: "one" };
  metrics.addRequest(BINDINGS, "/a", "done", 900);
  metrics.addCall(target, "/a", "failed", 900, { documents: 50 });
  const before = figuresOf(metrics);
  for (let request = 0; request < 18; request++) metrics.addRequest(BINDINGS, "/a", "done", 4);
  metrics.addRequest(BINDINGS, "/other", "deadline", 80);
  metrics.addRequest(BINDINGS, undefined, "invalid", 80);
  metrics.addCall(target, "/a", "done", 4, { documents: 3 });
  metrics.addCall({ ...BINDINGS, name: "two" }, "/b", "down", 0.1);
  assertEquals(differenceOf(before, figuresOf(metrics)), {
    requests: { count: 20, errors: 1, p50: 3.89, p95: 75 },
    deployments: {
      one: { count: 1, errors: 0, p50: 3.75, p95: 4.88, documents: 3 },
      two: { count: 1, errors: 1, p50: 0.25, p95: 0.48, documents: 0 },
    },
  });
});

Deno.test("differenceOf() leaves out Executors without calls, and times without requests", () => {
  const metrics = new FlowMetrics();
  metrics.addCall({ ...BINDINGS, name: "one" }, "/a", "done", 1);
  const figures = figuresOf(metrics);
  assertEquals(differenceOf(figures, figures), { requests: { count: 0, errors: 0 }, deployments: {} });
});

Deno.test("differenceOf() gives the last bound for what took longer", () => {
  const metrics = new FlowMetrics();
  const before = figuresOf(metrics);
  metrics.addRequest(BINDINGS, "/a", "done", 100_000);
  assertEquals(differenceOf(before, figuresOf(metrics)).requests, {
    count: 1,
    errors: 0,
    p50: 60_000,
    p95: 60_000,
  });
});

Deno.test("Sampler takes a sample a second between start() and stop(), and has no timer otherwise", async () => {
  using time = new FakeTime();
  const metrics = new FlowMetrics();
  const samples: SampleEvent[] = [];
  const sampler = new Sampler(metrics, (sample) => samples.push(sample));
  assertEquals(time.pending, 0);
  sampler.start();
  metrics.addRequest(BINDINGS, "/a", "done", 1);
  await time.tick(2_000);
  assertEquals(samples.map(({ seconds, requests: { count } }) => [seconds, count]), [[1, 1], [1, 0]]);
  assert(samples[0].memory > 1 && samples[0].loopDelay === 0);
  sampler.stop();
  assertEquals(time.pending, 0);
  sampler.start();
  await time.tick(1_000);
  assertEquals(samples.length, 3);
  sampler.stop();
});
