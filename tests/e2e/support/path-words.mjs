import assert from 'node:assert/strict';
import { until } from './until.mjs';

/**
 * Waits until the statistics panel of this person says which path of `pathsInUse` media takes in a network that lets nothing better out, or null if nothing gets through, and checks what it
 * says about the firewall. The panel is open from then on.
 */
export async function readsPath(person, path) {
  const { text, help } = wordsFor(path);
  const { page } = person;
  if (await page.$('[data-testid=statistics-panel]') === null) {
    for (const button of ['quality', 'open-statistics']) {
      await page.waitForSelector(`[data-testid=${button}]`);
      await page.click(`[data-testid=${button}]`);
    }
  }
  const shown = id => page.$$eval(`[data-testid=${id}]`, elements => elements.map(element => element.textContent).join(' '));
  let last;
  await until(async () => text.test(last = await shown('statistics-path')), `${person.name} reads ${text}`, 20_000)
    .catch(error => { throw new Error(`${error.message}, not: ${last}`); });
  assert.match(await shown('statistics-path-help'), help);
}

const udpHelps = /allow UDP to [\da-f.:]+, port/;

function wordsFor(path) {
  if (path === 'tunnel') return { text: /^Media takes a detour through the web server, because no connection to the media server gets through\.$/, help: /^$/ };
  if (path === null) return { text: /^No connection to the media server gets through\.$/, help: udpHelps };
  const [way, protocol, family] = path.split(' ');
  const name = protocol.toUpperCase();
  if (way === 'relay') return { text: new RegExp(`^Media flows through a relay over ${name}, because no direct connection gets through\\.$`), help: udpHelps };
  const over = `${name} \\(IPv${family.at(-1)}\\)`;
  if (protocol === 'udp') return { text: new RegExp(`^Media flows directly over ${over}\\.$`), help: /^$/ };
  return { text: new RegExp(`^Media flows over ${over}, because UDP to the media server gets no answer\\.`), help: udpHelps };
}
