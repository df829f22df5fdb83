// A person on a narrow line: what they get instead of the best picture, and that nobody else notices.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { BadLine, useLine } from './support/bad-line.mjs';
import { launch } from './support/browser.mjs';
import { busyCamera } from './support/busy-camera.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { createMeeting } from './support/product.mjs';
import { toneFile } from './support/sound-file.mjs';
import { until } from './support/until.mjs';
import { describeOnFailure } from './support/visitor.mjs';

// Chromium's own fake microphone beeps once a second, so that lost sound would mostly be silence.
const tone = await toneFile();
const room = meetingRoom(() => launch([`--use-file-for-fake-audio-capture=${tone.path}`]));
const framesPerSecond = 10;

after(() => tone.remove());

/** Runs in the page: what it has received until now, in bits and of all microphones, and the height and number of the pictures of each camera. */
const received = async () => {
  const sums = { time: performance.now() / 1_000, cameras: {}, bits: 0, samples: 0, concealed: 0, energy: 0 };
  for (const connection of globalThis.connections.filter(one => one.connectionState === 'connected')) {
    (await connection.getStats()).forEach(record => {
      if (record.type !== 'inbound-rtp') return;
      sums.bits += 8 * (record.bytesReceived ?? 0);
      if (record.kind === 'video') sums.cameras[record.ssrc] = { height: record.frameHeight ?? 0, frames: record.framesDecoded ?? 0 };
      sums.samples += record.totalSamplesReceived ?? 0;
      sums.concealed += (record.concealedSamples ?? 0) - (record.silentConcealedSamples ?? 0);
      sums.energy += record.totalAudioEnergy ?? 0;
    });
  }
  return sums;
};

/** What each person receives within some seconds, of the only camera that is on. */
async function receive(people, seconds) {
  const read = () => Promise.all(people.map(person => person.page.evaluate(received)));
  const before = await read();
  await people[0].page.waitForTimeout(seconds * 1_000);
  const after = await read();
  return after.map((now, index) => {
    const past = before[index];
    const time = now.time - past.time;
    const cameras = Object.entries(now.cameras).map(([ssrc, { height, frames }]) => ({ height, frames: (frames - (past.cameras[ssrc]?.frames ?? 0)) / time }));
    const { height, frames } = cameras.sort((one, other) => other.frames - one.frames)[0] ?? { height: 0, frames: 0 };
    return { height, frames, bits: (now.bits - past.bits) / time, hears: now.energy > past.energy, lost: (now.concealed - past.concealed) / (now.samples - past.samples) };
  });
}

/** A hint is shown for some seconds, and is repeated for screen readers. */
const saysWhatToDo = (person, text) => person.page.getByTestId('announcer').filter({ hasText: text }).waitFor({ state: 'attached', timeout: 150_000 });

describe('a narrow line', () => {
  it('on which the own picture is sent smaller shows a hint that says what to do', { timeout: 120_000 }, async () => {
    const line = new BadLine();
    const people = [];
    try {
      await describeOnFailure(people, async () => {
        const meeting = await createMeeting(room.product);
        const port = await line.open();
        line.uplinkRate = 250_000;
        for (const name of ['Ada', 'Bob']) people.push(await room.arrive(name, { deviceScaleFactor: 1, viewport: { width: 1600, height: 1000 } }));
        const [ada, bob] = people;
        await ada.page.addInitScript(busyCamera, framesPerSecond);
        await ada.page.exposeFunction('reportNode', (address, to) => line.connectTo(address, to));
        await ada.page.addInitScript(useLine, port);
        for (const person of people) await person.enter(meeting.meetingId);
        await saysWhatToDo(ada, 'Your line is narrow, so others see your picture smaller. Close other uploads, or turn your camera off.');
        await ada.page.getByTestId('quality').click();
        assert.equal(await ada.page.getByTestId('hint-audio-only').count(), 0, 'receiving less does not help');
        assert.doesNotMatch(await bob.page.getByTestId('announcer').textContent(), /narrow|busy/, 'Bob needs no hint');
      });
    } finally {
      await Promise.all(people.map(person => person.close()));
      line.close();
    }
  });

  it('gets fewer pictures of the same size, lower layers, and at last only sound with a sign in the tile, while a free line beside it keeps the best picture', { timeout: 180_000 }, async t => {
    const line = new BadLine();
    const meeting = await createMeeting(room.product);
    const people = [];
    const enter = async (name, options, prepare) => {
      const person = await room.arrive(name, options);
      people.push(person);
      await prepare?.(person.page);
      await person.enter(meeting.meetingId);
      return person;
    };
    try {
      await describeOnFailure(people, async () => {
        const port = await line.open();
        line.rate = 1_100_000;
        const large = { deviceScaleFactor: 1, viewport: { width: 1600, height: 1000 } };
        await enter('Ada', {}, page => page.addInitScript(busyCamera, framesPerSecond));
        const bob = await enter('Bob', large, async page => {
          await page.exposeFunction('reportNode', (address, to) => line.connectTo(address, to));
          await page.addInitScript(useLine, port);
        });
        const eve = await enter('Eve', large);
        for (const person of [bob, eve]) await person.control('camera').click();
        const hint = saysWhatToDo(bob, 'Your line is narrow, so some pictures are paused. Switch to audio only');
        hint.catch(() => {}); // it is awaited below, if the test comes so far
        const best = 540;
        const isPaused = () => bob.tile('Ada').getByText('Video paused: your connection is too slow for it').isVisible();
        const isSmaller = ({ height, frames }) => frames > 1 && (height < best || frames < framesPerSecond * 0.75);
        const steps = [
          [1_100_000, 'half of the pictures in the same size', ({ height, frames }) => height === best && frames > framesPerSecond * 0.35 && frames < framesPerSecond * 0.65],
          [900_000, 'a smaller picture, or fewer', isSmaller],
          [350_000, 'a small picture, or for some time only the sign', async picture => (isSmaller(picture) && picture.height <= best / 2) || isPaused()],
          [120_000, 'no picture, and the sign', async ({ frames }) => frames === 0 && isPaused()],
        ];
        for (const [rate, what, isExpected] of steps) {
          line.rate = rate;
          let narrow, free;
          const isSettled = async () => {
            [narrow, free] = await receive([bob, eve], 2);
            return narrow.bits < rate && await isExpected(narrow) && free.height === best && free.frames > framesPerSecond * 0.75;
          };
          await until(isSettled, `Bob gets ${what} over ${rate / 1_000} kbit/s, and Eve the best one`, 30_000)
            .catch(error => { throw new Error(`${error.message}. They get ${JSON.stringify({ narrow, free })}`); });
          t.diagnostic(`${rate / 1_000} kbit/s: ${JSON.stringify({ narrow, free })}`);
          const sounds = async () => (await receive([bob, eve], 2)).every(({ hears, lost }) => hears && lost < 0.03);
          await until(sounds, `sound is not lost over ${rate / 1_000} kbit/s`, 8_000);
        }
        assert.equal(await eve.page.getByTestId('tile-paused').count(), 0);

        await hint;
        await bob.page.getByTestId('quality').click();
        await bob.page.getByTestId('hint-audio-only').click();
        await bob.page.locator('[data-testid=audio-only][aria-pressed=true]').waitFor();
        await until(async () => !await isPaused(), 'no picture of Ada is requested any more');
        assert.equal(await bob.page.getByTestId('hint-audio-only').count(), 0, 'there is nothing more to switch');
        await until(async () => (await receive([bob], 2))[0].hears, 'Bob hears Ada');
      });
    } finally {
      await Promise.all(people.map(person => person.close()));
      line.close();
    }
  });
});
