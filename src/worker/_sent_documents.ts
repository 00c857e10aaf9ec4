import { type DocumentArray, toDocumentArray } from "../document/document_array.ts";
import { isPlain, nameOf } from "../document/json_value.ts";
import { returnedDocuments, returnedResult } from "./_handler_result.ts";

/** What a batch's handler has returned, for each of its requests. */
export interface Division {
  /** The documents of each request, or the plain object that the handler returned. */
  readonly shares: readonly (DocumentArray | object)[];
  /** Whether all documents are objects that the handler was given; left out when there are none. */
  readonly areGiven?: boolean;
}

/** The owner of what several requests have sent. */
const SEVERAL = -1;

/** The documents of a batch as its requests have sent them, in order to find out whose are those that a handler returns. */
export class SentDocuments {
  /** All documents, for the handler. */
  readonly all: DocumentArray;
  /** The ids as they were sent: handlers may change those of the documents. */
  readonly #ids: readonly string[];

  /** @param sent The documents of each request. */
  constructor(private readonly sent: readonly DocumentArray[]) {
    this.all = toDocumentArray(sent.flatMap((docs) => [...docs]));
    this.#ids = this.all.map(({ id }) => id);
  }

  /**
   * Divides what the handler has returned: each document belongs to the request that has sent the same object, or else
   * its id. Those with ids that no request has sent are divided by position when all others are where they were sent.
   *
   * @throws {TypeError} When it is no list of documents, or one that cannot be divided without a guess.
   */
  divide(returned: unknown): Division {
    if (returned !== undefined && returned !== null && !Array.isArray(returned)) {
      if (!isPlain(returned)) throw notDivisible(nameOf(returned), EXPECTED);
      const result = returnedResult(returned) as object;
      return { shares: this.sent.map(() => result), areGiven: true };
    }
    const docs = returnedDocuments(returned) ?? this.all;
    const given = this.sent.flatMap((docs) => [...docs]);
    const isSame = docs.length === given.length && docs.every((doc, index) => doc === given[index]);
    if (isSame) return { shares: this.sent, ...(docs.length > 0 && { areGiven: true }) };
    const owners = this.sent.flatMap((docs, request) => docs.map(() => request));
    const byObject = ownersOf<object>(given, owners);
    const shares = this.sent.map(() => toDocumentArray([]));
    this.#ownersOf(docs, byObject, owners).forEach((owner, index) => shares[owner].push(docs[index]));
    return { shares, ...(docs.length > 0 && { areGiven: docs.every((doc) => byObject.has(doc)) }) };
  }

  /** @param owners The request of each document that was sent. */
  #ownersOf(
    docs: DocumentArray,
    byObject: ReadonlyMap<object, number>,
    owners: readonly number[],
  ): readonly number[] {
    const byId = ownersOf(this.#ids, owners);
    const found = docs.map((doc) => byObject.get(doc) ?? byId.get(doc.id));
    const shared = found.indexOf(SEVERAL);
    if (shared >= 0) {
      throw notDivisible(
        `a new document with the id "${docs[shared].id}", which several of them have sent,`,
        "the document itself that the handler was given, or ids that differ",
      );
    }
    const known = found.filter((owner) => owner !== undefined);
    if (known.length === docs.length) return known;
    const isMoved = docs.some((doc, index) =>
      found[index] !== undefined && found[index] !== owners[index] ||
      byId.has(doc.id) && doc.id !== this.#ids[index]
    );
    if (!isMoved && docs.length === owners.length) return owners;
    const what = `${docs.length} documents for ${owners.length}, some with an id that none has sent,`;
    throw notDivisible(what, EXPECTED);
  }
}

const EXPECTED =
  "nothing, one document for each one in their order, documents with the ids of those that were sent, " +
  "or a plain object";

function notDivisible(what: string, expected: string): TypeError {
  return new TypeError(`Cannot divide ${what} among the requests of a batch: expected ${expected}`);
}

/** The request of each item; `SEVERAL` for an item of several requests. */
function ownersOf<T>(items: readonly T[], owners: readonly number[]): Map<T, number> {
  const all = new Map<T, number>();
  items.forEach((item, index) => {
    const other = all.get(item) ?? owners[index];
    all.set(item, other === owners[index] ? other : SEVERAL);
  });
  return all;
}
