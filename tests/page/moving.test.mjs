// The meeting moves to another media node while the page shows pictures. The scripted server is both nodes.
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

/** Runs in the page: counts the pictures in each tile from now on, and measures the longest time without a new one. */
const watchPictures = () => {
  globalThis.shown = [];
  for (const [index, video] of [...globalThis.document.querySelectorAll('[data-testid=tile]:not([data-self=true]) video')].entries()) {
    let last = performance.now();
    const tile = globalThis.shown[index] = { frames: 0, longestGap: 0 };
    const onFrame = () => {
      tile.frames++;
      tile.longestGap = Math.max(tile.longestGap, performance.now() - last);
      last = performance.now();
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  }
  return globalThis.shown.length;
};

describe('a move to another media node', () => {
  it('is not noticed, and is in the statistics', { timeout: 180_000 }, async () => {
    const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 } });
    try {
      const page = await context.newPage();
      const meeting = await scriptMeeting(page, { others: participantsOf(4).map(one => ({ ...one, audio: false, video: true })) });
      await page.goto(`${server.url}/m/${meetingId}`);
      await page.getByTestId('name-input').fill('Ada Lovelace');
      await page.getByTestId('join-button').click();
      await page.locator('[data-testid=meeting][data-phase=connected]').waitFor();
      const areAllShown = () => page.evaluate(() => {
        const videos = [...globalThis.document.querySelectorAll('[data-testid=tile] video')];
        return videos.length >= 4 && videos.every(video => video.videoWidth > 0);
      });
      await until(areAllShown, 'all pictures are shown');
      assert.ok(await page.evaluate(watchPictures) >= 4);

      meeting.send({ type: 'media-move', generation: 2, deadline: 60_000 });
      await meeting.offerAll();

      await until(() => page.evaluate(() => globalThis.sfuSides.length === 2 && ['closed', 'failed', 'disconnected'].includes(globalThis.sfuSides[0].connectionState)), 'the old connection is closed');
      const shown = () => page.evaluate(() => globalThis.shown);
      const before = await shown();
      await until(async () => (await shown()).every(({ frames }, index) => frames >= before[index].frames + 10), 'pictures go on');
      const gaps = (await shown()).map(({ longestGap }) => longestGap);
      assert.ok(Math.max(...gaps) < 1_000, `the longest times without a picture: ${gaps.map(Math.round).join(', ')} ms`);
      assert.equal(await page.evaluate(() => globalThis.sfuSides[1].connectionState), 'connected');
      assert.equal(await page.locator('[data-testid=meeting][data-phase=connected]').count(), 1);
      assert.equal(await page.getByText('media node').count(), 0, 'the page says nothing about it');

      await page.getByTestId('quality').click();
      await page.getByTestId('open-statistics').click();
      await page.getByTestId('statistics-moves').getByText('the meeting leaves the media node').waitFor();
    } finally {
      await context.close();
    }
  });
});
