/** What sets how many watches or instances of inotify the processes of a namespace of users may have. */
const SETTINGS = { watches: "max_inotify_watches", instances: "max_inotify_instances" } as const;

/** Runs a command where the system allows so many watches and no more. Nobody else's are counted or limited. */
export function limited(
  what: keyof typeof SETTINGS,
  most: number,
  command: readonly string[],
): readonly string[] {
  const script = `echo ${most} > /proc/sys/user/${SETTINGS[what]} && exec "$@"`;
  return ["unshare", "--user", "--map-root-user", "sh", "-c", script, "sh", ...command];
}

/** Whether this system lets its users have such a namespace. */
const canLimit = await (async () => {
  const [program, ...args] = limited("watches", 1, ["true"]);
  return await new Deno.Command(program, { args }).output().then(({ success }) => success, () => false);
})();

/** Registers a test that needs it; where it is not there, its name says so, and it is ignored. */
export function limitTest(name: string, fn: () => Promise<void>): void {
  const why = "(SKIPPED: this system has no namespaces of users, in which to lower its limits)";
  Deno.test({ name: canLimit ? name : `${name} ${why}`, ignore: !canLimit, fn });
}
