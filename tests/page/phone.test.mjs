// What the page does for phones: the screen stays on, and less data is used.
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

/** Runs in the page: collects the locks that the browser gives in `globalThis.locks`, and the cameras that it opens in `globalThis.cameras`. */
const watchDevice = () => {
  const [request, open] = [globalThis.WakeLock.prototype.request, globalThis.MediaDevices.prototype.getUserMedia];
  Object.assign(globalThis, { locks: [], cameras: [] });
  globalThis.WakeLock.prototype.request = async function (...type) {
    const lock = await request.apply(this, type);
    globalThis.locks.push(lock);
    return lock;
  };
  globalThis.MediaDevices.prototype.getUserMedia = async function (constraints) {
    const stream = await open.call(this, constraints);
    globalThis.cameras.push(...stream.getVideoTracks());
    return stream;
  };
};

/** Runs in the page: a battery that the test sets with `globalThis.setBattery`. A browser without a window has none. */
const emulateBattery = () => {
  const battery = Object.assign(new EventTarget(), { level: 0.9, charging: false });
  globalThis.Navigator.prototype.getBattery = async () => battery;
  globalThis.setBattery = state => {
    Object.assign(battery, state);
    for (const event of ['levelchange', 'chargingchange']) battery.dispatchEvent(new Event(event));
  };
};

/** Grants the page what it asks for, because a browser without a window has nobody to ask. */
async function grantAll(context, page) {
  const [ofPage, ofBrowser] = [await context.newCDPSession(page), await browser.newBrowserCDPSession()];
  const { targetInfo } = await ofPage.send('Target.getTargetInfo');
  await ofBrowser.send('Browser.grantPermissions', { permissions: ['audioCapture', 'videoCapture', 'wakeLockScreen'], browserContextId: targetInfo.browserContextId });
}

/** Opens a meeting with other people on a device, and calls `work` on the page that shows what is before joining. */
async function withMeeting(device, work) {
  const context = await browser.newContext({ ...device, locale: 'en-US' });
  try {
    const page = await context.newPage();
    await grantAll(context, page);
    await page.addInitScript(watchDevice);
    await page.addInitScript(emulateBattery);
    const others = participantsOf(1);
    const meeting = await scriptMeeting(page, { others, capabilities: { view: true } });
    await page.goto(`${server.url}/m/${meetingId}`);
    await work(page, meeting, async () => {
      await page.getByTestId('name-input').fill('Ada Lovelace');
      await page.getByTestId('join-button').click();
      await page.locator('[data-testid=meeting][data-phase=connected]').waitFor();
    });
  } finally {
    await context.close();
  }
}

const computer = { viewport: { width: 1280, height: 800 } };
const phone = {
  viewport: { width: 412, height: 839 }, deviceScaleFactor: 2.625, isMobile: true, hasTouch: true,
  userAgent: 'Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
};

describe('the screen', () => {
  it('stays on from the join until the meeting is left', { timeout: 120_000 }, async () => {
    await withMeeting(computer, async (page, meeting, join) => {
      const held = () => page.evaluate(() => globalThis.locks.filter(({ type, released }) => type === 'screen' && !released).length);
      assert.equal(await held(), 0);
      await join();
      await until(async () => await held() === 1, 'the meeting keeps the screen on', 20_000);
      await page.getByTestId('control-leave').click();
      await until(async () => await held() === 0, 'the screen may turn off', 20_000);
    });
  });
});

describe('the use of data', () => {
  /** What the page sends and requests at most: the height of its camera, the height of the picture of another one, and why. */
  const usage = async (page, meeting) => ({
    camera: await page.evaluate(() => { const { height } = globalThis.cameras.at(-1).getConstraints(); return height?.ideal ?? height; }),
    requested: Math.round(meeting.sent.filter(({ type, tracks }) => type === 'view' && tracks.length > 0).at(-1)?.tracks[0].height),
    reason: (await page.getByText(/pictures are smaller/i).allTextContents()).join(),
  });

  const expectUsage = async (page, meeting, isExpected, what) => {
    let last;
    await until(async () => isExpected(last = await usage(page, meeting)), what, 20_000).catch(error => assert.fail(`${error.message}: ${JSON.stringify(last)}`));
  };

  it('is reduced on a phone, and more so while its battery is low', { timeout: 120_000 }, async () => {
    await withMeeting(phone, async (page, meeting, join) => {
      await join();
      await page.getByTestId('open-devices').click();
      await expectUsage(page, meeting, ({ camera, requested, reason }) => camera === 540 && requested > 180 && requested <= 360 && /on phones/.test(reason), 'the phone uses less');
      await page.evaluate(() => globalThis.setBattery({ level: 0.1 }));
      await expectUsage(page, meeting, ({ camera, requested, reason }) => camera === 360 && requested <= 180 && /battery is low/.test(reason), 'a low battery uses still less');
      await page.evaluate(() => globalThis.setBattery({ charging: true }));
      await expectUsage(page, meeting, ({ camera, requested, reason }) => camera === 540 && requested > 180 && /on phones/.test(reason), 'a phone that charges uses more again');
    });
  });

  it('is not reduced on a computer', { timeout: 120_000 }, async () => {
    await withMeeting(computer, async (page, meeting, join) => {
      await join();
      await page.getByTestId('open-devices').click();
      await expectUsage(page, meeting, ({ camera, requested, reason }) => camera === 720 && requested > 360 && reason === '', 'nothing is limited');
    });
  });
});
