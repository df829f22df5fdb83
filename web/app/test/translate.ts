import i18next, { type TFunction } from 'i18next';
import { vi } from 'vitest';
import { startLanguage } from '../src/language';

/** Starts the page's language as a browser with these preferences does; returns the function that looks texts up. */
export async function translate(languages: readonly string[]): Promise<TFunction> {
  vi.stubGlobal('navigator', { languages });
  vi.stubGlobal('document', { documentElement: { lang: '' } });
  try {
    await startLanguage();
  } finally {
    vi.unstubAllGlobals();
  }
  return i18next.t;
}
