import type { Where } from "../../src/page/client/try/snippets.ts";

/** The address of the page of a Flow on this machine. */
export function addressAt(port: number): Where {
  return {
    origin: `http://127.0.0.1:${port}`,
    pathname: "/",
    hostname: "127.0.0.1",
    port: String(port),
    protocol: "http:",
  };
}
