// The background of the camera, in Chromium and in Firefox. Chromium's fake camera shows no person, so the whole picture counts as background; the drawn portraits show one.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { accessibilityFindings } from './support/axe.mjs';
import { launch } from './support/browser.mjs';
import { FirefoxVisitor, launchFirefox } from './support/firefox.mjs';
import { actHidden } from './support/hidden-tab.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { portraitCamera, portraits } from './support/portrait-camera.mjs';
import { until } from './support/until.mjs';

const room = meetingRoom(() => launch(['--use-fake-device-for-media-stream=device-count=2']));
const options = { timeout: 240_000 };
const magenta = [255, 0, 255];

/**
 * Runs in the page: keeps the colours of the four corners and of the middle of every frame that is drawn of another participant, in `globalThis.seen`, and the contrast in
 * its upper left part: the brightest minus the darkest pixel.
 */
const watchFrames = () => {
  globalThis.seen = [];
  const canvas = new OffscreenCanvas(32, 18);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const part = new OffscreenCanvas(64, 36).getContext('2d', { willReadFrequently: true });
  const contrast = video => {
    part.drawImage(video, 0, 0, video.videoWidth / 8, video.videoHeight / 8, 0, 0, 64, 36);
    const greens = part.getImageData(0, 0, 64, 36).data.filter((_, index) => index % 4 === 1);
    return Math.max(...greens) - Math.min(...greens);
  };
  const at = (x, y) => [...context.getImageData(x, y, 1, 1).data.slice(0, 3)];
  const watch = video => video.requestVideoFrameCallback(() => {
    context.drawImage(video, 0, 0, 32, 18);
    globalThis.seen.push({ corners: [at(1, 1), at(30, 1), at(1, 16), at(30, 16)], middle: at(16, 9), contrast: contrast(video) });
    watch(video);
  });
  const watched = new WeakSet();
  const look = () => {
    for (const video of document.querySelectorAll('[data-testid=tile][data-self=false] video')) {
      if (watched.has(video)) continue;
      watched.add(video);
      watch(video);
    }
  };
  addEventListener('DOMContentLoaded', () => new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true }));
};

/** Runs in the page: keeps the tracks of the cameras that were opened, and the tracks of pictures that were given to connections. */
const watchTracks = () => {
  globalThis.opened = [];
  globalThis.sent = [];
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async asked => {
    const stream = await open(asked);
    globalThis.opened.push(...stream.getVideoTracks());
    return stream;
  };
  const keep = track => { if (track instanceof MediaStreamTrack && track.kind === 'video') globalThis.sent.push(track); };
  const replace = RTCRtpSender.prototype.replaceTrack;
  RTCRtpSender.prototype.replaceTrack = function replaceTrack(track) {
    keep(track);
    return replace.call(this, track);
  };
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function addTransceiver(track, init) {
    keep(track);
    return add.call(this, track, init);
  };
};

const isNear = (color, wanted) => color.every((part, index) => Math.abs(part - wanted[index]) < 70);
const isPicture = frame => frame.corners.every(corner => isNear(corner, magenta));
/** The room of the fake camera is green, and magenta has no green. Neither has a black frame, which Chromium may draw when pictures end, or which a camera sends at first. */
const showsRoom = frame => frame.corners.some(([, green]) => green > 70);

/** Two visitors before their meeting, of whom Bob keeps what he sees. */
async function withAdaAndBob(run, request, look) {
  await room.withParticipants([], async meeting => {
    const [ada, bob] = [await room.arrive('Ada'), await room.arrive('Bob')];
    try {
      await ada.page.addInitScript(watchTracks);
      if (look !== undefined) await ada.page.addInitScript(portraitCamera, { look, speaks: false });
      await bob.page.addInitScript(watchFrames);
      await run(ada, bob, meeting);
    } catch (error) {
      error.message += `\n${await ada.describe()}\n${await bob.describe()}`;
      throw error;
    } finally {
      await Promise.all([ada.close(), bob.close()]);
    }
  }, request);
}

const seen = visitor => visitor.page.evaluate(() => globalThis.seen);
const latest = visitor => visitor.page.evaluate(() => globalThis.seen.slice(-5));
const seesPicture = async visitor => { const frames = await latest(visitor); return frames.length > 0 && frames.every(isPicture); };
const seesRoom = async visitor => { const frames = await latest(visitor); return frames.length > 0 && !frames.some(isPicture); };
const connections = visitor => visitor.page.evaluate(() => globalThis.connections.length);

