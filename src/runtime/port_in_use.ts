/** Whether an error is that of a port in use, as Deno names it, Node and Bun do, or grpc-js, in its message only. */
export function isPortInUse(error: unknown): boolean {
  const { name, code, message = "" } = (error ?? {}) as { name?: string; code?: string; message?: string };
  return name === "AddrInUse" || code === "EADDRINUSE" || message.includes("EADDRINUSE");
}
