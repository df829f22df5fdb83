// A tab in the background: it requests and gets no pictures, and its sound goes on in both directions.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { actHidden } from './support/hidden-tab.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { until } from './support/until.mjs';

const room = meetingRoom();

/** Runs in the page: the number of pictures that it has received, and whether each sound is played. */
const received = async () => {
  const seen = { pictures: 0, played: [...globalThis.document.querySelectorAll('audio')].map(audio => !audio.paused && !audio.muted && audio.volume > 0) };
  for (const connection of globalThis.connections.filter(one => one.connectionState === 'connected')) {
    (await connection.getStats()).forEach(record => { if (record.type === 'inbound-rtp' && record.kind === 'video') seen.pictures += record.framesReceived ?? 0; });
  }
  return seen;
};

describe('a tab in the background', () => {
  it('gets no pictures and keeps its sound, is seen and heard by others, and gets pictures again in the foreground', { timeout: 180_000 }, async () => {
    await room.withParticipants(['Bob'], async (bob, meeting) => {
      const ada = await room.arrive('Ada');
      try {
        const views = [];
        ada.page.on('websocket', socket => socket.on('framesent', ({ payload }) => {
          const message = JSON.parse(payload);
          if (message.type === 'view') views.push(message.tracks.length);
        }));
        await ada.enter(meeting.meetingId);
        await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForSound(), bob.waitForSound()]);
        assert.equal(views.at(-1), 1);

        await ada.page.evaluate(actHidden);
        await until(() => views.at(-1) === 0, 'the page of Ada says that it shows nothing');
        let seen;
        await until(async () => {
          const before = await ada.page.evaluate(received);
          await ada.page.waitForTimeout(2_000);
          seen = await ada.page.evaluate(received);
          return seen.pictures === before.pictures;
        }, 'Ada receives no pictures');
        await Promise.all([ada.waitForSound(), bob.waitForSound(), bob.waitForVideo('Ada')]);
        const { pictures, played } = await ada.page.evaluate(received);
        assert.equal(pictures, seen.pictures, 'pictures of Bob do not arrive while sound does');
        assert.ok(played.length > 0 && played.every(Boolean), 'the sound of Bob is played');

        await ada.page.evaluate(() => globalThis.actVisible());
        await until(() => views.at(-1) === 1, 'the page of Ada requests the picture of Bob again');
        await ada.waitForVideo('Bob');
      } finally {
        await ada.close();
      }
    });
  });
});
