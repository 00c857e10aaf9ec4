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
    if (!isPlanned) return;
    isPlanned = false;
    last = performance.now();
    draw();
  };
  const plan = () => document.hidden ? setTimeout(run, HIDDEN_MS) : requestAnimationFrame(run);
  // The frame that was planned does not come once the page is hidden.
  document.addEventListener("visibilitychange", () => isPlanned && document.hidden && plan());
  return () => {
    if (isPlanned) return;
    isPlanned = true;
    const left = last + pause() - performance.now();
    if (left > 0) setTimeout(plan, left);
    else plan();
  };
}
