import { distance } from "fastest-levenshtein";

/** The candidate that `word` was probably meant to be: one that it begins, or one a few typing errors away. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const typed = word.toLowerCase();
  const known = [...candidates];
  const begun = known.filter((candidate) => typed.length > 2 && candidate.toLowerCase().startsWith(typed));
  if (begun.length === 1) return begun[0];
  const [best] = known
    .map((candidate) => ({ candidate, errors: distance(typed, candidate.toLowerCase()) }))
    .filter(({ candidate, errors }) => errors <= tolerance(typed.length) && errors < candidate.length)
    .sort((a, b) => a.errors - b.errors);
  return best?.candidate;
}

/** `, did you mean "x"?`, or nothing when no candidate is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const meant = nearest(word, candidates);
  return meant === undefined ? "" : `, did you mean ${JSON.stringify(meant)}?`;
}

// Two neighbouring letters swapped count as two errors, so words of three letters get two.
function tolerance(length: number): number {
  if (length < 3) return 1;
  return Math.max(2, Math.floor(length * 0.4));
}
