/** Whether a request asks for a WebSocket. */
export function isUpgrade({ headers, method }: Request): boolean {
  return method === "GET" && headers.get("upgrade")?.toLowerCase() === "websocket";
}
