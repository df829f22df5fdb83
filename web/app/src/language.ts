import { loadLanguage } from '@meetoperator/ui';
import en, { type Texts } from './texts/en';

/** One file per language, named by its BCP 47 tag; adding a file adds the language. */
const translations = new Map(
  Object.entries(import.meta.glob<Texts>(['./texts/*.ts', '!./texts/en.ts'], { import: 'default' }))
    .map(([path, load]) => [path.slice(path.lastIndexOf('/') + 1, -'.ts'.length), load]),
);

/** Starts the page in the visitor's language, or in English. */
export function startLanguage(): Promise<void> {
  return loadLanguage({ fallback: { language: 'en', texts: en }, translations });
}
