import { type Child, h } from "../dom.ts";
import { issuesOf } from "./answer.ts";
import { answerView, type Context, isGood, statusText } from "./answer_view.ts";
import type { Change } from "./diff.ts";
import type { Resent } from "./resend.ts";

/** Shows the answer to the request that is sent again after every reload, and what differs from the one before. */
export function resendView({ request, cause, answer, changes }: Resent, context: Context): HTMLElement {
  return h(
    "div",
    { class: "try-resent" },
    h("p", {}, h("code", {}, request.key), ` ${cause}`),
    h("p", { class: isGood(answer) ? "try-good" : "try-bad" }, statusText(answer)),
    h("p", { class: "try-verdict" }, verdictOf(changes)),
    changes !== undefined && changes.length > 0 &&
      h("ul", { class: "try-changes" }, ...changes.map(changeView)),
    h(
      "details",
      {
        on: {
          toggle: (_, details) => {
            if (details.open && details.children.length === 1) {
              details.append(answerView(answer, issuesOf(answer), context));
            }
          },
        },
      },
      h("summary", {}, "The answer"),
    ),
  );
}

/** The outcome of a comparison in words. */
export function verdictOf(changes: readonly Change[] | undefined): string {
  if (changes === undefined) return "The first answer: the next one is compared with it.";
  if (changes.length === 0) return "Same answer as before.";
  return changes.length === 1 ? "1 difference" : `${changes.length} differences`;
}

function changeView({ place, before, after }: Change): Child {
  const kind = before === undefined ? "added" : after === undefined ? "removed" : "changed";
  return h(
    "li",
    {},
    h("code", {}, place),
    ` ${kind}`,
    before !== undefined && h("del", {}, before),
    after !== undefined && h("ins", {}, after),
  );
}
