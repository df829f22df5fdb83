import type { TFunction } from 'i18next';

/** Names the participants who are in the meeting already. */
export function presenceText(t: TFunction, names: readonly string[]): string {
  const [first, second, ...others] = names;
  if (first === undefined) return t('preJoin.nobodyHere');
  if (second === undefined) return t('preJoin.oneHere', { name: first });
  if (others.length === 0) return t('preJoin.twoHere', { first, second });
  return t('preJoin.moreHere', { first, second, count: others.length });
}
