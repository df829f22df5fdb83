// WHIP and WHEP with clients that are not ours: werift (JavaScript, shares no code with anybody here) and a page with RTCPeerConnection and fetch alone.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { nodeFigures } from './support/media-node.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { plainPage } from './support/plain-page.mjs';
import { createMeeting } from './support/product.mjs';
import { until } from './support/visitor.mjs';
import { faults, play, publish } from './support/werift-peer.mjs';
import { WhipHttp } from './support/whip-http.mjs';

const room = meetingRoom();
const limits = { timeout: 240_000 };
const gone = (person, name) => until(async () => await person.tile(name).count() === 0, `the tile of ${name} is gone`);

async function isProblem(response, status, code) {
  assert.equal(response.status, status);
  assert.match(response.headers.get('content-type'), /^application\/problem\+json/);
  const body = await response.json();
  assert.equal(body.type, `urn:meetoperator:error:${code}`);
  assert.equal(body.status, status);
  return body;
}

describe('WHIP and WHEP', () => {
  it('refuse what is wrong with a problem, and leave nothing behind', limits, async () => {
    const meeting = await createMeeting(room.product);
    const other = await createMeeting(room.product);
    const http = new WhipHttp(room.product, meeting.meetingId);
    const [camera, foreign] = [await http.join('Camera'), await new WhipHttp(room.product, other.meetingId).join('Foreign')];
    const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n';
    await until(async () => (await fetch(`${room.product.url}/meetings/${meeting.meetingId}`).then(answer => answer.json())).status === 'ready', 'the meeting is placed');
    // A new node calls itself first to warm up, and on a product that was used before the last people may still be going.
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
        assert.ok(problem.errors.body?.[0], 'it says what is wrong with the body');
      }
    }
    await isProblem(await http.post(`whep?participant=${camera.participantId}`, camera.ticket, sdp), 404, 'unknown-participant');
    assert.deepEqual(await nodeFigures(room.product), nothing);
    assert.deepEqual(await http.participants(), []);
  });

  it('play to werift what a person sends: both kinds, authentic and without a gap', limits, async () => {
    await room.withPeople(['Ada'], async (ada, meeting) => {
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
        await gone(ada, 'Wall');
        const [count, sent] = [player.received.audio.length, await ada.sentPackets()];
        await until(async () => await ada.sentPackets() >= sent + 50, 'Ada sends on');
        assert.ok(player.received.audio.length - count <= 1, 'nothing comes any more');
      } finally {
        await player.peer.close();
      }
    });
  });

  it('tell a player that came too early when to ask again, until somebody sends', limits, async () => {
    const meeting = await createMeeting(room.product);
    const http = new WhipHttp(room.product, meeting.meetingId);
    const wall = await http.join('Wall');
    const ada = await room.arrive('Ada');
    const playing = play(http, wall.ticket);
    try {
      await ada.enter(meeting.meetingId);
      const player = await playing;
      assert.ok(player.session.toldToWait > 0, 'it was told to wait');
      await until(() => player.received.audio.length >= 10 && player.received.video.length >= 10, 'it plays');
      await player.peer.close();
    } finally {
      await ada.close();
    }
  });

  it('publish from werift to the people of a meeting, until DELETE', limits, async () => {
    const source = await createMeeting(room.product);
    const sourceHttp = new WhipHttp(room.product, source.meetingId);
    const camera = await plainPage(room.browser, room.product);
    const cleaning = [() => camera.close()];
    try {
      await room.withPeople(['Bob'], async (bob, meeting) => {
        // The encoded sound and picture come from a page, by WHIP and WHEP, in another meeting.
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
        await Promise.all([bob.seesPictures('Relay'), bob.hears()]);
        const before = await decoded(bob);
        await until(async () => await decoded(bob) >= before + 10, 'the page decodes ten more frames');
        assert.ok(wanted > 0, 'the viewer asked for a key frame and werift was told');

        // The same participant plays for a while: its publication outlives the player.
        const view = await play(http, relay.ticket, await bob.id());
        cleaning.push(() => view.peer.close());
        await until(() => view.received.video.length >= 10, 'the relay sees Bob');
        assert.equal((await http.end(view.session.location, relay.ticket)).status, 204);
        await bob.seesPictures('Relay');

        const stranger = await http.join('Stranger');
        await isProblem(await http.end(publisher.session.location, stranger.ticket), 403, 'forbidden');
        await bob.seesPictures('Relay', 'camera', 3);
        assert.equal((await http.end(publisher.session.location, relay.ticket)).status, 204);
        await gone(bob, 'Relay');
        assert.deepEqual((await http.participants()).map(one => one.displayName), ['Bob']);
        assert.equal((await http.end(publisher.session.location, relay.ticket)).status, 204, 'a second DELETE is no error');
      });
    } finally {
      for (const clean of cleaning.reverse()) await clean();
    }
  });

  it('carry sound and picture between two plain pages', limits, async () => {
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
      await until(async () => (await http.participants()).length === 0, 'nobody is left');
    } finally {
      await Promise.all(pages.map(page => page.close()));
    }
  });
});

/** Frames that the page of a person has decoded, of everybody. */
const decoded = person => person.page.evaluate(async () => {
  let frames = 0;
  for (const connection of globalThis.connections) {
    if (connection.connectionState === 'closed') continue;
    (await connection.getStats()).forEach(record => { if (record.type === 'inbound-rtp' && record.kind === 'video') frames += record.framesDecoded ?? 0; });
  }
  return frames;
});
