import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startLanguage } from '../src/language';
import { NoticePage } from '../src/pages/notice/NoticePage';
import { StartPage } from '../src/pages/start/StartPage';

afterEach(() => { vi.unstubAllGlobals(); });

/** The start page and a notice as a browser with these preferred languages shows them. */
async function pageIn(languages: readonly string[]): Promise<{ readonly html: string; readonly lang: string }> {
  const document = { documentElement: { lang: '' } };
  vi.stubGlobal('navigator', { languages });
  vi.stubGlobal('document', document);
  await startLanguage();
  vi.unstubAllGlobals();
  const html = [createElement(StartPage), createElement(NoticePage, { notice: 'meeting-full' })].map(page => renderToStaticMarkup(page)).join('');
  return { html, lang: document.documentElement.lang };
}

describe('the language of the page', () => {
  it('the page renders in German when the first preferred language is German', async () => {
    const { html, lang } = await pageIn(['de-DE', 'en']);
    expect(lang).toBe('de');
    expect(html).toContain('Neues Meeting');
    expect(html).toContain('Dieses Meeting ist voll');
    expect(html).not.toContain('New meeting');
  });

  it('the page renders in English when no preferred language has texts', async () => {
    const { html, lang } = await pageIn(['fr-FR', 'nl']);
    expect(lang).toBe('en');
    expect(html).toContain('New meeting');
    expect(html).toContain('This meeting is full');
  });

  it('a name that looks like a placeholder stays text', async () => {
    const { default: i18next } = await import('i18next');
    await pageIn(['en']);
    expect(i18next.t('meeting.joined', { name: '{{name}} $t(app.name)' })).toBe('{{name}} $t(app.name) joined');
  });
});
