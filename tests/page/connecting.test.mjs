// The media node to which the page is sent is gone: nothing answers at its address. The scripted server offers again on the next socket.
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

/** The same description with an address at which nothing answers (RFC 5737). */
const ofGoneNode = sdp => sdp.replaceAll(/^(a=candidate:\S+ 1 udp \d+) \S+ \d+ typ host/gim, '$1 192.0.2.1 20000 typ host');

describe('a connection that does not connect', () => {
  it('is replaced long before the browser gives it up', { timeout: 60_000 }, async t => {
    const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 } });
    try {
      const page = await context.newPage();
      let offers = 0;
      const meeting = await scriptMeeting(page, { others: participantsOf(1).map(one => ({ ...one, audio: false, video: true })), changeOffer: sdp => (offers++ === 0 ? ofGoneNode(sdp) : sdp) });
      await page.goto(`${server.url}/m/${meetingId}`);
      await page.getByTestId('name-input').fill('Ada Lovelace');
      await page.getByTestId('join-button').click();
      await until(() => meeting.sent.some(({ type }) => type === 'answer'), 'the first offer is answered');
      const since = performance.now();
      await until(() => page.evaluate(() => [...globalThis.document.querySelectorAll('[data-testid=tile]:not([data-self=true]) video')].some(video => video.videoWidth > 0)), 'the picture of the other participant is shown');
      const seconds = (performance.now() - since) / 1_000;
      t.diagnostic(`the picture is there ${seconds.toFixed(1)} s after the answer to a media node that is gone`);
      // At most 7.5 s until the connection is given up, and the time to connect. Chromium takes about 15 s until it gives up.
      assert.ok(seconds < 12, `the picture was there after ${seconds.toFixed(1)} s`);
      assert.equal(meeting.sent.filter(({ type }) => type === 'join').length, 2);
    } finally {
      await context.close();
    }
  });
});
