/** The samples of Prometheus' text format; throws where a line is neither a comment nor a sample. */
export class Samples {
  readonly types: ReadonlyMap<string, string>;
  readonly #values = new Map<string, number>();

  constructor(text: string) {
    this.types = new Map(
      Array.from(text.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name, type]) => [name, type]),
    );
    for (const line of text.split("\n").filter((line) => line !== "" && !line.startsWith("# "))) {
      const [whole, name, labels = "", value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (whole === undefined) throw new Error(`no sample: ${line}`);
      const pairs = Array.from(
        labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g),
        ([, key, value]) => [key, value],
      );
      const key = keyOf(name, Object.fromEntries(pairs));
      if (this.#values.has(key)) throw new Error(`twice: ${line}`);
      this.#values.set(key, Number(value));
    }
  }

  static async of(url: string): Promise<Samples> {
    const response = await fetch(url);
    const text = await response.text();
    if (response.status !== 200) throw new Error(text);
    return new Samples(text);
  }

  /** The value of a sample; `undefined` when there is none. */
  get(name: string, labels: Record<string, string> = {}): number | undefined {
    return this.#values.get(keyOf(name, labels));
  }

  /** The values of a label in the samples of a name. */
  labels(name: string, label: string): string[] {
    const own = [...this.#values.keys()].map((key) => JSON.parse(key)).filter(([other]) => other === name);
    const values: string[] = own.map(([, pairs]) => Object.fromEntries(pairs)[label]);
    return [...new Set(values)].sort();
  }
}

function keyOf(name: string, labels: Record<string, string>): string {
  return JSON.stringify([name, Object.entries(labels).sort(([a], [b]) => a < b ? -1 : 1)]);
}
