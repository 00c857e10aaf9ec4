/**
 * The address of a route of the Flow, beside the page: below `/flow`, where a Flow is mounted, `events` is
 * `/flow/events`, with or without a slash at the end of the page's own address.
 */
export function addressOf(route: string): string {
  const { pathname } = location;
  return `${pathname}${pathname.endsWith("/") ? "" : "/"}${route}`;
}
