/** How many equal lines a diff shows around each change. */
const CONTEXT = 3;
/** The largest table, in cells; a larger change is shown as all of its lines. */
const MAX_CELLS = 1_000_000;

/** One line of a diff: kept, removed or added. */
type Line = readonly [mark: " " | "-" | "+", text: string];

/**
 * Compares two texts line by line.
 *
 * @param maxLength How many characters the result has at most; what does not fit is counted in its last line.
 * @returns The hunks of a unified diff, without its header; empty when the lines are the same.
 */
export function lineDiff(before: string, after: string, maxLength = Infinity): string {
  const lines = hunksOf(compared(linesOf(before), linesOf(after)));
  let length = 0;
  const end = lines.findIndex((line) => (length += line.length + 1) > maxLength);
  return (end < 0 ? lines : [...lines.slice(0, end), `\\ ${lines.length - end} more lines`]).join("\n");
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
}

/** All lines of both texts with their marks. */
function compared(before: readonly string[], after: readonly string[]): Line[] {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start++;
  let end = 0;
  while (end < most - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const kept = (lines: readonly string[]) => lines.map((line) => [" ", line] as const);
  return [
    ...kept(before.slice(0, start)),
    ...changed(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...kept(before.slice(before.length - end)),
  ];
}

/** The lines between the first and the last difference, by their longest common subsequence. */
function changed(before: readonly string[], after: readonly string[]): Line[] {
  const [rows, columns] = [before.length, after.length];
  const isSmall = rows * columns <= MAX_CELLS;
  const width = columns + 1;
  /** How many lines are common to the rest of both texts from a row and a column on. */
  const common = new Uint32Array(isSmall ? (rows + 1) * width : 0);
  for (let row = rows - 1; isSmall && row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      const at = row * width + column;
      common[at] = before[row] === after[column]
        ? common[at + width + 1] + 1
        : Math.max(common[at + width], common[at + 1]);
    }
  }
  const lines: Line[] = [];
  let [row, column] = [0, 0];
  while (row < rows || column < columns) {
    const at = row * width + column;
    if (isSmall && row < rows && column < columns && before[row] === after[column]) {
      lines.push([" ", before[row++]]);
      column++;
    } else if (row < rows && (column === columns || !isSmall || common[at + width] >= common[at + 1])) {
      lines.push(["-", before[row++]]);
    } else lines.push(["+", after[column++]]);
  }
  return lines;
}

/** The changed lines with those around them, each hunk after a line with its place. */
function hunksOf(lines: readonly Line[]): string[] {
  const result: string[] = [];
  let hunk: string[] = [];
  let [old, young] = [1, 1];
  let begin: readonly [number, number] = [1, 1];
  let unchanged = Infinity;
  const close = () => {
    if (hunk.length === 0) return;
    const shown = hunk.slice(0, hunk.length - Math.max(0, unchanged - CONTEXT));
    const count = (mark: string) => shown.filter((line) => !line.startsWith(mark)).length;
    result.push(`@@ -${begin[0]},${count("+")} +${begin[1]},${count("-")} @@`, ...shown);
    hunk = [];
  };
  lines.forEach(([mark, text], index) => {
    if (mark === " ") unchanged++;
    else {
      if (unchanged > 2 * CONTEXT) {
        close();
        const context = lines.slice(Math.max(0, index - CONTEXT), index);
        hunk = context.map(([, text]) => ` ${text}`);
        begin = [old - context.length, young - context.length];
      }
      unchanged = 0;
    }
    if (hunk.length > 0 || mark !== " ") hunk.push(mark + text);
    if (mark !== "+") old++;
    if (mark !== "-") young++;
  });
  close();
  return result;
}
