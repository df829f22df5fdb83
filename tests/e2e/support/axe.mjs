import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds on the page as it is now, one line a finding. */
export async function accessibilityFindings(page) {
  // evaluate is not bound by the page's Content-Security-Policy, a script tag would be.
  await page.evaluate(source);
  const { violations } = await page.evaluate(tags => globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags } }), rules);
  return violations.map(found => `${found.impact} ${found.id}: ${found.nodes.map(node => node.html.slice(0, 120)).join(' | ')}`);
}
