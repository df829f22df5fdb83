// Less data, as the person chooses it: how many tiles the page shows, and which pictures it asks for.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../e2e/support/browser.mjs';
import { until } from '../e2e/support/until.mjs';
import { servePage } from './support/page-server.mjs';
import { meetingId, participantsOf, scriptMeeting } from './support/scripted-meeting.mjs';

let server;
let browser;
before(async () => {
  server = await servePage();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

describe('the data saver', () => {
  it('shows at most nine or four tiles, says how many people have none, and asks for no picture of them', { timeout: 180_000 }, async () => {
    const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 }, permissions: ['camera', 'microphone'] });
    try {
      const page = await context.newPage();
      const others = participantsOf(11).map(one => ({ ...one, video: false })); // the tiles are what counts, and no pictures need to be sent
      const meeting = await scriptMeeting(page, { others, capabilities: { view: true } });
      await page.goto(`${server.url}/m/${meetingId}`);
      await page.getByTestId('name-input').fill('Ada Lovelace');
      await page.getByTestId('join-button').click();
      await page.locator('[data-testid=meeting][data-phase=connected]').waitFor();
      await page.getByTestId('open-devices').click();

      const shown = async () => ({
        tiles: await page.getByTestId('tile').count(), more: await page.getByTestId('more-tile').allTextContents(), asked: meeting.sent.filter(({ type }) => type === 'view').at(-1)?.tracks.length,
      });
      for (const [use, expected] of [
        ['automatic', { tiles: 12, more: [], asked: 11 }], ['reduced', { tiles: 8, more: ['and 4 more'], asked: 7 }], ['low', { tiles: 3, more: ['and 9 more'], asked: 2 }],
        ['automatic', { tiles: 12, more: [], asked: 11 }],
      ]) {
        await page.getByTestId('data-use').selectOption(use);
        let last;
        const isExpected = async () => JSON.stringify(last = await shown()) === JSON.stringify(expected);
        await until(isExpected, `the page shows ${JSON.stringify(expected)} with ${use}`).catch(error => assert.fail(`${error.message}; it shows ${JSON.stringify(last)}`));
      }
    } finally {
      await context.close();
    }
  });
});
