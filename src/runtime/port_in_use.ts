/** Whether an error is that of a port in use, as Deno names it, or Node and Bun do. */
export function isPortInUse(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: string; code?: string };
  return name === "AddrInUse" || code === "EADDRINUSE";
}