/** The visitor chooses a picture of one colour as the background. */
async function choosePicture(visitor) {
  const png = await visitor.page.evaluate(async ([red, green, blue]) => {
    const canvas = new OffscreenCanvas(64, 64);
    const context = canvas.getContext('2d');
    context.fillStyle = `rgb(${red} ${green} ${blue})`;
    context.fillRect(0, 0, 64, 64);
    return new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer()).toBase64();
  }, magenta);
  await visitor.page.getByTestId('background-file').setInputFiles({ name: 'picture.png', mimeType: 'image/png', buffer: Buffer.from(png, 'base64') });
  await visitor.page.getByTestId('background-own').and(visitor.page.locator(':checked')).waitFor({ state: 'attached' });
}

const choose = (visitor, name) => visitor.page.getByTestId(`background-${name}`).check({ force: true });

describe('the background of the camera', () => {
  it('is changed and removed during a meeting without a new connection, and no frame shows the room while it is changed', options, async t => {
    await withAdaAndBob(async (ada, bob, meeting) => {
      const origins = new Set();
      ada.page.on('request', request => { if (!/^(data|blob):/.test(request.url())) origins.add(new URL(request.url()).origin); });
      await bob.enter(meeting.meetingId);
      await ada.enter(meeting.meetingId);
      await until(() => seesRoom(bob), 'Bob sees the room of Ada');
      const before = await connections(ada);

      await ada.page.getByTestId('open-devices').click();
      await choosePicture(ada);
      assert.deepEqual(await ada.page.evaluate(() => globalThis.opened.slice(0, 1).map(track => track.readyState)), ['ended'], 'the camera without a background is released at once');
      await until(() => seesPicture(bob), 'Bob sees the picture behind Ada');
      assert.deepEqual(await accessibilityFindings(ada.page), []);
      await until(async () => (await seen(bob)).filter(isPicture).length > 20, 'some seconds pass');
      await ada.page.evaluate(actHidden);
      const count = (await seen(bob)).length;
      await until(async () => (await seen(bob)).length > count + 30, 'frames arrive while the page of Ada is hidden');
      await ada.page.evaluate(() => globalThis.actVisible());
      const frames = await seen(bob);
      const first = frames.findIndex(isPicture);
      t.diagnostic(`${first} frames of the room, then ${frames.length - first} frames with the picture`);
      assert.ok(frames.slice(0, first).some(showsRoom), 'the room is recognized');
      assert.deepEqual(frames.slice(first).filter(showsRoom), [], 'after the first frame with the picture, no frame shows the room');
      assert.equal(await ada.page.evaluate(() => globalThis.sent.slice(1).filter(track => !(track instanceof globalThis.MediaStreamTrackGenerator)).length), 0, 'no other track of a camera is sent');

      await choose(ada, 'sea');
      await until(async () => (await latest(bob)).every(frame => isNear(frame.corners[0], [191, 227, 238]) && isNear(frame.corners[3], [30, 97, 128])), 'Bob sees the sea');
      assert.equal(await ada.page.evaluate(() => globalThis.opened.filter(track => track.readyState === 'live').length), 1, 'the camera stays open');

      await choose(ada, 'none');
      await until(() => ada.page.evaluate(() => !(globalThis.sent.at(-1) instanceof globalThis.MediaStreamTrackGenerator)), 'the camera itself is sent again');
      await bob.waitForVideo('Ada');
      assert.equal(ada.page.workers().length, 0, 'nothing is processed any more');
      assert.equal(await connections(ada), before);
      assert.deepEqual([...origins], [new URL(room.product.url).origin]);
    });
  });

  it('is chosen before an encrypted meeting, is remembered, and then no frame ever shows the room', options, async () => {
    await withAdaAndBob(async (ada, bob, meeting) => {
      await ada.page.goto(`${room.product.url}/m/${meeting.meetingId}`);
      await choosePicture(ada);
      assert.deepEqual(await accessibilityFindings(ada.page), []);
      await ada.page.reload();
      await bob.enter(meeting.meetingId);
      await ada.join();
      await until(() => seesPicture(bob), 'Bob sees the picture behind Ada');

      // Another camera, and the same one after it was off.
      await ada.page.getByTestId('open-devices').click();
      const tracks = await ada.page.evaluate(() => globalThis.sent.length);
      const camera = ada.page.getByTestId('device-camera');
      await camera.selectOption({ index: 1 });
      await until(() => ada.page.evaluate(count => globalThis.sent.length > count, tracks), 'another track is sent');
      await ada.page.keyboard.press('Escape');
      await ada.control('camera').click();
      await until(async () => await bob.tile('Ada').locator('video').count() === 0, 'the video of Ada disappears');
      assert.deepEqual(await ada.page.evaluate(() => globalThis.opened.filter(track => track.readyState === 'live').length), 0, 'the camera is released');
      await until(() => ada.page.workers().every(worker => !worker.url().includes('background')), 'nothing is processed any more');
      await ada.control('camera').click();
      await bob.waitForVideo('Ada');
      await until(async () => (await seen(bob)).length > 20, 'Bob sees Ada for some seconds');
      const frames = await seen(bob);
      assert.deepEqual(frames.filter(showsRoom), []);
    }, { settings: { e2ee: 'Required' } });
  });

  it('shows the person in front of it', options, async t => {
    await withAdaAndBob(async (ada, bob, meeting) => {
      await bob.enter(meeting.meetingId);
      await ada.page.goto(`${room.product.url}/m/${meeting.meetingId}`);
      await choosePicture(ada);
      await ada.join();
      await until(() => seesPicture(bob), 'Bob sees the picture behind Ada');
      await until(async () => !isNear((await latest(bob)).at(-1).middle, magenta), 'Bob sees Ada in front of the picture');
      t.diagnostic(`the middle is ${(await latest(bob)).at(-1).middle}`);
    }, undefined, portraits.amara);
  });

  it('turns the camera off when the background cannot be changed, says so, and sends nothing', options, async () => {
    await withAdaAndBob(async (ada, bob, meeting) => {
      await ada.page.route('**/*.tflite', route => route.abort());
      await bob.enter(meeting.meetingId);
      await ada.enter(meeting.meetingId);
      await until(() => seesRoom(bob), 'Bob sees the room of Ada');
      await ada.page.getByTestId('open-devices').click();
      await choose(ada, 'blur');
      await ada.page.getByTestId('device-help').filter({ hasText: 'nothing is sent' }).waitFor();
      await until(async () => await bob.tile('Ada').locator('video').count() === 0, 'the video of Ada disappears');
      assert.equal(await ada.page.evaluate(() => globalThis.opened.filter(track => track.readyState === 'live').length), 0, 'the camera is released');
      await choose(ada, 'none');
      await ada.page.keyboard.press('Escape');
      await ada.control('camera').click();
      await bob.waitForVideo('Ada');
    });
  });
});

