// The page in full desktop browsers: Firefox and Chromium in one meeting.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { BadLine, hostAddress, useLine } from './support/bad-line.mjs';
import { desktop, launch } from './support/browser.mjs';
import { busyCamera } from './support/busy-camera.mjs';
import { FirefoxVisitor, launchFirefox, offeredCodecs } from './support/firefox.mjs';
import { findTracks, listen, unmuteAndListen } from './support/heard.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { applyMeeting, createMeeting } from './support/product.mjs';
import { until } from './support/until.mjs';

const room = meetingRoom(() => launch([], desktop));

/** Runs in the page: whether the sound that it plays comes over a direct connection, which also sends. */
const playsDirectly = () => {
  const played = [...document.querySelectorAll('audio')].flatMap(audio => audio.srcObject?.getAudioTracks() ?? []);
  return globalThis.connections.filter(connection => connection.connectionState === 'connected' && connection.getTransceivers().some(({ direction }) => direction === 'sendrecv'))
    .some(connection => connection.getReceivers().some(({ track }) => played.includes(track)));
};

/** Runs in the page: the height of the camera that it receives, and its frames within a second. */
const receivedCamera = async () => {
  const read = async () => {
    const cameras = [];
    for (const connection of globalThis.connections.filter(one => one.connectionState === 'connected')) {
      (await connection.getStats()).forEach(record => { if (record.type === 'inbound-rtp' && record.kind === 'video') cameras.push(record); });
    }
    return cameras;
  };
  const before = await read();
  await new Promise(resolve => setTimeout(resolve, 1_000));
  const received = (await read()).map(({ id, frameHeight, framesDecoded }) => ({ height: frameHeight, frames: framesDecoded - (before.find(one => one.id === id)?.framesDecoded ?? 0) }));
  return received.sort((one, other) => other.frames - one.frames)[0] ?? { height: 0, frames: 0 };
};

const options = { timeout: 300_000 };

