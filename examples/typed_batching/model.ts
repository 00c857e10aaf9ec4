/** How long the model takes for one call, for one text and for 32, in milliseconds: as on a graphics card. */
const CALL_MS = 20;

/** Words that tell a mood, and how much: edit them while the service runs. */
const WEIGHTS: Readonly<Record<string, number>> = { great: 1, good: 0.6, slow: -0.6, broken: -1 };

/** A stand-in for a model: the mood of each text, from -1 (bad) to 1 (good). */
export function moodsOf(texts: readonly string[]): number[] {
  const end = performance.now() + CALL_MS;
  while (performance.now() < end);
  return texts.map((text) => {
    const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
    const sum = words.reduce((sum, word) => sum + (WEIGHTS[word] ?? 0), 0);
    return Math.max(-1, Math.min(1, sum));
  });
}
