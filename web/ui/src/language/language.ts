import i18next, { type ResourceKey } from 'i18next';
import { initReactI18next } from 'react-i18next';

/** The texts of one page in all its languages, each named by its BCP 47 tag. */
export interface Catalogue {
  /** For visitors whose languages have no texts. Part of the first download. */
  readonly fallback: { readonly language: string; readonly texts: ResourceKey };
  /** The other languages, which load on demand. */
  readonly translations: ReadonlyMap<string, () => Promise<ResourceKey>>;
}

/** The first preferred language that has texts, where `de-AT` is served by `de` (RFC 4647 §3.4); the first available one when none has. */
export function chooseLanguage(preferred: readonly string[], available: readonly [string, ...string[]]): string {
  for (const tag of preferred) {
    for (let range = tag.toLowerCase(); range !== ''; range = range.slice(0, Math.max(0, range.lastIndexOf('-')))) {
      const found = available.find(language => language.toLowerCase() === range);
      if (found !== undefined) return found;
    }
  }
  return available[0];
}

/** Loads the texts in the visitor's language. A language file that does not arrive leaves the page in the fallback language. */
export async function loadLanguage({ fallback, translations }: Catalogue): Promise<void> {
  const wanted = chooseLanguage(navigator.languages, [fallback.language, ...translations.keys()]);
  const texts = await translations.get(wanted)?.().catch(() => undefined);
  const language = texts === undefined ? fallback.language : wanted;
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: fallback.language,
    resources: { [fallback.language]: { translation: fallback.texts }, ...(texts === undefined ? {} : { [language]: { translation: texts } }) },
    // React escapes what it renders. Names and messages that look like placeholders must stay text.
    interpolation: { escapeValue: false, skipOnVariables: true },
  });
  document.documentElement.lang = language;
}