describe('Firefox', () => {
  let firefox;
  before(async () => { firefox = await launchFirefox(); });
  after(() => firefox?.close());

  /** Whether Firefox offers this codec of pictures; skips the test otherwise. */
  const offers = async (codec, t) => {
    const offered = await offeredCodecs(firefox);
    if (offered.includes(`video/${codec}`)) return true;
    t.skip(`this Firefox offers ${offered.join(', ')}; H.264 needs the Debian packages g++ and libopenh264-dev`);
    return false;
  };

  it('Firefox and Chromium send each other video and sound', options, async () => {
    await room.withParticipants(['Ada'], async (ada, meeting) => {
      const fay = await FirefoxVisitor.enter(firefox, room.product, meeting.meetingId, 'Fay');
      await Promise.all([fay.waitForVideoAndSound(), ada.waitForVideo('Fay'), ada.waitForSound()]);
      const [offer, answer] = await fay.page.evaluate(() => {
        const publisher = globalThis.connections.find(connection => connection.getTransceivers()[0]?.direction === 'sendonly');
        return [publisher.localDescription.sdp, publisher.remoteDescription.sdp];
      });
      assert.match(offer, / ulpfec\//, 'Firefox offers FEC for pictures');
      assert.doesNotMatch(answer, /ulpfec|red\/90000/, 'and sends none');
      // A participant who joins and leaves makes the media node send new offers to Firefox.
      const bob = await room.arrive('Bob');
      await bob.enter(meeting.meetingId);
      await Promise.all([bob.waitForVideo('Fay'), bob.waitForVideo('Ada')]);
      await bob.close();
      await fay.page.waitForFunction(() => globalThis.document.querySelectorAll('[data-testid=tile][data-self=false]').length === 1);
      await fay.waitForVideoAndSound();
      assert.equal((await fay.received()).lost, 0);
      await fay.page.close();
    });
  });

  it('Firefox and Chromium send each other video and sound that is encrypted end to end', options, async () => {
    await room.withParticipants(['Ada'], async (ada, meeting) => {
      const fay = await FirefoxVisitor.enter(firefox, room.product, `${meeting.meetingId}#e2ee`, 'Fay');
      await Promise.all([fay.waitForVideoAndSound(), ada.waitForVideo('Fay'), ada.waitForSound()]);
      await ada.tile('Fay').getByTestId('tile-encrypted').waitFor();
      await fay.page.close();
    }, { settings: { e2ee: 'Required' } });
  });

  it('Firefox and Chromium talk directly while they are alone, and over the media node again when somebody joins', options, async () => {
    await room.withParticipants(['Ada'], async (ada, meeting) => {
      const fay = await FirefoxVisitor.enter(firefox, room.product, meeting.meetingId, 'Fay');
      const meet = async isDirect => {
        await until(async () => (await Promise.all([ada, fay].map(one => one.page.evaluate(playsDirectly)))).every(direct => direct === isDirect), `media flows ${isDirect ? 'directly' : 'over the media node'}`, 200_000);
        await Promise.all([fay.waitForVideoAndSound(), ada.waitForVideo('Fay'), ada.waitForSound()]);
      };
      await meet(true);
      const bob = await room.arrive('Bob');
      await bob.enter(meeting.meetingId);
      await meet(false);
      await bob.waitForVideo('Fay');
      await bob.close();
      await fay.page.close();
    }, { settings: { mode: 'Auto' } });
  });

  it('Chromium hears Firefox at once after an unmute', options, async t => {
    const meeting = await applyMeeting(room.product);
    const fay = await FirefoxVisitor.enter(firefox, room.product, meeting, 'Fay');
    const ada = await room.arrive('Ada');
    try {
      await ada.page.addInitScript(findTracks);
      await ada.enter(meeting);
      await ada.waitForSound();
      await ada.page.evaluate(listen);
      const delays = [];
      for (let mutes = 0; mutes < 3; mutes++) {
        await fay.page.click('[data-testid=control-microphone]');
        await ada.tile('Fay').and(ada.page.locator('[data-muted=true]')).waitFor();
        await new Promise(resolve => setTimeout(resolve, 2_000));
        delays.push(await unmuteAndListen(fay.page, ada.page));
      }
      t.diagnostic(`Chromium plays Firefox ${delays.join(', ')} ms after it is turned on`);
      assert.ok(Math.max(...delays) <= 500, `${delays.join(', ')} ms`);
    } finally {
      await ada.close();
      await fay.page.close();
    }
  });

  for (const codec of ['VP8', 'VP9', 'AV1', 'H264']) {
    it(`Firefox sends its camera in three layers with ${codec}, and Chromium gets the one that it shows`, options, async t => {
      if (!await offers(codec, t)) return;
      const meetingId = await applyMeeting(room.product, { media: { codecs: [codec] } });
      const fay = await FirefoxVisitor.enter(firefox, room.product, meetingId, 'Fay', { width: 960 });
      const ada = await room.arrive('Ada', { deviceScaleFactor: 1 });
      try {
        await ada.enter(meetingId);
        const received = () => ada.page.locator('[data-testid=tile][data-self=false] video').last().evaluate(video => video.videoWidth);
        for (const [viewport, width] of [[{ width: 1900, height: 1080 }, 960], [{ width: 420, height: 700 }, 480], [{ width: 400, height: 300 }, 240], [{ width: 1900, height: 1080 }, 960]]) {
          await ada.page.setViewportSize(viewport);
          await until(async () => await received() === width, `Ada receives Fay's camera with ${width} pixels`, 60_000);
        }
        const layers = await fay.layers();
        assert.deepEqual([...new Set(layers.map(layer => layer.rid))].sort(), ['f', 'h', 'q']);
        assert.deepEqual([...new Set(layers.map(layer => layer.codec))], [`video/${codec}`]);
      } finally {
        await ada.close();
        await fay.page.close();
      }
    });
  }

  it('Firefox shows the camera that Chromium sends in three layers with H264, in the size of the window', options, async t => {
    if (!await offers('H264', t)) return;
    const meetingId = await applyMeeting(room.product, { media: { codecs: ['H264'] } });
    const ada = await room.arrive('Ada', { width: 960 });
    const fay = await FirefoxVisitor.enter(firefox, room.product, meetingId, 'Fay');
    try {
      await ada.enter(meetingId);
      const shown = () => fay.page.$$eval('[data-testid=tile][data-self=false] video', videos => videos.at(-1)?.videoWidth);
      for (const [viewport, width] of [[{ width: 1900, height: 1080 }, 960], [{ width: 420, height: 700 }, 480], [{ width: 1900, height: 1080 }, 960]]) {
        await fay.page.setViewport(viewport);
        await until(async () => await shown() === width, `Fay sees Ada's camera with ${width} pixels`, 60_000);
        await fay.waitForVideoAndSound();
      }
      assert.deepEqual((await fay.received()).codecs, ['video/H264']);
    } finally {
      await ada.close();
      await fay.page.close();
    }
  });

  it('Firefox on a narrow line gets smaller pictures, and at last only sound with a sign in the tile', options, async t => {
    const address = hostAddress();
    if (address === undefined) return t.skip('Firefox reaches no line without a network');
    const line = new BadLine(1, '127.0.0.2', address);
    const port = await line.open();
    line.rate = 3_000_000;
    const { meetingId } = await createMeeting(room.product);
    const ada = await room.arrive('Ada');
    await ada.page.addInitScript(busyCamera, 10);
    const fay = await FirefoxVisitor.enter(firefox, room.product, meetingId, 'Fay', {
      prepare: async page => {
        await page.setViewport({ width: 1600, height: 1000 });
        await page.exposeFunction('reportNode', (node, to) => line.connectTo(node, to) ?? null);
        await page.evaluateOnNewDocument(useLine, port, address);
      },
    });
    try {
      await ada.enter(meetingId);
      const picture = () => fay.page.evaluate(receivedCamera);
      const isPaused = async () => await fay.page.$('[data-testid=tile][data-self=false] [data-testid=tile-paused]') !== null;
      const steps = [
        [3_000_000, 'the largest picture', async ({ height, frames }) => height === 540 && frames > 0],
        [350_000, 'a small picture, or for some time only the sign', async ({ height, frames }) => (height <= 270 && frames > 0) || await isPaused()],
        [120_000, 'no picture, and the sign', async ({ frames }) => frames === 0 && await isPaused()],
        [3_000_000, 'the largest picture again', async ({ height, frames }) => height === 540 && frames > 0],
      ];
      for (const [rate, what, isExpected] of steps) {
        line.rate = rate;
        const since = performance.now();
        let seen;
        await until(async () => isExpected(seen = await picture()), `Fay gets ${what} over ${rate / 1_000} kbit/s`, 60_000)
          .catch(error => { throw new Error(`${error.message}. She gets ${JSON.stringify(seen)}`); });
        t.diagnostic(`${what} over ${rate / 1_000} kbit/s after ${((performance.now() - since) / 1_000).toFixed(1)} s`);
        const before = await fay.received();
        await until(async () => (await fay.received()).energy > before.energy + 1e-4, `Fay hears Ada over ${rate / 1_000} kbit/s`);
      }
    } finally {
      await ada.close();
      await fay.page.close();
      line.close();
    }
  });

  it('two Firefox tabs send each other video and sound, and a tab receives video when it is in front', options, async () => {
    await room.withParticipants([], async meeting => {
      const [fay, gus] = [await FirefoxVisitor.enter(firefox, room.product, meeting.meetingId, 'Fay'), await FirefoxVisitor.enter(firefox, room.product, meeting.meetingId, 'Gus')];
      await gus.waitForVideoAndSound();
      await fay.page.bringToFront();
      await fay.waitForVideoAndSound();
    });
  });
});
