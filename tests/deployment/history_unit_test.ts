import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { assertEquals } from "@std/assert";
import { History } from "../../src/deployment/history.ts";
import type { SwapMessage } from "../../src/runtime/channels.ts";

const ERROR = { name: "SyntaxError", message: "Unexpected token", stack: "" };

Deno.test("History.lastError stays until a version serves, or it is cleared", () => {
  const history = new History("executor0");
  history.record(1, "start", 0, { error: ERROR });
  assertEquals(history.lastError?.info, ERROR);
  history.record(2, "reload", 0);
  assertEquals(history.lastError, undefined);
  history.setError(ERROR);
  assertEquals([history.lastError?.info, history.records.length], [ERROR, 2]);
  history.setError(undefined);
  assertEquals(history.lastError, undefined);
});

Deno.test("History keeps the last 50 records", () => {
  const history = new History("executor0");
  for (let number = 1; number <= 60; number++) history.record(number, "reload", 0);
  assertEquals([history.records.length, history.records[0].version], [50, 11]);
});

Deno.test("History.continue() shows the records of the deployment before, and counts on", () => {
  const before = new History("executor0");
  before.record(before.allocateNumber(), "start", 0);
  const history = new History("executor0");
  assertEquals(history.isContinued, false);
  history.continue(before);
  history.record(history.allocateNumber(), "restart", 0);
  assertEquals(history.all.map(({ version, kind }) => [version, kind]), [[1, "start"], [2, "restart"]]);
  assertEquals([history.isContinued, history.records.length], [true, 1]);
});

Deno.test("History.releaseNumber() takes back the last number only", () => {
  const history = new History("executor0");
  const [first, second] = [history.allocateNumber(), history.allocateNumber()];
  history.releaseNumber(first);
  assertEquals(history.allocateNumber(), 3);
  history.releaseNumber(3);
  history.releaseNumber(second);
  assertEquals(history.allocateNumber(), 2);
});

Deno.test("History publishes each load in the channel hotflow:swap", () => {
  const messages: SwapMessage[] = [];
  const listener = (message: unknown) => messages.push(message as SwapMessage);
  subscribe("hotflow:swap", listener);
  try {
    const history = new History("executor0");
    history.record(1, "start", performance.now());
    history.record(2, "reload", performance.now(), { error: ERROR });
  } finally {
    unsubscribe("hotflow:swap", listener);
  }
  assertEquals(messages.map(({ ms, ...rest }) => [typeof ms, rest]), [
    ["number", { deployment: "executor0", version: 1, kind: "start" }],
    ["number", { deployment: "executor0", version: 2, kind: "reload", error: ERROR }],
  ]);
});
