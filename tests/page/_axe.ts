import axe from "axe-core";
import type { Tab } from "../support/chromium.ts";

/** What axe finds, as lines; in the whole page, or in a part of it. */
export async function findings({ page }: Tab, part?: string): Promise<string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate(`axe.run(${JSON.stringify(part) ?? "document"}).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + " " + target + " " + failureSummary)))`) as string[];
}
