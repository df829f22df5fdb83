/** The first letters of the first and the last word, in any script. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const first = [...words[0] ?? '?'][0] ?? '?';
  const last = words.length > 1 ? [...words.at(-1)!][0] ?? '' : '';
  return (first + last).toLocaleUpperCase();
}

/** One of six hues. A participant has the same hue in every browser. */
export function hueOf(seed: string): number {
  let hash = 0;
  for (const character of seed) hash = (hash * 31 + character.codePointAt(0)!) % 9973;
  return hash % 6;
}