describe('the background of the camera in Firefox', () => {
  /** Amara in front of a wall with narrow stripes, of which a blurred picture shows nothing. */
  const look = { ...portraits.amara, wall: Array.from({ length: 41 }, (_, index) => (index % 2 === 0 ? '#ffffff' : '#000000')) };
  const showsStripes = frame => frame.contrast > 90;
  const showsPerson = frame => isNear(frame.middle, [138, 90, 60]);
  const showsSea = frame => isNear(frame.corners[0], [191, 227, 238]) && isNear(frame.corners[3], [30, 97, 128]);
  const lastAre = (visitor, ...are) => until(async () => {
    const frames = await latest(visitor);
    return frames.length === 5 && frames.every(frame => are.every(is => is(frame)));
  }, `the latest frames: ${are.map(is => is.name || String(is)).join(', ')}`, 60_000).catch(async error => { throw new Error(`${error.message}. They are ${JSON.stringify(await latest(visitor))}`); });
  const isBlurred = frame => !showsStripes(frame) && !showsSea(frame);
  let firefox;
  before(async () => { firefox = await launchFirefox(); });
  after(() => firefox?.close());

  /** Fay, who enters with Firefox, and Bob, who keeps what he sees. */
  async function withFayAndBob(run, request) {
    await room.withParticipants([], async meeting => {
      const bob = await room.arrive('Bob');
      const profile = await firefox.createBrowserContext();
      const enter = more => FirefoxVisitor.enter(profile, room.product, meeting.meetingId, 'Fay', {
        prepare: async page => {
          await page.evaluateOnNewDocument(portraitCamera, { look, speaks: false });
          await page.evaluateOnNewDocument(watchTracks);
          await more?.(page);
        },
      });
      try {
        await bob.page.addInitScript(watchFrames);
        await bob.enter(meeting.meetingId);
        await run(enter, bob, profile);
      } finally {
        await Promise.all([bob.close(), profile.close()]);
      }
    }, request);
  }

  const openDevices = fay => fay.page.click('[data-testid=open-devices]');
  const chooseIn = (fay, name) => fay.page.$eval(`[data-testid=background-${name}]`, input => input.click());
  const isCameraSent = fay => fay.page.evaluate(() => globalThis.opened.some(track => globalThis.sent.at(-1) === track));

  it('is blurred and replaced during a meeting behind the person, also while the tab is hidden, and no frame shows the room meanwhile', options, async t => {
    await withFayAndBob(async (enter, bob, profile) => {
      const fay = await enter();
      await lastAre(bob, showsStripes, showsPerson);
      await openDevices(fay);
      await chooseIn(fay, 'blur');
      await lastAre(bob, isBlurred, showsPerson);
      await chooseIn(fay, 'sea');
      await lastAre(bob, showsSea, showsPerson);
      await chooseIn(fay, 'blur');
      await lastAre(bob, isBlurred, showsPerson);

      const other = await profile.newPage();
      await other.bringToFront();
      assert.equal(await fay.page.evaluate(() => globalThis.document.visibilityState), 'hidden');
      const count = (await seen(bob)).length;
      await new Promise(resolve => setTimeout(resolve, 5_000));
      t.diagnostic(`${(await seen(bob)).length - count} frames in 5 s while the tab is hidden`);
      await fay.page.bringToFront();
      await other.close();
      await lastAre(bob, isBlurred, showsPerson);

      const frames = await seen(bob);
      const first = frames.findIndex(frame => !showsStripes(frame) && showsPerson(frame));
      t.diagnostic(`${first} frames of the room, then ${frames.length - first} frames without it`);
      assert.deepEqual(frames.slice(first).filter(showsStripes), [], 'after the first blurred frame, no frame shows the room');
      assert.equal(await isCameraSent(fay), false, 'the track of the camera is not sent');
      assert.equal(await fay.page.evaluate(() => globalThis.sent.slice(1).some(track => globalThis.opened.includes(track))), false, 'nor was it sent again');

      await chooseIn(fay, 'none');
      await lastAre(bob, showsStripes, showsPerson);
      assert.equal(await isCameraSent(fay), true);
    });
  });

  it('is remembered, and then no frame ever shows the room: when the page opens, when the camera is turned off and on, and when another camera is chosen', options, async () => {
    await withFayAndBob(async (enter, bob) => {
      const fay = await enter(page => page.evaluateOnNewDocument(() => localStorage.setItem('meet.devices', JSON.stringify({ background: 'blur' }))));
      await lastAre(bob, isBlurred, showsPerson);
      await openDevices(fay);
      const sent = await fay.page.evaluate(() => globalThis.sent.length);
      await fay.page.$eval('[data-testid=device-camera]', select => select.dispatchEvent(new Event('change', { bubbles: true })));
      await until(() => fay.page.evaluate(count => globalThis.sent.length > count && globalThis.opened.filter(track => track.readyState === 'live').length === 1, sent), 'another track is sent');
      await fay.page.keyboard.press('Escape');
      await lastAre(bob, isBlurred, showsPerson);
      await fay.page.click('[data-testid=control-camera]');
      await until(async () => await bob.tile('Fay').locator('video').count() === 0, 'the video of Fay disappears');
      await fay.page.click('[data-testid=control-camera]');
      await bob.waitForVideo('Fay');
      const count = (await seen(bob)).length;
      await until(async () => (await seen(bob)).length > count + 20, 'Bob sees Fay for some seconds');
      assert.deepEqual((await seen(bob)).filter(showsStripes), []);
      assert.equal(await fay.page.evaluate(() => globalThis.sent.some(track => globalThis.opened.includes(track))), false, 'the track of a camera is never sent');
    }, { settings: { e2ee: 'Required' } });
  });

  it('turns the camera off when a frame fails, and sends nothing more', options, async () => {
    await withFayAndBob(async (enter, bob) => {
      const fay = await enter(page => page.evaluateOnNewDocument(() => {
        const Real = globalThis.VideoFrame;
        globalThis.VideoFrame = class extends Real {
          constructor(...parts) {
            if (globalThis.framesFail) throw new Error('no frame');
            super(...parts);
          }
        };
      }));
      await openDevices(fay);
      await chooseIn(fay, 'blur');
      await lastAre(bob, isBlurred, showsPerson);
      const blurred = (await seen(bob)).length;
      await fay.page.evaluate(() => { globalThis.framesFail = true; });
      await until(async () => await bob.tile('Fay').locator('video').count() === 0, 'the video of Fay disappears');
      await fay.page.waitForFunction(() => globalThis.document.querySelector('[data-testid=device-help]')?.textContent.includes('nothing is sent'));
      assert.equal(await fay.page.evaluate(() => globalThis.opened.filter(track => track.readyState === 'live').length), 0, 'the camera is released');
      assert.deepEqual((await seen(bob)).slice(blurred).filter(showsStripes), []);
    });
  });
});
