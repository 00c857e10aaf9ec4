/** How often is drawn at most while the page is not visible: browsers draw no frames then. */
const HIDDEN_MS = 500;

/** A function that draws at the next frame, once, however often it is called until then. */
export function atNextFrame(draw: () => void): () => void {
  let isPlanned = false;
  const run = () => {
    isPlanned = false;
    draw();
  };
  return () => {
    if (isPlanned) return;
    isPlanned = true;
    if (document.hidden) setTimeout(run, HIDDEN_MS);
    else requestAnimationFrame(run);
  };
}
