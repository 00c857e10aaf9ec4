/** How other parts of the page show the lines of a request in the log. @module */

const EVENT = "showrequest";

/** Shows the lines of a request. */
export function showRequest(id: string): void {
  dispatchEvent(new CustomEvent(EVENT, { detail: id }));
}

/** Calls a function with the id of each request whose lines are to be shown. */
export function onShowRequest(show: (id: string) => void): void {
  addEventListener(EVENT, (event) => show((event as CustomEvent<string>).detail));
}
