/**
 * The parameters for one Executor: `{"executor0": {"a": 1}}` and `{"executor0__a": 1}` are addressed to `executor0` and
 * override those for all Executors, as in Jina.
 */
export function parametersFor(
  executor: string,
  parameters: Record<string, unknown>,
): Record<string, unknown> {
  const entries = Object.entries(parameters);
  if (entries.length === 0) return {};
  const prefix = `${executor}__`;
  const own = parameters[executor];
  const isAddressed = typeof own === "object" && own !== null && !Array.isArray(own);
  const isPrefixed = ([key]: [string, unknown]) => key.startsWith(prefix);
  // fromEntries defines properties: a key "__proto__" stays data.
  return Object.fromEntries([
    ...entries.filter((entry) => !isPrefixed(entry)),
    ...(isAddressed ? Object.entries(own) : []),
    ...entries.filter(isPrefixed).map(([key, value]) => [key.slice(prefix.length), value]),
  ]);
}

/** Whether {@linkcode parametersFor} looks at a parameter for the Executor. */
export function isAddressed(executor: string, key: string): boolean {
  return key === executor || key.startsWith(`${executor}__`);
}
