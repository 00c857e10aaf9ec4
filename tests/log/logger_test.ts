import { assertEquals, assertMatch } from "@std/assert";
import { Logger, type LogRecord } from "../../mod.ts";
import { formatRecord, logLevel } from "../../src/log/logger.ts";

const NAMES = ["HOTFLOW_LOG_LEVEL", "JINA_LOG_LEVEL"];

/** Sets the two variables until the end of the block; those that are not given are unset. */
function levels(values: Record<string, string>): Disposable {
  const before = NAMES.map((name) => [name, Deno.env.get(name)] as const);
  for (const name of NAMES) {
    if (values[name] === undefined) Deno.env.delete(name);
    else Deno.env.set(name, values[name]);
  }
  return {
    [Symbol.dispose]() {
      for (const [name, value] of before) {
        value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
      }
    },
  };
}

Deno.test("Logger says whatever it is given, and lives through a sink that throws", () => {
  using _levels = levels({});
  const said: string[] = [];
  const logger = new Logger("a", ({ message }) => void said.push(message));
  logger.info(5);
  logger.info(undefined);
  logger.info({ a: [1] });
  logger.error(new RangeError("too far"));
  assertEquals(said.slice(0, 3), ["5", "undefined", '{"a":[1]}']);
  assertMatch(said[3], /^RangeError: too far/);
  new Logger("a", () => {
    throw new Error("full");
  }).debug("nothing of it is lost, and nothing is thrown");
});

/** What a logger lets through when it is told one line of each level. */
function through(): string[] {
  const seen: string[] = [];
  const logger = new Logger("executor0/rep-0", ({ level }) => seen.push(level));
  logger.debug("d");
  logger.info("i");
  logger.warning("w");
  logger.error("e");
  return seen;
}

const AT = new Date(2026, 10, 3, 8, 5, 9);

Deno.test("formatRecord() writes level, name, process, message and time as Jina does", () => {
  const record: LogRecord = {
    level: "info",
    name: "executor0/rep-0",
    message: "detected changes in: ['/abs/my_executor.py']. Refreshing the Executor",
    time: AT,
  };
  assertEquals(
    formatRecord(record),
    `INFO   executor0/rep-0@${Deno.pid} detected changes in: ['/abs/my_executor.py']. Refreshing the Executor` +
      " [11/03/26 08:05:09]",
  );
});

Deno.test("formatRecord() pads short levels to five, and puts the time at the end of the first line", () => {
  const line = (level: LogRecord["level"], message = "x") =>
    formatRecord({ level, name: "Flow", message, time: AT });
  assertMatch(line("debug"), /^DEBUG {2}Flow@\d+ x \[/);
  assertMatch(line("error"), /^ERROR {2}Flow@/);
  assertMatch(line("warning"), /^WARNING {2}Flow@/);
  assertMatch(
    line("error", "first\n  second"),
    /^ERROR {2}Flow@\d+ first \[11\/03\/26 08:05:09\]\n {2}second$/,
  );
});

Deno.test("Logger lets info and what is graver through when no level is set", () => {
  using _ = levels({});
  assertEquals(through(), ["info", "warning", "error"]);
});

Deno.test("Logger follows HOTFLOW_LOG_LEVEL in any case", () => {
  const expected: Record<string, string[]> = {
    debug: ["debug", "info", "warning", "error"],
    INFO: ["info", "warning", "error"],
    Warning: ["warning", "error"],
    warn: ["warning", "error"],
    error: ["error"],
    silent: [],
    off: [],
  };
  for (const [value, wanted] of Object.entries(expected)) {
    using _ = levels({ HOTFLOW_LOG_LEVEL: value });
    assertEquals(through(), wanted, value);
  }
});

Deno.test("Logger follows JINA_LOG_LEVEL when HOTFLOW_LOG_LEVEL is not set", () => {
  for (const [value, level] of [["DEBUG", "debug"], ["SUCCESS", "info"], ["CRITICAL", "error"]]) {
    using _ = levels({ JINA_LOG_LEVEL: value });
    assertEquals(logLevel(), level);
  }
});

Deno.test("Logger prefers HOTFLOW_LOG_LEVEL to JINA_LOG_LEVEL", () => {
  using _ = levels({ HOTFLOW_LOG_LEVEL: "error", JINA_LOG_LEVEL: "DEBUG" });
  assertEquals(through(), ["error"]);
});

Deno.test("Logger follows JINA_LOG_LEVEL when HOTFLOW_LOG_LEVEL is set to nothing", () => {
  using _ = levels({ HOTFLOW_LOG_LEVEL: "", JINA_LOG_LEVEL: "DEBUG" });
  assertEquals(logLevel(), "debug");
});

Deno.test("Logger falls back to info when the level is none", () => {
  using _ = levels({ HOTFLOW_LOG_LEVEL: "loud" });
  assertEquals(logLevel(), "info");
});

Deno.test("Logger.named() speaks under another name to the same sink", () => {
  const seen: string[] = [];
  const logger = new Logger("Flow", ({ name, message }) => seen.push(`${name}: ${message}`));
  logger.named("gateway").error("x");
  assertEquals([seen, logger.name], [["gateway: x"], "Flow"]);
});

Deno.test("Logger writes to standard error and nothing to standard output when it has no sink", async () => {
  const script = `import { Logger } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};
new Logger("executor0").warning("careful");`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", "--config", new URL("../../deno.json", import.meta.url).pathname, script],
    env: { HOTFLOW_LOG_LEVEL: "info" },
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "");
  assertMatch(
    new TextDecoder().decode(stderr),
    /^WARNING {2}executor0@\d+ careful \[\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d\]\n$/,
  );
});
