// Two people behind one narrow line, as in one household, who see the same camera.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { BadLine, useLine } from './support/bad-line.mjs';
import { launch } from './support/browser.mjs';
import { busyCamera } from './support/busy-camera.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { createMeeting } from './support/product.mjs';
import { toneFile } from './support/sound-file.mjs';
import { describeOnFailure } from './support/visitor.mjs';

const tone = await toneFile();
const room = meetingRoom(() => launch([`--use-file-for-fake-audio-capture=${tone.path}`]));
const framesPerSecond = 10;
const settlingMs = 20_000;
const measuredMs = 30_000;

after(() => tone.remove());

/** Runs in the page: the bits and the pictures that it has received until now, and the height of the pictures. */
const received = async () => {
  const sums = { bits: 0, frames: 0, height: 0 };
  for (const connection of globalThis.connections.filter(one => one.connectionState === 'connected')) {
    (await connection.getStats()).forEach(record => {
      if (record.type !== 'inbound-rtp') return;
      sums.bits += 8 * ((record.bytesReceived ?? 0) + (record.headerBytesReceived ?? 0));
      sums.frames += record.framesDecoded ?? 0;
      sums.height = Math.max(sums.height, record.frameHeight ?? 0);
    });
  }
  return sums;
};

/** What each person receives of the measured time, and how long the packets for both wait in the line. */
async function measure(line, people) {
  const waits = [];
  line.onWait = wait => waits.push(wait);
  const read = () => Promise.all(people.map(person => person.page.evaluate(received)));
  const [before, since] = [await read(), performance.now()];
  await people[0].page.waitForTimeout(measuredMs);
  const [after, seconds] = [await read(), (performance.now() - since) / 1_000];
  waits.sort((one, other) => one - other);
  return {
    shares: after.map(({ bits, frames, height }, index) => ({ bits: (bits - before[index].bits) / seconds, frames: (frames - before[index].frames) / seconds, height })),
    queueMs: waits[Math.floor(waits.length * 0.95)],
  };
}

describe('two people behind one line', () => {
  // Half of it takes the largest picture and the part that stays free. On a line whose half lies between two sizes, one person can get the larger one.
  const rate = 3_400_000;

  it('get the same, within a quarter, and nothing waits long in the line', { timeout: 180_000 }, async t => {
    const line = new BadLine();
    const people = [];
    try {
      await describeOnFailure(people, async () => {
        const meeting = await createMeeting(room.product);
        const port = await line.open();
        Object.assign(line, { rate, delay: 25, longestQueue: 250 });
        const enter = async (name, prepare) => {
          const person = await room.arrive(name, { deviceScaleFactor: 1, viewport: { width: 1600, height: 1000 } });
          people.push(person);
          await prepare(person.page);
          await person.enter(meeting.meetingId);
          return person;
        };
        const behindTheLine = async page => {
          await page.exposeFunction('reportNode', (address, to) => line.connectTo(address, to));
          await page.addInitScript(useLine, port);
        };
        await enter('Ada', page => page.addInitScript(busyCamera, framesPerSecond));
        const both = [await enter('Bob', behindTheLine), await enter('Eve', behindTheLine)];
        for (const person of both) await person.control('camera').click();
        await both[0].page.waitForTimeout(settlingMs);

        const { shares, queueMs } = await measure(line, both);

        const text = shares.map(({ bits, frames, height }) => `${(bits / 1e3).toFixed(0)} kbit/s with ${frames.toFixed(1)} pictures a second of ${height} lines`).join(' and ');
        t.diagnostic(`${rate / 1e6} Mbit/s: ${text}; 95 % of the packets wait at most ${queueMs.toFixed(0)} ms`);
        const bits = shares.map(share => share.bits);
        assert.ok(Math.max(...bits) <= 1.25 * Math.min(...bits), text);
        assert.ok(queueMs < 200, `95 % of the packets wait up to ${queueMs.toFixed(0)} ms`);
      });
    } finally {
      await Promise.all(people.map(person => person.close()));
      line.close();
    }
  });
});
