/**
 * `deno task page:screenshots [STATE…]`: writes the pictures of the page in docs/images, of a Flow that serves, swaps and
 * fails. It needs Chromium.
 */
import { join } from "node:path";
import { Flow } from "../mod.ts";
import { Tab } from "../tests/support/chromium.ts";
import { TempFolder } from "../tests/support/temp_folder.ts";

const ROOT = join(import.meta.dirname ?? ".", "..");
const IMAGES = "docs/images";
const MOST_BYTES = 200_000;
const PACKAGE = new URL("../mod.ts", import.meta.url).href;
const VIEW = { width: 1360, height: 860 };

/** The Executors of the Flow; each waits a little, as real work does. */
const sources: Readonly<Record<string, string>> = {
  reader: executor("Reader", "doc.text = doc.text.trim();", 2),
  encoder: executor("Encoder", 'doc.tags.words = doc.text.split(" ").length;', 6),
  ranker: executor(
    "Ranker",
    `if (doc.text === "") throw new RangeError("a document has no text");
      doc.tags.rank = doc.text.length % 7;`,
    4,
  ),
  step: executor("Step", "doc.tags.steps = Number(doc.tags.steps ?? 0) + 1;", 3),
  answer: executor("Answer", "doc.text = `${doc.text}: ${doc.tags.words ?? 0} words`;", 1),
};

function executor(name: string, line: string, ms: number): string {
  return `import { type DocumentArray, Executor, requests } from ${JSON.stringify(PACKAGE)};

export class ${name} extends Executor {
  @requests({ on: "/search" })
  async search(docs: DocumentArray) {
    await new Promise((done) => setTimeout(done, ${ms} * (1 + Math.random())));
    for (const doc of docs) {
      ${line}
    }
  }

  @requests({ on: "/explain" })
  explain(docs: DocumentArray) {
    this.logger.info(\`explains \${docs.length} documents\`);
  }

  @requests({ on: "/slow" })
  async slow() {
    await new Promise((done) => setTimeout(done, 4000));
  }
}
`;
}

/** A Flow that serves, a page that shows it, and requests that come all the time. */
class Scene implements AsyncDisposable {
  #isOver = false;
  #traffic: Promise<void> = Promise.resolve();

  private constructor(readonly folder: TempFolder, readonly flow: Flow, readonly tab: Tab) {}

  /** Begins; the page shows some seconds of traffic. */
  static async begin(flowOf: (folder: TempFolder) => Flow): Promise<Scene> {
    const folder = await TempFolder.make("/tmp");
    for (const [name, text] of Object.entries(sources)) await folder.write(`${name}.ts`, text);
    const flow = await flowOf(folder).start();
    const tab = await Tab.open();
    await tab.page.setViewport(VIEW);
    const scene = new Scene(folder, flow, tab);
    await tab.page.goto(scene.at("/"));
    await tab.page.waitForSelector(".node");
    scene.#traffic = scene.#ask();
    return scene;
  }

  at(path: string): string {
    return `http://127.0.0.1:${this.flow.port}${path}`;
  }

  /** Waits until the page has so many samples. */
  async samples(seconds: number): Promise<void> {
    await new Promise((done) => setTimeout(done, seconds * 1000));
  }

  /** Replaces a part of an Executor, and saves it. */
  async edit(name: string, from: string, to: string): Promise<void> {
    const text = await Deno.readTextFile(this.folder.at(`${name}.ts`));
    await this.folder.write(`${name}.ts`, text.replace(from, () => to));
  }

  /** Waits until the text of an element matches. */
  async shows(selector: string, expected: RegExp): Promise<void> {
    await this.tab.page.waitForFunction(
      `${expected}.test(document.querySelector(${JSON.stringify(selector)})?.textContent ?? "")`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#traffic;
    await this.tab[Symbol.asyncDispose]();
    await this.flow.close();
    await this.folder[Symbol.asyncDispose]();
  }

  async #ask(): Promise<void> {
    while (!this.#isOver) {
      await this.post("/search", Math.random() < 0.3 ? 3 : 1).catch(() => {});
      await new Promise((done) => setTimeout(done, 20 * Math.random()));
    }
  }

  /** Sends a request. */
  async post(path: string, documents = 1, more: Record<string, unknown> = {}): Promise<void> {
    const data = Array.from({ length: documents }, (_, at) => ({ text: ` a text to search for ${at} ` }));
    const headers = { "content-type": "application/json" };
    await (await fetch(this.at(path), { method: "POST", headers, body: JSON.stringify({ data, ...more }) }))
      .text();
  }
}

function searchFlow(folder: TempFolder): Flow {
  const of = (name: string) => ({ name, uses: folder.at(`${name}.ts`), reload: true });
  return new Flow({ port: 0, log: () => {} })
    .add(of("reader"))
    .add({ ...of("encoder"), replicas: 2 })
    .add({ ...of("ranker"), needs: "reader", isolation: "process" })
    .add({ ...of("answer"), needs: ["encoder", "ranker"] });
}

