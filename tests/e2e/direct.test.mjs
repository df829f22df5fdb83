// Two people, or up to four where the meeting says so, talk directly; with one more, everybody uses the media node; and back.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Lines } from './support/bad-line.mjs';
import { launch } from './support/browser.mjs';
import { directDelay, meetingRoom } from './support/meeting-room.mjs';
import { plainPage } from './support/plain-page.mjs';
import { applyMeeting, changeMeeting, meetingStatus } from './support/product.mjs';
import { recordArrivals, recordFrames, search } from './support/recorded-frames.mjs';
import { until } from './support/until.mjs';
import { describeOnFailure } from './support/visitor.mjs';
import { WhipHttp } from './support/whip-http.mjs';

const room = meetingRoom(() => launch(['--use-fake-device-for-media-stream=device-count=2']));
/** Nobody must have needed the media node for `directDelay` before media flows directly. On a busy machine the first attempt can fail, and the next one is made a minute later. */
const options = { timeout: 600_000 };

/** Runs in the page: measures the longest time in which no sound arrived on the path whose sound is played. */
const watchGap = () => {
  globalThis.gap = { longest: 0, path: null };
  let last = { path: null, timestamp: 0, at: performance.now() };
  setInterval(() => {
    const played = [...document.querySelectorAll('audio')].flatMap(audio => audio.srcObject?.getAudioTracks() ?? []);
    const receivers = globalThis.connections.filter(connection => connection.connectionState === 'connected')
      .flatMap(connection => connection.getReceivers().filter(receiver => receiver.track.kind === 'audio').map(receiver => ({ receiver, isDirect: connection.getSenders().some(sender => sender.track !== null) && connection.getTransceivers()[0].direction === 'sendrecv' })));
    const direct = receivers.filter(({ isDirect }) => isDirect).find(({ receiver }) => played.includes(receiver.track));
    const path = direct === undefined ? 'sfu' : 'p2p';
    const candidates = direct === undefined ? receivers.filter(({ isDirect }) => !isDirect) : [direct];
    const timestamp = Math.max(0, ...candidates.map(({ receiver }) => receiver.getSynchronizationSources()[0]?.timestamp ?? 0));
    const now = performance.now();
    if (path !== last.path || timestamp > last.timestamp) {
      if (timestamp <= last.timestamp) {
        last.path = path;
        return;
      }
      globalThis.gap.longest = Math.max(globalThis.gap.longest, now - last.at);
      last = { path, timestamp, at: now };
    }
    globalThis.gap.path = path;
  }, 10);
};

const path = visitor => visitor.page.evaluate(() => globalThis.gap.path);
const longestGap = async visitor => Math.round((await visitor.page.evaluate(() => globalThis.gap)).longest);
const resetGap = visitors => Promise.all(visitors.map(visitor => visitor.page.evaluate(() => { globalThis.gap.longest = 0; })));
/** A busy machine causes gaps of a second and more, also without a switch; `./meet bench quality --only p2p` measures the short ones. */
const assertContinuous = async (t, visitors, what) => {
  const gaps = await Promise.all(visitors.map(longestGap));
  t.diagnostic(`longest time without a packet of sound during the switch ${what}: ${gaps.join(' and ')} ms`);
  assert.ok(gaps.every(gap => gap < 5_000), `sound stopped during the switch ${what}: ${gaps.join(' and ')} ms`);
};
const use = (visitors, expected, what) => until(async () => (await Promise.all(visitors.map(path))).every(one => one === expected), what, 200_000);

/** How many connections of the page are open, and how many of them are not to another participant. */
const connectionsOf = visitor => visitor.page.evaluate(() => {
  const open = globalThis.connections.filter(({ connectionState }) => connectionState === 'connected');
  return { open: open.length, toNode: open.filter(connection => connection.getTransceivers()[0]?.direction !== 'sendrecv').length };
});

