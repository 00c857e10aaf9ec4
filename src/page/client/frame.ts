/** How often is drawn at most while the page is not visible: browsers draw no frames then. */
const HIDDEN_MS = 500;

/**
 * A function that draws at the next frame, once, however often it is called until then.
 *
 * @param pause How many milliseconds are at least between two of its frames.
 */
export function atNextFrame(draw: () => void, pause: () => number = () => 0): () => void {
  let isPlanned = false;
  let last = -Infinity;
  const run = () => {
    isPlanned = false;
    last = performance.now();
    draw();
  };
  return () => {
    if (isPlanned) return;
    isPlanned = true;
    const left = last + pause() - performance.now();
    if (document.hidden) setTimeout(run, HIDDEN_MS);
    else if (left > 0) setTimeout(() => requestAnimationFrame(run), left);
    else requestAnimationFrame(run);
  };
}
