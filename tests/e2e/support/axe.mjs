import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The findings of axe on the current page, one line per finding. */
export async function accessibilityFindings(page) {
  // The page's Content-Security-Policy would block a script element, but not `evaluate`.
  await page.evaluate(source);
  const { violations } = await page.evaluate(tags => globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags } }), rules);
  return violations.map(found => `${found.impact} ${found.id}: ${found.nodes.map(node => node.html.slice(0, 120)).join(' | ')}`);
}
