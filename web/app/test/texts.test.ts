import { describe, expect, it } from 'vitest';
import type { Texts } from '../src/texts/en';

const catalogues = import.meta.glob<Texts>('../src/texts/*.ts', { import: 'default', eager: true });
const english = flatten(catalogues['../src/texts/en.ts']!);
const translations = Object.entries(catalogues).filter(([path]) => !path.endsWith('/en.ts'));

type Tree = { readonly [key: string]: string | Tree };

/** The texts by their full key, for example `chat.empty`. */
function flatten(tree: Tree, prefix = ''): Map<string, string> {
  return new Map(Object.entries(tree).flatMap(([key, value]) => (typeof value === 'string' ? [[prefix + key, value] as const] : [...flatten(value, `${prefix}${key}.`)])));
}

/** Languages have different plural forms, so all forms of a text count as one key. */
const withoutPluralForm = (key: string): string => key.replace(/_(zero|one|two|few|many|other)$/, '');

function placeholdersOf(texts: ReadonlyMap<string, string>): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [key, text] of texts) found[withoutPluralForm(key)] = [...text.matchAll(/\{\{([^},]+)/g)].map(([, name]) => name!.trim()).sort();
  return found;
}

describe('the texts', () => {
  it('there is at least one language besides English', () => {
    expect(translations.length).toBeGreaterThan(0);
  });

  it.each(translations)('%s has the same keys and placeholders as English', (_, texts) => {
    expect(placeholdersOf(flatten(texts))).toEqual(placeholdersOf(english));
  });

  it.each(Object.entries(catalogues))('%s has no empty text and a plural form "other" for every plural', (_, texts) => {
    const flat = flatten(texts);
    expect([...flat].filter(([, text]) => text.trim() === '')).toEqual([]);
    expect([...flat.keys()].filter(key => withoutPluralForm(key) !== key && !flat.has(`${withoutPluralForm(key)}_other`))).toEqual([]);
  });
});
