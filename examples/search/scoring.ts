/** How well a note answers a query. Edit it while the service runs: the next search ranks by it. */
export function score(query: Float64Array, note: Float64Array): number {
  return dot(query, note) / (length(query) * length(note) || 1);
}

function dot(one: Float64Array, other: Float64Array): number {
  return one.reduce((sum, value, index) => sum + value * other[index], 0);
}

function length(vector: Float64Array): number {
  return Math.sqrt(dot(vector, vector));
}