/** The packets of media that the page has sent to the media node. */
const sentToNode = visitor => visitor.page.evaluate(async () => {
  let packets = 0;
  for (const connection of globalThis.connections) {
    if (connection.connectionState !== 'connected' || connection.getTransceivers()[0]?.direction !== 'sendonly') continue;
    (await connection.getStats()).forEach(record => { if (record.type === 'outbound-rtp') packets += record.packetsSent ?? 0; });
  }
  return packets;
});

/** The packets of pictures that the page has received. */
const receivedPictures = visitor => visitor.page.evaluate(async () => {
  let packets = 0;
  for (const connection of globalThis.connections) {
    if (connection.connectionState !== 'connected') continue;
    (await connection.getStats()).forEach(record => { if (record.type === 'inbound-rtp' && record.kind === 'video') packets += record.packetsReceived ?? 0; });
  }
  return packets;
});
const heightOf = (visitor, name, source) => visitor.tile(name, source).locator('video').last().evaluate(video => video.videoHeight);

/** Runs in the page: the screen that is shared next has 2560 by 1440 pixels and 30 pictures a second, of which a part changes. */
const largeScreen = () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 2560, height: 1440 });
  const pen = canvas.getContext('2d');
  let count = 0;
  setInterval(() => {
    pen.fillStyle = `hsl(${count++ % 360} 60% 60%)`;
    pen.fillRect(40 * (count % 64), 0, 40, 400);
  }, 33);
  navigator.mediaDevices.getDisplayMedia = async () => canvas.captureStream(30);
};

/** How many pictures a second of the screen of somebody are drawn. */
async function screenRate(visitor, name) {
  const read = () => visitor.tile(name, 'screen').locator('video').last().evaluate(video => ({ at: performance.now(), drawn: video.getVideoPlaybackQuality().totalVideoFrames }));
  const before = await read();
  await visitor.page.waitForTimeout(3_000);
  const after = await read();
  return 1_000 * (after.drawn - before.drawn) / (after.at - before.at);
}
/** What the first sender of pictures of each open connection sends, by the ID of its track. */
const sentCameras = visitor => visitor.page.evaluate(() => globalThis.connections.filter(connection => connection.connectionState === 'connected')
  .flatMap(connection => connection.getSenders().filter(sender => sender.track?.kind === 'video').map(sender => sender.track.id)));

/** For each tile of another participant: whether its picture comes over a direct connection, and how many pictures it has drawn. */
const tilesOfOthers = visitor => visitor.page.evaluate(() => {
  const direct = globalThis.connections.filter(connection => connection.connectionState === 'connected' && connection.getTransceivers()[0]?.direction === 'sendrecv')
    .flatMap(connection => connection.getReceivers().map(({ track }) => track));
  return [...document.querySelectorAll('[data-testid=tile][data-self=false]')].map(tile => {
    const video = [...tile.querySelectorAll('video')].at(-1);
    return { isDirect: direct.includes(video?.srcObject?.getVideoTracks()[0]), drawn: video?.getVideoPlaybackQuality().totalVideoFrames ?? 0 };
  });
});

/** Waits until all of them see all others move, over direct connections or through the media node. */
async function seeEachOther(visitors, isDirect) {
  let seen;
  await until(async () => {
    const before = await Promise.all(visitors.map(tilesOfOthers));
    await new Promise(resolve => setTimeout(resolve, 2_000));
    seen = await Promise.all(visitors.map(tilesOfOthers));
    return seen.every((tiles, person) => tiles.length === visitors.length - 1
      && tiles.every((tile, index) => tile.isDirect === isDirect && tile.drawn > (before[person][index]?.drawn ?? Infinity)));
  }, `${visitors.length} people see each other ${isDirect ? 'directly' : 'through the media node'}`, 200_000).catch(error => { throw new Error(`${error.message}: ${JSON.stringify(seen)}`); });
}

