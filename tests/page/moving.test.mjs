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

/** Runs in the page: what it plays aloud, one after the other, and how many tracks it plays aloud at the same time. */
const watchSound = () => {
  globalThis.played = [];
  globalThis.heardAtOnce = [];
  let track = null;
  setInterval(() => {
    const loud = [...globalThis.document.querySelectorAll('audio')].filter(audio => !audio.muted && audio.srcObject !== null);
    if (globalThis.played.length > 0 && !globalThis.heardAtOnce.includes(loud.length)) globalThis.heardAtOnce.push(loud.length);
    const [audio] = loud;
    if (audio === undefined || audio.srcObject.getAudioTracks()[0] === track) return;
    globalThis.played.push({ hasPlayedFor: audio.currentTime, wasFormerLive: track?.readyState === 'live' });
    track = audio.srcObject.getAudioTracks()[0];
  }, 5);
};

/** Runs in the page: for how long, in ms, a track that has ended is the one that is played aloud. */
const watchEndedSound = () => {
  let since = null;
  globalThis.endedAloud = 0;
  setInterval(() => {
    const [audio] = [...globalThis.document.querySelectorAll('audio')].filter(one => !one.muted && one.srcObject !== null);
    const isEnded = audio?.srcObject.getAudioTracks()[0]?.readyState === 'ended';
    since = isEnded ? since ?? performance.now() : null;
    if (since !== null) globalThis.endedAloud = Math.max(globalThis.endedAloud, performance.now() - since);
  }, 5);
};

/** Ada is in a meeting and hears Bob. */
async function hearBob(context) {
  const page = await context.newPage();
  const meeting = await scriptMeeting(page, { others: [{ participantId: 'p-0', displayName: 'Bob', audio: true, video: false, role: 'participant' }], voiceOf: 'p-0' });
  await page.goto(`${server.url}/m/${meetingId}`);
  await page.getByTestId('name-input').fill('Ada Lovelace');
  await page.getByTestId('join-button').click();
  await page.locator('[data-testid=meeting][data-phase=connected]').waitFor();
  const played = () => page.evaluate(() => globalThis.played);
  await page.evaluate(watchSound);
  await until(async () => (await played()).length === 1, 'the voice is played');
  return { page, meeting, played };
}

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

  it('the new sound has begun before the page stops the former one, and both are never heard together', { timeout: 180_000 }, async () => {
    const context = await browser.newContext({ locale: 'en-US' });
    try {
      const { page, meeting, played } = await hearBob(context);

      meeting.send({ type: 'media-move', generation: 2, deadline: 60_000 });
      await meeting.offerAll();
      await until(async () => (await played()).length === 2, 'the voice is played from the new connection');
      await until(() => page.evaluate(() => ['closed', 'failed', 'disconnected'].includes(globalThis.sfuSides[0].connectionState)), 'the old connection is closed');

      const [, next] = await played();
      assert.ok(next.hasPlayedFor > 0.1, `the new sound had been played for ${next.hasPlayedFor} s`);
      assert.equal(next.wasFormerLive, true);
      assert.deepEqual(await page.evaluate(() => globalThis.heardAtOnce), [1]);
    } finally {
      await context.close();
    }
  });

  it('the new sound is heard at once when the former connection has ended, as after a reconnection', { timeout: 180_000 }, async () => {
    const context = await browser.newContext({ locale: 'en-US' });
    try {
      const { page, meeting, played } = await hearBob(context);
      await page.evaluate(watchEndedSound);
      await meeting.offerAll();
      await until(async () => (await played()).length === 2, 'the voice is played from the new connection');
      const ended = await page.evaluate(() => globalThis.endedAloud);
      assert.ok(ended < 150, `a track that had ended was played aloud for ${Math.round(ended)} ms`);
    } finally {
      await context.close();
    }
  });
});
