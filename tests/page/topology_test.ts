/** The graph of the Flow, in a real browser. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { evaluate, pageTest, shows, until } from "./_open.ts";
import { AT, deployment, replica, sample, status, thirty } from "./_statuses.ts";

const encoder = (version: number, ...draining: number[]) =>
  deployment("encoder", {
    version,
    versions: [
      { number: version, state: "serving", replicas: [replica("encoder")] },
      ...draining.map((number) => ({
        number,
        state: "draining" as const,
        replicas: [replica("encoder", { state: "draining", calls: 1 })],
      })),
    ],
  });

const label = (name: string) => `document.querySelector('[data-name="${name}"]').getAttribute("aria-label")`;

pageTest("The topology shows 30 Executors, and wraps instead of the page", {
  status: status(...thirty()),
  samples: [sample(AT, thirty().map(({ name }) => name))],
}, async ({ tab }) => {
  assertEquals((await tab.page.$$(".node")).length, 31);
  await shows(tab, ".topology .summary", "30 Executors, all serving");
  const outside = await evaluate<string[]>(
    tab,
    `[...document.querySelectorAll(".node")].filter((node) => {
      const { left, right } = node.getBoundingClientRect();
      return left < 0 || right > innerWidth;
    }).map((node) => node.dataset.node)`,
  );
  assertEquals(outside, []);
  assertMatch(
    await evaluate<string>(tab, label("cross")),
    /^cross, grpc:\/\/10.0.0.5:54321, external, serving, 1 address: 1 serving/,
  );
  assertMatch(
    await evaluate<string>(tab, label("image-encode")),
    /, process, serving, version 1 serving, 1 replica: 1 ready/,
  );
  assertMatch(
    await evaluate<string>(tab, label("reader")),
    /120 documents per second, p50 2.1 ms, p95 8.4 ms/,
  );
  assertEquals(tab.complaints, []);
});

pageTest("A swap is visible: both versions while the old one drains, and a short highlight", {
  status: status(encoder(1)),
}, async ({ tab, fake }) => {
  fake.send({ kind: "deployment", deployment: encoder(2, 1) });
  await shows(tab, '[data-node="encoder"] .version', "v1 → v2");
  await until(tab, `document.querySelector(".node.swapped.swapping") !== null`);
  await shows(tab, '[data-node="encoder"]', /v1 draining.*v2/);
  fake.send({ kind: "deployment", deployment: encoder(2) });
  await until(tab, `document.querySelector(".node.swapping") === null`);
  await until(tab, `document.querySelector(".node.swapped") === null`);
  assertEquals(await evaluate<string>(tab, `document.querySelector(".version").textContent`), "v2");
});

pageTest("A failed load is said in the node of its Executor, beside what serves", {
  status: status({ ...encoder(1), lastError: { name: "SyntaxError", message: "no", at: AT } }),
}, async ({ tab, fake }) => {
  await shows(tab, '[data-node="encoder"] .fault', "load failed");
  assertMatch(await evaluate<string>(tab, label("encoder")), /1 ready, the last load failed/);
  fake.send({ kind: "deployment", deployment: encoder(2) });
  await until(tab, `document.querySelector(".fault") === null`);
});

pageTest("The topology follows a change of the graph, and keeps the focus", {
  status: status(encoder(1)),
}, async ({ tab, fake }) => {
  await evaluate(tab, `document.querySelector('[data-name="encoder"]').focus()`);
  fake.send({
    kind: "status",
    status: status(
      encoder(1),
      deployment("ranker", { needs: ["encoder"], state: "down", version: null, versions: [] }),
    ),
  });
  await shows(tab, ".topology .summary", "2 Executors, 1 down: ranker");
  await shows(tab, '[data-node="ranker"]', "down");
  assertEquals(await evaluate<string>(tab, "document.activeElement.dataset.name"), "encoder");
  fake.send({ kind: "status", status: status(encoder(1)) });
  await until(tab, `document.querySelector('[data-name="ranker"]') === null`);
});

pageTest("The topology shows what an Executor does, its errors, and when it stops", {
  status: status(encoder(1)),
}, async ({ tab, fake }) => {
  const later = (seconds: number) => new Date(AT.getTime() + seconds * 1000);
  fake.send(sample(later(1), ["encoder"], 10, { requests: { count: 10, errors: 2, p50: 3, p95: 12 } }));
  await shows(tab, ".gateway .figures", "10/s3/12 ms2 err");
  await shows(tab, '[data-node="encoder"] .figures', "30/s2.1/8.4 ms");
  fake.send(sample(later(20), [], 0, { requests: { count: 0, errors: 0 } }));
  await shows(tab, '[data-node="encoder"] .figures', "idle");
  assert((await tab.page.$$(".edge.busy")).length === 0);
});
