// Less data, as the person chooses it: what is sent and what is requested.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { meetingRoom } from './support/meeting-room.mjs';
import { until } from './support/until.mjs';

const room = meetingRoom();

/** Runs in the page: the limits of the layers of the camera that is sent, together, the frame rate of its pictures, and the height that is asked for. */
const sentCamera = () => {
  const sender = globalThis.connections.filter(connection => connection.connectionState === 'connected').flatMap(connection => connection.getSenders()).find(one => one.track?.kind === 'video');
  return { limit: sender.getParameters().encodings.reduce((sum, { maxBitrate }) => sum + maxBitrate, 0), frameRate: Math.round(sender.track.getSettings().frameRate), height: sender.track.getConstraints().height };
};

describe('the data saver', () => {
  it('limits what the camera sends and requests smaller pictures, during a meeting and without a new connection', { timeout: 180_000 }, async () => {
    await room.withParticipants(['Bob'], async (bob, meeting) => {
      const ada = await room.arrive('Ada', { deviceScaleFactor: 1, frameRate: 30 });
      try {
        const views = [];
        ada.page.on('websocket', socket => socket.on('framesent', ({ payload }) => {
          const message = JSON.parse(payload);
          if (message.type === 'view' && message.tracks.length > 0) views.push(message.tracks[0].height);
        }));
        await ada.enter(meeting.meetingId);
        await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
        const connections = await ada.page.evaluate(() => globalThis.connections.length);
        const before = await ada.page.evaluate(sentCamera);
        assert.ok(before.limit > 1_500_000 && before.frameRate > 15, JSON.stringify(before));
        assert.ok(views.at(-1) > 180, `a picture of ${views.at(-1)} pixels is requested`);

        await ada.page.getByTestId('open-devices').click();
        await ada.page.getByTestId('data-use').selectOption('low');
        let sent;
        const sendsLess = async () => {
          sent = await ada.page.evaluate(sentCamera);
          return sent.limit <= 500_002 && sent.frameRate <= 15 && sent.height === 360;
        };
        await until(sendsLess, 'the camera of Ada sends less', 20_000).catch(error => { throw new Error(`${error.message}: ${JSON.stringify(sent)}`); });
        await until(() => views.at(-1) <= 180, 'a smaller picture of Bob is requested');
        await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);

        await ada.page.getByTestId('data-use').selectOption('automatic');
        await until(async () => (await ada.page.evaluate(sentCamera)).limit === before.limit, 'the limit ends');
        assert.equal(await ada.page.evaluate(() => globalThis.connections.length), connections);
      } finally {
        await ada.close();
      }
    });
  });
});
