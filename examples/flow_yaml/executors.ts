import { type DocumentArray, Executor, requests } from "@hotflow/hotflow";

/** Counts the words of a text. */
export class Words extends Executor {
  @requests()
  count(docs: DocumentArray) {
    for (const doc of docs) doc.tags.words = (doc.text ?? "").split(/\s+/).filter(Boolean).length;
  }
}

const COMMON: Record<string, RegExp> = {
  English: /\b(?:the|and|of|is|to)\b/gi,
  German: /\b(?:der|die|und|ist|nicht)\b/gi,
  French: /\b(?:le|la|et|est|les)\b/gi,
};

/** Guesses the language of a text by its commonest words. */
export class Language extends Executor {
  #otherwise: string;

  constructor({ otherwise = "no language" } = {}) {
    super();
    this.#otherwise = otherwise;
  }

  @requests()
  guess(docs: DocumentArray) {
    for (const doc of docs) doc.tags.language = this.#guess(doc.text ?? "");
  }

  #guess(text: string): string {
    const found = Object.entries(COMMON).map(([name, words]) => ({
      name,
      hits: text.match(words)?.length ?? 0,
    }));
    const [best] = found.toSorted((a, b) => b.hits - a.hits);
    return best.hits > 0 ? best.name : this.#otherwise;
  }
}

/** Says what the others have found. */
export class Report extends Executor {
  @requests()
  report(docs: DocumentArray) {
    for (const doc of docs) {
      const { words, language } = doc.tags;
      doc.text = `${words} words${language === undefined ? "" : ` in ${language}`}`;
    }
  }
}

/** Says it louder; flow.yml does not name it yet. */
export class Shout extends Executor {
  #mark: string;

  constructor({ mark = "!" } = {}) {
    super();
    this.#mark = mark;
  }

  @requests()
  shout(docs: DocumentArray) {
    for (const doc of docs) doc.text = `${doc.text?.toUpperCase()}${this.#mark}`;
  }
}
