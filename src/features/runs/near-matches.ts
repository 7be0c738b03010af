/** Up to five candidates a typing error away from `text`, nearest first; parts of a name count as near. */
export function nearest(text: string, candidates: readonly string[]): readonly string[] {
  const wanted = text.toLowerCase();
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  const scored = [...new Set(candidates)].map((candidate) => ({
    candidate,
    score: distance(wanted, candidate.toLowerCase(), limit),
  }));
  return scored
    .filter((each) => each.score <= limit)
    .sort((a, b) => a.score - b.score)
    .slice(0, 5)
    .map((each) => each.candidate);
}

/** Levenshtein distance; 0.5 for a part of three letters or more; `limit + 1` stands for "too far". */
function distance(a: string, b: string, limit: number): number {
  if (a.length >= 3 && b.includes(a)) return 0.5;
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? limit + 1;
}
