// WHIP and WHEP with independent clients: werift (WebRTC in JavaScript), GStreamer (WebRTC in C) and a page that uses only RTCPeerConnection and fetch.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { launch } from './support/browser.mjs';
import { GStreamer } from './support/gstreamer.mjs';
import { nodeFigures } from './support/media-node.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { plainPage } from './support/plain-page.mjs';
import { createMeeting } from './support/product.mjs';
import { until } from './support/visitor.mjs';
import { faults, play, publish } from './support/werift-peer.mjs';
import { WhipHttp } from './support/whip-http.mjs';

const room = meetingRoom();
const options = { timeout: 240_000 };
const disappears = (person, name) => until(async () => await person.tile(name).count() === 0, `the tile of ${name} disappears`);

async function isProblem(response, status, code) {
  assert.equal(response.status, status);
  assert.match(response.headers.get('content-type'), /^application\/problem\+json/);
  const body = await response.json();
  assert.equal(body.type, `urn:meetoperator:error:${code}`);
  assert.equal(body.status, status);
  return body;
}

describe('WHIP and WHEP', () => {
  it('WHIP and WHEP reject invalid requests with a problem document and leave no session behind', options, async () => {
    const meeting = await createMeeting(room.product);
    const other = await createMeeting(room.product);
    const http = new WhipHttp(room.product, meeting.meetingId);
    const [camera, foreign] = [await http.join('Camera'), await new WhipHttp(room.product, other.meetingId).join('Foreign')];
    const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n';
    await until(async () => (await fetch(`${room.product.url}/meetings/${meeting.meetingId}`).then(answer => answer.json())).status === 'ready', 'the meeting is placed');
    // A new media node warms up with a call to itself, and participants of earlier tests may still be leaving.
    const nothing = { participants: 0, sessions: 0, upTracks: 0, downTracks: 0 };
    await until(async () => isDeepStrictEqual(await nodeFigures(room.product), nothing), 'the media nodes are idle', 45_000);
    for (const path of ['whip', 'whep']) {
      await isProblem(await http.post(path, camera.ticket, sdp, 'text/plain'), 415, 'unsupported-media-type');
      await isProblem(await http.post(path, 'wrong', sdp), 401, 'unauthorized');
      await isProblem(await http.post(path, meeting.hostToken, sdp), 403, 'forbidden');
      await isProblem(await http.post(path, foreign.ticket, sdp), 403, 'forbidden');
      await isProblem(await http.post(path, camera.ticket, sdp + 'a=x\r\n'.repeat(100_000)), 413, 'payload-too-large');
      for (const garbage of ['', 'hello', '\u0000\u0001\u0002', sdp, `${sdp}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n`]) {
        const problem = await isProblem(await http.post(path, camera.ticket, garbage), 400, 'invalid-request');
        assert.ok(problem.errors.body?.[0], 'the problem explains the error in the body');
      }
    }
    await isProblem(await http.post(`whep?participant=${camera.participantId}`, camera.ticket, sdp), 404, 'unknown-participant');
    assert.deepEqual(await nodeFigures(room.product), nothing);
    assert.deepEqual(await http.participants(), []);
  });

  it('werift plays the sound and video of a participant over WHEP, authentic and without gaps', options, async () => {
    await room.withParticipants(['Ada'], async (ada, meeting) => {
      const http = new WhipHttp(room.product, meeting.meetingId);
      const wall = await http.join('Wall');
      const player = await play(http, wall.ticket, await ada.id());
      try {
        assert.match(player.session.type, /^application\/sdp/);
        assert.match(player.session.location, new RegExp(`/meetings/${meeting.meetingId}/whep/`));
        await until(() => player.received.audio.length >= 100 && player.received.video.length >= 60, 'a hundred packets of sound and sixty of the picture');
        const authentic = player.authentic();
        assert.ok(authentic.length >= 100 && authentic.every(Boolean), `${authentic.filter(one => !one).length} of ${authentic.length} packets have a wrong tag`);
        assert.equal(player.authenticWhenChanged(), false);
        for (const kind of ['audio', 'video']) {
          const packets = player.received[kind];
          assert.deepEqual(faults(packets), { missing: 0, twice: 0 }, kind);
          assert.equal(new Set(packets.map(packet => packet.header.ssrc)).size, 1, `one source of ${kind}`);
          assert.equal(new Set(packets.map(packet => packet.header.payloadType)).size, 1, `one payload type of ${kind}`);
        }
        await ada.tile('Wall').waitFor();
        assert.equal((await http.end(player.session.location, wall.ticket)).status, 204);
        await disappears(ada, 'Wall');
        const [count, sent] = [player.received.audio.length, await ada.sentPackets()];
        await until(async () => await ada.sentPackets() >= sent + 50, 'Ada continues to send');
        assert.ok(player.received.audio.length - count <= 1, 'no more packets arrive');
      } finally {
        await player.peer.close();
      }
    });
  });

  it('WHEP answers with Retry-After until a participant publishes', options, async () => {
    const meeting = await createMeeting(room.product);
    const http = new WhipHttp(room.product, meeting.meetingId);
    const wall = await http.join('Wall');
    const ada = await room.arrive('Ada');
    const playing = play(http, wall.ticket);
    try {
      await ada.enter(meeting.meetingId);
      const player = await playing;
      assert.ok(player.session.retries > 0, 'the first request was rejected with Retry-After');
      await until(() => player.received.audio.length >= 10 && player.received.video.length >= 10, 'packets of both kinds arrive');
      await player.peer.close();
    } finally {
      await ada.close();
    }
  });

  it('werift publishes over WHIP to the participants of a meeting until DELETE', options, async () => {
    const source = await createMeeting(room.product);
    const sourceHttp = new WhipHttp(room.product, source.meetingId);
    const camera = await plainPage(room.browser, room.product);
    const cleaning = [() => camera.close()];
    try {
      await room.withParticipants(['Bob'], async (bob, meeting) => {
        // The encoded sound and video come from a page in another meeting, over WHIP and WHEP.
        const eye = await sourceHttp.join('Eye');
        await camera.whip(`${room.product.url}/meetings/${source.meetingId}/whip`, eye.ticket);
        const tap = await sourceHttp.join('Tap');
        const player = await play(sourceHttp, tap.ticket, eye.participantId);
        cleaning.push(() => player.peer.close());

        const http = new WhipHttp(room.product, meeting.meetingId);
        const relay = await http.join('Relay');
        let wanted = 0;
        const publisher = await publish(http, relay.ticket, { onKeyFrameWanted: () => { wanted++; player.askForKeyFrame(); } });
        cleaning.push(() => publisher.peer.close());
        for (const kind of ['audio', 'video']) player.onRtp[kind] = packet => publisher.tracks[kind].writeRtp(packet.clone());

        assert.match(publisher.session.location, new RegExp(`/meetings/${meeting.meetingId}/whip/`));
        await Promise.all([bob.waitForVideo('Relay'), bob.waitForSound()]);
        const before = await decoded(bob);
        await until(async () => await decoded(bob) >= before + 10, 'the page decodes ten more frames');
        assert.ok(wanted > 0, 'the key frame request of the viewer reaches werift');

        // The participant also plays for a while; its publication continues when the player ends.
        const view = await play(http, relay.ticket, await bob.id());
        cleaning.push(() => view.peer.close());
        await until(() => view.received.video.length >= 10, 'the relay receives the video of Bob');
        assert.equal((await http.end(view.session.location, relay.ticket)).status, 204);
        await bob.waitForVideo('Relay');

        const stranger = await http.join('Stranger');
        await isProblem(await http.end(publisher.session.location, stranger.ticket), 403, 'forbidden');
        await bob.waitForVideo('Relay', 'camera', 3);
        assert.equal((await http.end(publisher.session.location, relay.ticket)).status, 204);
        await disappears(bob, 'Relay');
        assert.deepEqual((await http.participants()).map(one => one.displayName), ['Bob']);
        assert.equal((await http.end(publisher.session.location, relay.ticket)).status, 204, 'a second DELETE is no error');
      });
    } finally {
      for (const clean of cleaning.reverse()) await clean();
    }
  });

  it('GStreamer publishes H.264 of the profile 42c0 over WHIP until it ends its session', options, async () => {
    await room.withParticipants(['Bob'], async (bob, meeting) => {
      const http = new WhipHttp(room.product, meeting.meetingId);
      const camera = await http.join('Camera');
      const publisher = new GStreamer('whip', `${room.product.url}/meetings/${meeting.meetingId}/whip`, camera.ticket);
      try {
        await publisher.connected();
        assert.match(publisher.values('offer')[0], /profile-level-id=42c0/);
        await Promise.all([bob.waitForVideo('Camera'), bob.waitForSound()]);
        const before = await decoded(bob);
        await until(async () => await decoded(bob) >= before + 30, 'the page decodes thirty more frames');
        assert.deepEqual(await receivedCodecs(bob), ['video/H264']);
      } finally {
        await publisher.end();
      }
      await disappears(bob, 'Camera');
      assert.deepEqual(publisher.values('error'), []);
    });
  });

  it('GStreamer plays the sound and video of a participant over WHEP', options, async () => {
    await room.withParticipants(['Ada'], async (ada, meeting) => {
      const wall = await new WhipHttp(room.product, meeting.meetingId).join('Wall');
      const player = new GStreamer('whep', `${room.product.url}/meetings/${meeting.meetingId}/whep?participant=${await ada.id()}`, wall.ticket);
      try {
        await player.connected();
        await until(() => player.values('frames').at(-1) >= 50 && player.values('decibels').some(level => level > -60), 'GStreamer decodes fifty frames and hears sound');
      } finally {
        await player.end();
      }
      assert.deepEqual(player.values('error'), []);
    });
  });

  it('two plain pages exchange sound and video over WHIP and WHEP', options, async () => {
    const meeting = await createMeeting(room.product);
    const http = new WhipHttp(room.product, meeting.meetingId);
    const url = `${room.product.url}/meetings/${meeting.meetingId}`;
    const pages = await Promise.all([plainPage(room.browser, room.product), plainPage(room.browser, room.product)]);
    try {
      const [camera, wall] = [await http.join('Camera'), await http.join('Wall')];
      const published = await pages[0].whip(`${url}/whip`, camera.ticket);
      const playing = await pages[1].whep(`${url}/whep?participant=${camera.participantId}`, wall.ticket);
      await until(async () => {
        const { framesDecoded, energy } = await pages[1].played();
        return framesDecoded >= 20 && energy > 1e-4;
      }, 'twenty frames and some sound');
      assert.equal((await http.end(playing, wall.ticket)).status, 204);
      assert.equal((await http.end(published, camera.ticket)).status, 204);
      await until(async () => (await http.participants()).length === 0, 'no participants are left');
    } finally {
      await Promise.all(pages.map(page => page.close()));
    }
  });

  it('a browser that offers every kind of FEC for pictures gets an answer without it, and pictures flow', options, async () => {
    const meeting = await createMeeting(room.product);
    const http = new WhipHttp(room.product, meeting.meetingId);
    const url = `${room.product.url}/meetings/${meeting.meetingId}`;
    const browser = await launch(['--force-fieldtrials=WebRTC-FlexFEC-03-Advertised/Enabled/WebRTC-FlexFEC-03/Enabled/']);
    try {
      const [publisher, player] = await Promise.all([plainPage(browser, room.product), plainPage(browser, room.product)]);
      const [camera, wall] = [await http.join('Camera'), await http.join('Wall')];
      await publisher.whip(`${url}/whip`, camera.ticket);
      await player.whep(`${url}/whep?participant=${camera.participantId}`, wall.ticket);
      await until(async () => (await player.played()).framesDecoded >= 20, 'twenty frames');
      for (const page of [publisher, player]) {
        const [offer, answer] = await page.descriptions();
        for (const kind of [/ ulpfec\//, / red\/90000/, / flexfec-03\//]) assert.match(offer, kind);
        assert.doesNotMatch(answer, / (ulpfec|flexfec-03|red)\/90000|FEC-FR/);
      }
      assert.match((await publisher.descriptions())[0], /a=ssrc-group:FEC-FR/);
    } finally {
      await browser.close();
    }
  });
});

/** The number of frames that the page has decoded, of all participants. */
const decoded = person => person.page.evaluate(async () => {
  let frames = 0;
  for (const connection of globalThis.connections) {
    if (connection.connectionState === 'closed') continue;
    (await connection.getStats()).forEach(record => { if (record.type === 'inbound-rtp' && record.kind === 'video') frames += record.framesDecoded ?? 0; });
  }
  return frames;
});

/** The codecs of the video that the page receives. */
const receivedCodecs = person => person.page.evaluate(async () => {
  const codecs = new Set();
  for (const connection of globalThis.connections) {
    if (connection.connectionState === 'closed') continue;
    const report = await connection.getStats();
    report.forEach(record => { if (record.type === 'inbound-rtp' && record.kind === 'video' && record.framesDecoded > 0) codecs.add(report.get(record.codecId).mimeType); });
  }
  return [...codecs];
});
