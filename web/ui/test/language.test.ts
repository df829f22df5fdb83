import { describe, expect, it } from 'vitest';
import { chooseLanguage } from '../src/language/language';

describe('the choice of a language', () => {
  it.each([
    [['de'], 'de'], [['de-AT', 'en'], 'de'], [['DE-de'], 'de'], [['en-GB', 'de'], 'en'], [['fr', 'de', 'en'], 'de'], [['fr'], 'en'], [[], 'en'], [['zh-Hant-TW', 'pt-BR'], 'pt-BR'],
  ])('the preferences %j lead to the language %s', (preferred, language) => {
    expect(chooseLanguage(preferred, ['en', 'de', 'pt-BR'])).toBe(language);
  });
});
