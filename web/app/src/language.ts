import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import en, { type Texts } from './texts/en';

const fallback = 'en';

/** One file per language, named by its BCP 47 tag; adding a file adds the language. English is part of the first download, the others load on demand. */
const translations = new Map(
  Object.entries(import.meta.glob<Texts>(['./texts/*.ts', '!./texts/en.ts'], { import: 'default' }))
    .map(([path, load]) => [path.slice(path.lastIndexOf('/') + 1, -'.ts'.length), load]),
);

/** The first preferred language that has texts, where `de-AT` is served by `de` (RFC 4647 §3.4); English when none has. */
export function chooseLanguage(preferred: readonly string[], available: readonly string[]): string {
  for (const tag of preferred) {
    for (let range = tag.toLowerCase(); range !== ''; range = range.slice(0, Math.max(0, range.lastIndexOf('-')))) {
      const found = available.find(language => language.toLowerCase() === range);
      if (found !== undefined) return found;
    }
  }
  return fallback;
}

/** Loads the texts in the visitor's language. A language file that does not arrive leaves the page in English. */
export async function startLanguage(): Promise<void> {
  const wanted = chooseLanguage(navigator.languages, [fallback, ...translations.keys()]);
  const texts = await translations.get(wanted)?.().catch(() => undefined);
  const language = texts === undefined ? fallback : wanted;
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: fallback,
    resources: { [fallback]: { translation: en }, ...(texts === undefined ? {} : { [language]: { translation: texts } }) },
    // React escapes what it renders. Names and messages that look like placeholders must stay text.
    interpolation: { escapeValue: false, skipOnVariables: true },
  });
  document.documentElement.lang = language;
}