describe('a meeting of two', { concurrency: true }, () => {
  for (const settings of [{ mode: 'Auto' }, { mode: 'Auto', e2ee: 'Required' }]) {
    const title = settings.e2ee === undefined
      ? 'talks directly when nobody needs the media node, through the media node with a third, directly again, and on when all paths die'
      : 'talks directly when it is encrypted end to end, and nothing is in clear on the direct connection';
    it(title, options, async t => {
      const lines = new Lines();
      t.after(() => lines.close());
      const people = ['Ada', 'Bob'].map(name => ({ name, prepare: page => (settings.e2ee === undefined ? lines.attach(page) : undefined) }));
      await room.withParticipants(people, async (ada, bob, meeting) => {
        const both = [ada, bob];
        const frames = settings.e2ee === undefined ? null : await Promise.all([recordFrames(ada), recordArrivals(bob)]);
        await Promise.all(both.map(visitor => visitor.page.evaluate(watchGap)));
        await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForSound(), bob.waitForSound()]);
        await resetGap(both);

        await use(both, 'p2p', 'both receive each other directly');
        await assertContinuous(t, both, 'to direct connections');
        await until(async () => {
          const before = await Promise.all(both.map(sentToNode));
          await new Promise(resolve => setTimeout(resolve, 500));
          const after = await Promise.all(both.map(sentToNode));
          return before.every((packets, index) => packets === after[index]);
        }, 'nothing is sent to the media node');
        if (frames !== null) {
          const [sent, arrived] = frames;
          await Promise.all(frames.map(kept => kept.clear()));
          await until(async () => await arrived.count() >= 150, 'frames of Ada arrive directly');
          const found = search(await arrived.read(), await sent.read());
          t.diagnostic(`on the direct connection: ${JSON.stringify(found)}`);
          assert.ok(found.sealed >= 100, `${found.sealed} encrypted frames of Ada arrive directly`);
          assert.equal(found.clear, 0, 'nothing of what Ada encrypted arrives in clear');
        }
        await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForSound(), bob.waitForSound()]);

        await resetGap(both);
        const eve = await room.arrive('Eve');
        try {
          await eve.enter(meeting.meetingId);
          await use(both, 'sfu', 'both receive each other through the media node');
          await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForVideo('Eve'), eve.waitForVideo('Ada'), eve.waitForVideo('Bob'), eve.waitForSound()]);
          await assertContinuous(t, both, 'to the media node');
          await until(() => ada.page.evaluate(() => globalThis.connections.filter(connection => connection.connectionState === 'connected').length === 2), 'the direct connection is closed');
        } finally {
          await eve.close();
        }
        if (settings.e2ee !== undefined) return;
        await use(both, 'p2p', 'both receive each other directly again');
        await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForSound(), bob.waitForSound()]);
        assert.equal(await ada.page.getByTestId('tile').count(), 2);

        const since = performance.now();
        lines.cut();
        await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
        const seconds = (performance.now() - since) / 1_000;
        t.diagnostic(`pictures are back after ${seconds.toFixed(1)} s, when all paths have died`);
        assert.ok(seconds < 10, `pictures were back after ${seconds.toFixed(1)} s`);
        await Promise.all([ada.waitForSound(), bob.waitForSound()]);
        await use(both, 'p2p', 'both receive each other directly on another path');
        await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
      }, { settings });
    });
  }

  it('uses the media node with mode Sfu', options, async () => {
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob) => {
      for (const visitor of [ada, bob]) await visitor.page.evaluate(watchGap);
      await new Promise(resolve => setTimeout(resolve, 1_000 * (directDelay + 5)));
      assert.deepEqual(await Promise.all([ada, bob].map(path)), ['sfu', 'sfu']);
    }, { settings: { mode: 'Sfu' } });
  });
});