/** A Flow of 30 Executors with forks and joins. */
function largeFlow(folder: TempFolder): Flow {
  const flow = new Flow({ port: 0, log: () => {} });
  const add = (name: string, ...needs: string[]) => flow.add({ name, uses: folder.at("step.ts"), needs });
  add("reader", "gateway");
  add("cleaner", "reader");
  add("splitter", "cleaner");
  for (const kind of ["text", "image", "audio", "video"]) {
    for (const [at, step] of ["load", "encode", "norm", "index"].entries()) {
      add(`${kind}-${step}`, at === 0 ? "splitter" : `${kind}-${["load", "encode", "norm"][at - 1]}`);
    }
  }
  add("text-rank", "text-index", "text-norm");
  add("image-rank", "image-index");
  add("media-join", "audio-index", "video-index");
  add("first-join", "text-rank", "image-rank");
  add("cross", "first-join", "media-join");
  add("rerank", "cross", "cleaner");
  add("filter", "rerank");
  add("dedupe", "filter");
  add("translate", "dedupe");
  add("summary", "dedupe");
  add("answer", "translate", "summary");
  return flow;
}

const WORDS = ['doc.text.split(" ").length', "doc.text.split(/\\s+/).filter(Boolean).length"] as const;

/** The states; each returns the part of the page that the picture shows, all of it when there is none. */
const STATES: Readonly<Record<string, (scene: Scene) => Promise<string | void>>> = {
  async serving(scene) {
    await scene.edit("encoder", ...WORDS);
    await scene.shows(".load h3", /encoder v2/);
    await scene.edit("reader", "doc.text.trim()", 'doc.text.trim().replaceAll("  ", " ")');
    await scene.shows(".load h3", /reader v2/);
    await scene.samples(40);
  },
  async swap(scene) {
    await scene.samples(6);
    const slow = scene.post("/slow", 1, { targetExecutor: "encoder" });
    await scene.samples(1);
    await scene.edit("encoder", ...WORDS);
    await scene.shows('[data-node="encoder"]', /draining.*v2/);
    await scene.tab.page.screenshot({
      path: pathOf("swap"),
      clip: { x: 0, y: 0, width: VIEW.width, height: 345 },
    });
    await slow;
  },
  async "failed-load"(scene) {
    await scene.samples(6);
    await scene.edit("encoder", WORDS[0], 'doc.text.split(" ".length');
    await scene.shows(".overlay .title", /could not be loaded/);
    await scene.samples(1);
  },
  async "try-it"(scene) {
    await scene.samples(3);
    await scene.tab.page.goto(scene.at("/#try=POST%20%2Fsearch"));
    await scene.samples(2);
    await scene.tab.page.evaluate(
      `[...document.querySelectorAll("#try button")].find((button) => /^Send/.test(button.textContent)).click()`,
    );
    await scene.samples(2);
    return "#try";
  },
  async log(scene) {
    await scene.edit("encoder", ...WORDS);
    await scene.shows(".load h3", /encoder v2/);
    await scene.edit("ranker", "% 7", "% (");
    await scene.shows(".overlay .title", /could not be loaded/);
    await scene.edit("ranker", "% (", "% 5");
    await scene.shows(".load h3", /ranker v3/);
    for (let times = 1; times <= 2; times++) {
      await scene.post("/explain", times);
      await scene.post("/search", 1, { data: [{ text: "" }] });
    }
    await scene.samples(2);
    return "#log";
  },
  async "thirty-executors"(scene) {
    await scene.tab.page.setViewport({ ...VIEW, height: 1150 });
    await scene.samples(20);
    return "#topology";
  },
};

function pathOf(state: string): `${string}.png` {
  return `${join(ROOT, IMAGES, state)}.png`;
}

/** Where a part of the page is, with a margin; the view is made so high that nothing lies over it. */
async function clipOf(
  { tab: { page } }: Scene,
  selector: string,
): Promise<{ x: number; y: number; width: number; height: number }> {
  await page.setViewport({ ...VIEW, height: 3000 });
  return await page.evaluate(`(() => {
    const { x, y, width, height } = document.querySelector(${
    JSON.stringify(selector)
  }).getBoundingClientRect();
    return { x: x + scrollX - 8, y: y + scrollY - 8, width: width + 16, height: height + 16 };
  })()`) as { x: number; y: number; width: number; height: number };
}

async function write(state: string): Promise<void> {
  await using scene = await Scene.begin(state === "thirty-executors" ? largeFlow : searchFlow);
  const part = await STATES[state](scene);
  const path = pathOf(state);
  if (state !== "swap") {
    await scene.tab.page.screenshot({ path, ...(part && { clip: await clipOf(scene, part) }) });
  }
  const { size } = await Deno.stat(path);
  if (size > MOST_BYTES) {
    throw new Error(`Cannot keep ${path}: it has ${size} bytes, expected at most ${MOST_BYTES}`);
  }
}

if (import.meta.main) {
  await Deno.mkdir(join(ROOT, IMAGES), { recursive: true });
  const states = Deno.args.length > 0 ? Deno.args : Object.keys(STATES);
  for (const state of states) await write(state);
}
