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

/** Runs in the page: counts the pictures that each tile of another participant shows from now on, and measures the longest time without a new one. */
const watchPictures = () => {
  const tiles = [...globalThis.document.querySelectorAll('[data-testid=tile]:not([data-self=true])')];
  globalThis.shown = tiles.map(() => ({ frames: 0, longestGap: 0 }));
  const last = tiles.map(() => ({ at: performance.now(), video: null, total: 0 }));
  setInterval(() => {
    for (const [index, tile] of tiles.entries()) {
      const video = tile.querySelector('video[data-ready=true]'); // a new track has an element of its own
      const total = video?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
      if (total === 0 || (video === last[index].video && total === last[index].total)) continue;
      const now = performance.now();
      globalThis.shown[index].frames++;
      globalThis.shown[index].longestGap = Math.max(globalThis.shown[index].longestGap, now - last[index].at);
      last[index] = { at: now, video, total };
    }
  }, 20);
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
      const shown = () => page.evaluate(() => globalThis.shown);
      const goOn = async what => {
        const before = await shown();
        await until(async () => (await shown()).every(({ frames }, index) => frames >= before[index].frames + 10), what);
      };
      await page.evaluate(watchPictures);
      await goOn('pictures are counted');

      meeting.send({ type: 'media-move', generation: 2, deadline: 60_000 });
      await meeting.offerAll();

      await until(() => page.evaluate(() => globalThis.sfuSides.length === 2 && ['closed', 'failed', 'disconnected'].includes(globalThis.sfuSides[0].connectionState)), 'the old connection is closed');
      await goOn('pictures go on');
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
