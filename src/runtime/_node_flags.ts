/** The flags with which Node starts a process like this one. @module */

/** The flags that run other code than a file, take part in tests, watch, debug, or set variables. */
const OWN =
  /^(?:--(?:eval|print|interactive|check|input-type|test|watch|inspect|env-file|run|build-snapshot)(?:-[\w-]+)?(?:=|$)|-(?:e|p|pe|i|c)$)/;
/** Those whose value is the next argument. */
const WITH_VALUE = /^(?:--(?:eval|print|input-type|watch-path|env-file|env-file-if-exists|run)|-e|-p|-pe)$/;

/** Those of this process's flags that its processes need too. */
export function nodeFlags(given: readonly string[]): string[] {
  return given.filter((flag, index) => {
    const isValue = index > 0 && WITH_VALUE.test(given[index - 1]);
    return !isValue && !OWN.test(flag);
  });
}
