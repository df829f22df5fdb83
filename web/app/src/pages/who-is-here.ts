export function whoIsHere(names: readonly string[]): string {
  const [first, second, ...others] = names;
  if (first === undefined) return 'Nobody is there yet.';
  if (second === undefined) return `${first} is there already.`;
  if (others.length === 0) return `${first} and ${second} are there already.`;
  return `${first}, ${second} and ${others.length} more are there already.`;
}