/** One after the other: a background takes a large part of a small machine, and all pages of a browser get the size in which the first one opened the camera. */
describe('a direct call', () => {
  it('receives a screen like from the media node and smaller in a small tile, no picture with audio only, smaller ones with little data, another camera, a background, and a microphone that is turned on late, all directly', options, async () => {
    await room.withParticipants([{ name: 'Ada', width: 960, deviceScaleFactor: 2 }, { name: 'Bob', width: 960 }], async (ada, bob) => {
      const both = [ada, bob];
      await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
      await bob.control('microphone').click();
      const isDirect = () => until(async () => (await sentCameras(ada)).length === 1 && (await Promise.all(both.map(visitor => visitor.page.evaluate(() =>
        globalThis.connections.filter(connection => connection.connectionState === 'connected').length)))).every(count => count === 3), 'media flows directly', 200_000);
      await isDirect();
      await until(async () => {
        const before = await Promise.all(both.map(sentToNode));
        await new Promise(resolve => setTimeout(resolve, 500));
        return (await Promise.all(both.map(sentToNode))).every((packets, index) => packets === before[index]);
      }, 'nothing is sent to the media node');

      await bob.page.evaluate(largeScreen);
      await bob.control('share').click();
      await until(async () => await heightOf(ada, 'Bob', 'screen') === 1080, 'Ada receives the screen of Bob with 1080 lines');
      const rate = await screenRate(ada, 'Bob');
      assert.ok(rate > 2 && rate < 12, `the screen has ${rate.toFixed(1)} pictures a second`);
      await ada.tile('Bob').getByTestId('pin').click();
      await until(async () => await heightOf(ada, 'Bob', 'screen') < 1080, 'the screen of Bob is smaller in a small tile');
      await ada.tile('Bob').getByTestId('pin').click();
      await until(async () => await heightOf(ada, 'Bob', 'screen') === 1080, 'the screen of Bob has its size again');
      await bob.control('share').click();
      await until(async () => await ada.tile('Bob', 'screen').count() === 0, 'the screen of Bob ends');

      await bob.control('microphone').click();
      await ada.waitForSound();

      await until(async () => await heightOf(ada, 'Bob') > 180, 'Ada receives the whole picture of Bob');
      await ada.page.getByTestId('open-devices').click();
      await ada.page.getByTestId('data-use').selectOption('low');
      await until(async () => await heightOf(ada, 'Bob') <= 180, 'Ada receives a smaller picture of Bob');
      await ada.page.getByTestId('data-use').selectOption('automatic');
      await until(async () => await heightOf(ada, 'Bob') > 180, 'Ada receives the whole picture of Bob again');

      // Chromium does not encode the pictures of its second fake camera, so the first one is chosen again.
      let last = (await sentCameras(ada))[0];
      for (const index of [1, 0]) {
        await ada.page.getByTestId('device-camera').selectOption({ index });
        await until(async () => (await sentCameras(ada)).some(track => track !== last), 'another camera is sent');
        [last] = await sentCameras(ada);
      }
      await bob.waitForVideo('Ada');
      await ada.page.getByTestId('background-blur').check({ force: true });
      await until(async () => (await sentCameras(ada)).some(track => track !== last), 'the camera with a background is sent');
      await bob.waitForVideo('Ada');
      await ada.page.keyboard.press('Escape');

      await ada.page.getByTestId('audio-only').click();
      await until(async () => {
        const before = await receivedPictures(ada);
        await new Promise(resolve => setTimeout(resolve, 2_000));
        return await receivedPictures(ada) === before;
      }, 'Ada receives no pictures');
      await ada.waitForSound();
      await bob.waitForVideo('Ada');
      await ada.page.getByTestId('audio-only').click();
      await ada.waitForVideo('Bob');
      await isDirect();
    }, { settings: { mode: 'Auto' } });
  });

  it('of up to four people is direct where p2pMaxParticipants allows it, and the fifth moves everybody to the media node', options, async t => {
    const meetingId = await applyMeeting(room.product, { mode: 'Auto', p2pMaxParticipants: 4 });
    const people = [];
    const enter = async name => {
      const person = await room.arrive(name, { width: 160, frameRate: 5 });
      people.push(person);
      await person.enter(meetingId);
    };
    try {
      await describeOnFailure(people, async () => {
        for (const name of ['Ada', 'Bob', 'Eve']) await enter(name);
        await seeEachOther(people, true);
        await enter('Gus');
        await seeEachOther(people, true);
        const sent = await Promise.all(people.map(sentToNode));
        await Promise.all([people[0].waitForSound(), people[3].waitForSound()]);
        assert.deepEqual(await Promise.all(people.map(sentToNode)), sent, 'nothing is sent to the media node');
        const began = performance.now();
        await enter('Mia');
        await seeEachOther(people, false);
        t.diagnostic(`${Math.round(performance.now() - began)} ms from the arrival of the fifth until all saw each other through the media node`);
        await people[4].waitForSound();
      });
    } finally {
      await Promise.all(people.map(person => person.close()));
    }
  });

  it('uses the media node while somebody publishes over WHIP, and sees and hears it', options, async () => {
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob, meeting) => {
      const both = [ada, bob];
      await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForSound(), bob.waitForSound()]);
      for (const visitor of both) await visitor.page.evaluate(watchGap);
      await use(both, 'p2p', 'both receive each other directly');
      const http = new WhipHttp(room.product, meeting.meetingId);
      const [camera, publisher] = [await http.join('Camera'), await plainPage(room.browser, room.product)];
      try {
        const session = await publisher.whip(`${room.product.url}/meetings/${meeting.meetingId}/whip`, camera.ticket);
        await use(both, 'sfu', 'both receive each other through the media node');
        await Promise.all([ada.waitForVideo('Camera'), bob.waitForVideo('Camera'), ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
        assert.equal((await http.end(session, camera.ticket)).status, 204);
      } finally {
        await publisher.close();
      }
      await use(both, 'p2p', 'both receive each other directly again');
      await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForSound(), bob.waitForSound()]);
    }, { settings: { mode: 'Auto' } });
  });
});

