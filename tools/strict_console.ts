/** Makes `console.assert()` throw, as on no runtime: examples use it, and have to fail as tests. @module */
const out = globalThis.console;
out.assert = (condition?: boolean, ...texts: unknown[]) => {
  if (!condition) throw new Error(["Assertion failed", ...texts].join(": "));
};
