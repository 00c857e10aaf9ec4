/** The page of `_try_page.ts`: "Try it" alone, with the events of the test's server. */
import { h } from "../../src/page/client/dom.ts";
import { tryPanel } from "../../src/page/client/try/try_panel.ts";

const source = new EventSource(location.pathname.replace(/\/?$/, "/events"));
const live = {
  status: undefined,
  on(listener) {
    source.addEventListener("message", ({ data }) => {
      const event = JSON.parse(data);
      if (event.kind === "hello" || event.kind === "status") live.status = event.status;
      listener(event);
    });
    return () => {};
  },
  onState(listener) {
    listener("connecting");
    source.addEventListener("open", () => listener("open"));
    source.addEventListener("error", () => listener("lost"));
    return () => {};
  },
};

document.querySelector("main").append(
  h("section", { id: "try" }, h("h2", {}, "Try it"), tryPanel(live)),
);