describe('a running call', () => {
  it('follows each change of the mode of its meeting, and the new path carries sound and pictures before the former one ends', options, async t => {
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob, meeting) => {
      const both = [ada, bob];
      const seeAndHear = () => Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForSound(), bob.waitForSound()]);
      await seeAndHear();
      for (const visitor of both) await visitor.page.evaluate(watchGap);
      await use(both, 'p2p', 'both receive each other directly');
      const [node, direct, nodeAndDirect] = [{ open: 2, toNode: 2 }, { open: 1, toNode: 0 }, { open: 3, toNode: 2 }];
      for (const [mode, expected, connections] of [['Sfu', 'sfu', node], ['P2P', 'p2p', direct], ['Sfu', 'sfu', node], ['Auto', 'p2p', nodeAndDirect], ['P2P', 'p2p', direct]]) {
        await resetGap(both);
        const began = performance.now();
        changeMeeting(room.product, meeting.meetingId, { mode });
        await use(both, expected, `both receive each other ${expected === 'p2p' ? 'directly' : 'through the media node'} with mode ${mode}`);
        const seconds = (performance.now() - began) / 1_000;
        await until(async () => (await Promise.all(both.map(connectionsOf))).every(one => one.open === connections.open && one.toNode === connections.toNode), `only the connections of mode ${mode} are open`);
        await assertContinuous(t, both, `to mode ${mode}, which took ${seconds.toFixed(1)} s`);
        await seeAndHear();
        assert.deepEqual(await Promise.all(both.map(visitor => visitor.page.getByTestId('tile').count())), [2, 2]);
      }
    }, { settings: { mode: 'Auto', maxParticipants: 2 } });
  });
});

