// Meetings that are encrypted end to end, through the media node, and servers that do not keep to the protocol.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { accessibilityFindings } from './support/axe.mjs';
import { phrase, waitForMark } from './support/marks.mjs';
import { metricsOf } from './support/media-node.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { findInMemory } from './support/memory.mjs';
import { processesOf } from './support/processes.mjs';
import { createMeeting } from './support/product.mjs';
import { recordFrames, search } from './support/recorded-frames.mjs';
import { until } from './support/visitor.mjs';
import { wiretap } from './support/wiretap.mjs';

const room = meetingRoom();
const options = { timeout: 300_000 };
const encrypted = { settings: { e2ee: 'Required' } };

/** Lets a test change the messages that a visitor's page gets: `change` returns the message to deliver, or null. */
const tamper = (visitor, change) => visitor.page.routeWebSocket(/\/meetings\//, page => page.connectToServer().onMessage(message => {
  const changed = change(JSON.parse(message));
  if (changed !== null) page.send(JSON.stringify(changed));
}));

describe('a meeting that is encrypted end to end', () => {
  it('is created on the start page and joined with its link; all see and hear each other, with a shield on each tile and one phrase', options, async t => {
    const [ada, bob, eve] = [await room.arrive('Ada'), await room.arrive('Bob'), await room.arrive('Eve')];
    try {
      await ada.page.goto(room.product.url);
      await ada.page.getByTestId('encrypt-meeting').check();
      await ada.page.getByTestId('new-meeting').click();
      await ada.join();
      await ada.control('copy').click();
      const link = await ada.page.evaluate(() => navigator.clipboard.readText());
      assert.match(link, /#e2ee$/);
      for (const visitor of [bob, eve]) {
        await visitor.page.goto(link);
        await visitor.join();
      }
      await Promise.all([ada.waitForVideo('Bob'), ada.waitForVideo('Eve'), bob.waitForVideo('Ada'), eve.waitForVideo('Bob'), ada.waitForSound(), eve.waitForSound()]);
      await Promise.all([ada, bob, eve].map(visitor => waitForMark(visitor, 'tile-encrypted', 3)));
      const marks = await eve.marks();
      t.diagnostic(`Eve sees the first picture, with a key that she got, ${Math.round(marks.frame - marks.join)} ms after her click on Join`);
      assert.equal(new Set([await phrase(ada), await phrase(bob), await phrase(eve)]).size, 1);
      await ada.page.getByTestId('open-verification').click();
      assert.deepEqual(await accessibilityFindings(ada.page), []);
      await ada.page.keyboard.press('Escape');

      await bob.page.reload();
      await bob.connected();
      await Promise.all([bob.waitForVideo('Ada'), ada.waitForVideo('Bob'), eve.waitForVideo('Bob')]);
      await eve.control('leave').click();
      await until(async () => await ada.tile('Eve').count() === 0, 'the tile of Eve disappears');
      await Promise.all([bob.waitForVideo('Ada', 'camera', 40), ada.waitForVideo('Bob', 'camera', 40), ada.waitForSound()]);
      assert.equal(await phrase(ada), await phrase(bob));
      await bob.control('share').click();
      await ada.waitForVideo('Bob', 'screen', 3);
      await ada.tile('Bob', 'screen').getByTestId('tile-encrypted').waitFor();
    } finally {
      await Promise.all([ada.close(), bob.close(), eve.close()]);
    }
  });

  it('in a meeting that is not encrypted end to end, each tile says so', options, async () => {
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob) => {
      await Promise.all([ada, bob].map(visitor => waitForMark(visitor, 'tile-not-encrypted', 2)));
      assert.equal(await ada.tile('Bob').getByRole('img', { name: 'Not encrypted end to end' }).count(), 1);
      assert.deepEqual(await accessibilityFindings(ada.page), []);
    });
  });

  it('a participant without the keys of the others gets from the media node what they encrypted, and nothing of their pictures and sound', options, async t => {
    await room.withParticipants(['Bob'], async (bob, meeting) => {
      const ada = await room.arrive('Ada');
      const recording = recordFrames(ada);
      await ada.enter(meeting.meetingId);
      const tap = await wiretap(room.browser, room.product, meeting.meetingId);
      try {
        await until(async () => (await tap.count()).every(count => count >= 100), 'the wiretap gets 100 frames of sound and 100 of pictures');
        await bob.waitForVideo('Ada');
        const forwarded = await tap.frames();
        const found = search(forwarded, await (await recording).read());
        t.diagnostic(JSON.stringify({ forwarded: forwarded.length, ...found }));
        assert.ok(found.sealed >= 100, `${found.sealed} encrypted frames of Ada were forwarded`);
        assert.equal(found.clear, 0);
      } finally {
        await Promise.all([tap.close(), ada.close()]);
      }
    }, encrypted);
  });

  it('no message about keys and no public key is in a log, a metric, the database or the objects of Kubernetes', options, async () => {
    const ada = await room.arrive('Ada');
    const keys = new Set();
    ada.page.on('websocket', socket => socket.on('framesent', ({ payload }) => {
      const message = JSON.parse(payload);
      if (message.type === 'join') keys.add(message.identityKey);
      if (message.type === 'e2ee-keys') for (const key of message.keys) keys.add(key.payload);
    }));
    try {
      const meeting = await createMeeting(room.product, encrypted);
      await ada.enter(meeting.meetingId);
      const bob = await room.arrive('Bob');
      await bob.enter(meeting.meetingId);
      await ada.waitForVideo('Bob');
      const line = `the database has this line of ${meeting.meetingId}`;
      await ada.sendMessage(line);
      await bob.waitForMessage(line);
      await bob.close();
      assert.ok(keys.size >= 2);
      const files = (await readdir(room.product.home, { recursive: true, withFileTypes: true })).filter(entry => entry.isFile())
        .map(({ parentPath, name }) => relative(room.product.home, join(parentPath, name))).filter(name => !name.startsWith('programs/'));
      const places = new Map(await metricsOf(room.product));
      for (const name of files) places.set(name, await readFile(join(room.product.home, name), 'latin1'));
      const searched = pattern => [...places].filter(([name]) => pattern.test(name)).map(([, text]) => text).join('\n');
      for (const [pattern, known] of [[/log$|\/log/, 'MeetOperator'], [/^api\/store\//, meeting.meetingId], [/^data\/.*meet\.db/, line], [/^signaling/, 'meet_signaling_'], [/^media node/, 'meet_node_']]) {
        assert.ok(searched(pattern).includes(known), `${known} is not found in ${pattern} of ${[...places.keys()].join(', ')}`);
      }
      for (const [name, text] of places) {
        for (const key of keys) assert.ok(![0, key.length / 2, key.length - 20].some(start => text.includes(key.substring(start, start + 20))), `${name} contains a key`);
      }
    } finally {
      await ada.close();
    }
  });

  it('no key of a participant is in the memory of signaling, which passes all of them on', options, async t => {
    const meeting = await createMeeting(room.product, encrypted);
    const [ada, bob] = [await room.arrive('Ada'), await room.arrive('Bob')];
    const identities = [];
    ada.page.on('websocket', socket => socket.on('framesent', ({ payload }) => identities.push(JSON.parse(payload).identityKey)));
    await ada.page.addInitScript(() => {
      globalThis.baseKeys = [];
      const fill = crypto.getRandomValues.bind(crypto);
      crypto.getRandomValues = array => {
        fill(array);
        if (array instanceof Uint8Array && array.length === 32) globalThis.baseKeys.push([...array]);
        return array;
      };
    });
    try {
      await ada.enter(meeting.meetingId);
      await bob.enter(meeting.meetingId);
      await Promise.all([bob.waitForVideo('Ada'), ada.waitForVideo('Bob')]); // Bob has got a key of Ada
      const keys = (await ada.page.evaluate(() => globalThis.baseKeys)).map(bytes => Buffer.from(bytes));
      assert.ok(keys.length >= 1, 'the page makes a key');
      const textsOf = text => ['utf8', 'utf16le'].map(encoding => Buffer.from(text, encoding));
      const wanted = keys.flatMap(key => [key, ...textsOf(key.toString('base64').replace(/=+$/, '')), ...textsOf(key.toString('base64url')), ...textsOf(key.toString('hex'))]);
      const known = textsOf(identities.find(key => key !== undefined));
      const pids = processesOf(room.product.home, 'signaling');
      assert.ok(pids.length >= 1);
      for (const pid of pids) {
        const found = findInMemory(pid, [...wanted, ...known]);
        t.diagnostic(`process ${pid}: ${keys.length} keys are searched, ${found.size} texts are found`);
        assert.ok(known.some(text => found.has(text)), 'the public key of Ada, which signaling keeps, is found in its memory');
        assert.deepEqual(wanted.filter(bytes => found.has(bytes)), []);
      }
    } finally {
      await Promise.all([ada.close(), bob.close()]);
    }
  });

  it('a receiver gets the layer of a camera that fits its tile, and decrypts each', options, async () => {
    const { meetingId } = await createMeeting(room.product, encrypted);
    const ada = await room.arrive('Ada', { width: 960 });
    const bob = await room.arrive('Bob', { deviceScaleFactor: 1 });
    const decodedHeight = () => bob.page.evaluate(async () => {
      let height = 0;
      for (const connection of globalThis.connections.filter(one => one.connectionState === 'connected')) {
        (await connection.getStats()).forEach(record => { if (record.type === 'inbound-rtp' && record.kind === 'video') height = record.frameHeight; });
      }
      return height;
    });
    try {
      await ada.enter(meetingId); // Chromium opens the simulated camera once, in the size that is asked for first
      await bob.enter(meetingId);
      await bob.tile('Ada').getByTestId('tile-encrypted').waitFor();
      for (const [viewport, height] of [[{ width: 1900, height: 1080 }, 540], [{ width: 400, height: 300 }, 135], [{ width: 420, height: 700 }, 270], [{ width: 1900, height: 1080 }, 540]]) {
        await bob.page.setViewportSize(viewport);
        await until(async () => await decodedHeight() === height, `Bob decodes Ada's camera with ${height} lines`);
        await bob.waitForVideo('Ada');
        assert.equal(await bob.page.getByTestId('tile-not-decrypted').count(), 0);
      }
    } finally {
      await Promise.all([ada.close(), bob.close()]);
    }
  });

  it('a browser that cannot encrypt is refused with the reason', options, async () => {
    await room.withParticipants(['Ada'], async (ada, meeting) => {
      const old = await room.arrive('Old');
      try {
        await old.page.addInitScript(() => {
          delete globalThis.RTCRtpScriptTransform;
          delete globalThis.RTCRtpSender.prototype.createEncodedStreams;
        });
        await old.page.goto(`${room.product.url}/m/${meeting.meetingId}`);
        await old.page.getByTestId('name-input').fill('Old');
        await old.page.getByTestId('join-button').click();
        await old.notice('encryption-required').waitFor();
        assert.equal(await ada.tile('Old').count(), 0);
      } finally {
        await old.close();
      }
    }, encrypted);
  });

  it('a page that knows that the meeting is encrypted sends nothing when the server does not say so', options, async () => {
    const ada = await room.arrive('Ada');
    try {
      await tamper(ada, ({ e2ee: _, ...message }) => message);
      const meeting = await createMeeting(room.product, encrypted);
      await ada.page.goto(`${room.product.url}/m/${meeting.meetingId}#e2ee`);
      await ada.page.getByTestId('name-input').fill('Ada');
      await ada.page.getByTestId('join-button').click();
      await ada.notice('encryption-required').waitFor();
      assert.equal(await ada.page.evaluate(() => globalThis.connections.length), 0);
    } finally {
      await ada.close();
    }
  });

  it('when keys do not arrive, the tile says that it cannot be decrypted, and the others go on', options, async () => {
    await room.withParticipants(['Ada'], async (ada, meeting) => {
      const bob = await room.arrive('Bob');
      try {
        await tamper(bob, message => (message.type === 'e2ee-key' ? null : message));
        await bob.enter(meeting.meetingId);
        await bob.tile('Ada').getByTestId('tile-not-decrypted').waitFor();
        await ada.waitForVideo('Bob');
      } finally {
        await bob.close();
      }
    }, encrypted);
  });

  it('when the server exchanges public keys, the phrases differ', options, async () => {
    await room.withParticipants(['Ada'], async (ada, meeting) => {
      const bob = await room.arrive('Bob');
      try {
        // A point on the curve whose private key the server may have: the base point (SEC 2, section 2.4.2).
        const point = Buffer.from('046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5', 'hex').toString('base64url');
        await tamper(bob, message => (message.type === 'joined' ? { ...message, participants: message.participants.map(one => ({ ...one, identityKey: point })) } : message));
        await bob.enter(meeting.meetingId);
        assert.notEqual(await phrase(ada), await phrase(bob));
      } finally {
        await bob.close();
      }
    }, encrypted);
  });
});