/** Together, because one of them waits for longer than the others take. */
describe('a meeting with mode P2P', { concurrency: true }, () => {
  const settings = { mode: 'P2P', maxParticipants: 2 };
  it('carries sound, pictures and a shared screen only directly, and refuses a third with the reason', options, async t => {
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob, meeting) => {
      const both = [ada, bob];
      await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForSound(), bob.waitForSound()]);
      assert.deepEqual(await Promise.all(both.map(connectionsOf)), [{ open: 1, toNode: 0 }, { open: 1, toNode: 0 }]);
      await bob.control('share').click();
      await ada.waitForVideo('Bob', 'screen', 2);
      await bob.control('share').click();
      await until(async () => await ada.tile('Bob', 'screen').count() === 0, 'the screen of Bob ends');
      await ada.control('camera').click();
      await until(async () => await bob.tile('Ada').locator('video').count() === 0, 'the camera of Ada is off');
      await ada.control('camera').click();
      await bob.waitForVideo('Ada');

      const eve = await room.arrive('Eve');
      try {
        await eve.page.goto(`${room.product.url}/m/${meeting.meetingId}`);
        await eve.page.getByTestId('name-input').fill('Eve');
        await eve.page.getByTestId('join-button').click();
        await eve.notice('meeting-full').waitFor();
      } finally {
        await eve.close();
      }

      await ada.page.reload();
      await ada.connected();
      await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForSound(), bob.waitForSound()]);
      t.diagnostic('both see and hear each other again after a reload');
    }, { settings });
  });

  it('goes on while people are in it, and ends as empty after they have left', options, async t => {
    const emptyTimeoutSeconds = 5;
    let meetingId;
    const status = () => meetingStatus(room.product, meetingId);
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob, meeting) => {
      ({ meetingId } = meeting);
      await until(() => status().participants === 2, 'the operator counts both');
      changeMeeting(room.product, meetingId, { lifecycle: { emptyTimeoutSeconds } });
      const began = Date.now();
      await until(() => {
        const { participants, phase, emptySince, endedAt } = status();
        assert.deepEqual({ participants, phase, emptySince, endedAt }, { participants: 2, phase: 'Active', emptySince: undefined, endedAt: undefined });
        return Date.now() - began > 8 * emptyTimeoutSeconds * 1_000; // longer than a media node keeps somebody whom signaling does not refresh
      }, 'the meeting goes on', 120_000, 1_000);
      await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForSound(), bob.waitForSound()]);
    }, { settings });
    const left = Date.now();
    await until(() => status().endReason !== undefined, 'the meeting has ended');
    t.diagnostic(`it ended ${((Date.now() - left) / 1_000).toFixed(1)} s after both had closed their pages`);
    assert.deepEqual([status().endReason, status().peakParticipants], ['Empty', 2]);
  });

  it('says to both when they cannot connect directly, and what to do, and goes on when they can', options, async () => {
    /** Runs in the page: while `globalThis.isCut`, connections learn no address of the other side. */
    const prepare = page => page.addInitScript(() => {
      globalThis.isCut = true;
      const apply = RTCPeerConnection.prototype.setRemoteDescription;
      RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
        return apply.call(this, { type, sdp: globalThis.isCut ? sdp.replaceAll(/^a=candidate:.*\r\n/gm, '') : sdp });
      };
    });
    await room.withParticipants([{ name: 'Ada', prepare }, { name: 'Bob', prepare }], async (ada, bob) => {
      const both = [ada, bob];
      for (const [person, other] of [[ada, 'Bob'], [bob, 'Ada']]) {
        const banner = person.page.getByTestId('unconnected-banner');
        await banner.waitFor();
        assert.match(await banner.textContent(), new RegExp(`directly: ${other}\\. .*another network`));
      }
      assert.deepEqual((await Promise.all(both.map(connectionsOf))).map(({ open }) => open), [0, 0]);
      await Promise.all(both.map(({ page }) => page.evaluate(() => { globalThis.isCut = false; })));
      await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
      await Promise.all(both.map(({ page }) => page.getByTestId('unconnected-banner').waitFor({ state: 'detached' })));
    }, { settings });
  });
});
