// Participants while the meeting moves to another media node because theirs is drained.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Fleet } from './support/fleet.mjs';
import { phrase, waitForMark } from './support/marks.mjs';
import { metricsOf } from './support/media-node.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { nothing, noticed, tilePause, watchPage, watchTile } from './support/noticed.mjs';
import { processOfNode } from './support/processes.mjs';
import { plainPage } from './support/plain-page.mjs';
import { recordArrivals, recordFrames, search } from './support/recorded-frames.mjs';
import { until } from './support/until.mjs';
import { publish } from './support/werift-peer.mjs';
import { WhipHttp } from './support/whip-http.mjs';

const room = meetingRoom();
const fleet = new Fleet(room);
const options = { timeout: 300_000 };

const seeEachOther = (ada, bob) => Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForSound(), bob.waitForSound()]);

/** How many participants with WHIP or WHEP have lost their sessions because their media node was left, since signaling started. */
async function endedCount() {
  const text = (await metricsOf(room.product)).map(([, page]) => page).join('\n');
  return Number(text.match(/^meet_signaling_headless_ended_total\{reason="node-leaving"\} (\d+)$/m)?.[1] ?? 0);
}

describe('a drain of the media node', () => {
  beforeEach(() => fleet.resize(2), { timeout: 150_000 });

  it('moves the meeting while people talk and share a screen, and nobody has to join again; the screen goes on until it is stopped, and ends once', options, async t => {
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob, meeting) => {
      await seeEachOther(ada, bob);
      await ada.control('share').click();
      await bob.waitForVideo('Ada', 'screen', 3);
      const screen = bob.tile('Ada', 'screen');
      const ids = [await ada.id(), await bob.id()];
      await Promise.all([watchPage(ada), watchPage(bob), watchTile(screen)]);
      const started = performance.now();
      const before = fleet.beginDrain(meeting.meetingId);
      await fleet.left(meeting.meetingId, before);
      t.diagnostic(`the meeting has left its media node after ${((performance.now() - started) / 1_000).toFixed(1)} s`);
      await fleet.removed(before);
      t.diagnostic(`the media node is removed after ${((performance.now() - started) / 1_000).toFixed(1)} s`);
      await Promise.all([bob.waitForVideo('Ada', 'screen', 20), seeEachOther(ada, bob)]);
      const { pause, look } = await tilePause(screen);
      t.diagnostic(`the longest pause of the screen: ${pause} ms, the longest wait for a look: ${look} ms`);
      t.diagnostic(fleet.events());
      assert.deepEqual([await noticed(ada), await noticed(bob)], [nothing, nothing]);
      assert.ok(pause < 4_000 + 4 * look, `the screen stood still for ${pause} ms, longest wait for a look ${look} ms`);
      assert.deepEqual([await ada.id(), await bob.id()], ids);
      assert.equal(await ada.page.getByTestId('count').textContent(), '2 people');

      await ada.control('share').and(ada.page.locator('[aria-pressed=true]')).click();
      await until(async () => await screen.count() === 0, 'the screen of Ada ends');
      await ada.control('share').and(ada.page.locator('[aria-pressed=false]')).waitFor();
      await seeEachOther(ada, bob);
      assert.deepEqual(await noticed(bob), { ...nothing, screensEnded: 1 });
    });
  });

  it('moves a meeting that is encrypted end to end, and no key is changed', options, async t => {
    const sent = [];
    const prepare = page => page.on('websocket', socket => socket.on('framesent', ({ payload }) => sent.push(JSON.parse(payload).type)));
    const keysSent = () => sent.filter(type => type === 'e2ee-keys').length;
    await room.withParticipants(['Ada', 'Bob'].map(name => ({ name, prepare })), async (ada, bob, meeting) => {
      await seeEachOther(ada, bob);
      await Promise.all([ada, bob].map(visitor => waitForMark(visitor, 'tile-encrypted', 2)));
      const [phraseBefore, keysBefore] = [await phrase(ada), keysSent()];
      assert.ok(keysBefore >= 2, `${keysBefore} messages with keys were sent`);
      const [recorded, arrived] = await Promise.all([recordFrames(ada), recordArrivals(bob)]); // arrivals only on the connections of the next media node
      await Promise.all([watchPage(ada), watchPage(bob)]);
      const before = fleet.beginDrain(meeting.meetingId);
      await fleet.left(meeting.meetingId, before);
      await fleet.removed(before);
      await seeEachOther(ada, bob);

      await recorded.clear();
      await arrived.clear();
      await until(async () => await arrived.count() >= 100, 'Bob gets a hundred frames');
      const frames = await arrived.read();
      const found = search(frames, await recorded.read());
      t.diagnostic(JSON.stringify({ arrived: frames.length, ...found }));
      assert.ok(found.sealed >= 50, `${found.sealed} encrypted frames of Ada arrived`);
      assert.equal(found.clear, 0);

      assert.deepEqual([await noticed(ada), await noticed(bob)], [nothing, nothing]);
      assert.equal(keysSent(), keysBefore);
      await Promise.all([ada, bob].map(visitor => waitForMark(visitor, 'tile-encrypted', 2)));
      assert.deepEqual([await phrase(ada), await phrase(bob)], [phraseBefore, phraseBefore]);
    }, { settings: { e2ee: 'Required' } });
  });

  it('keeps a WHIP publisher and a WHEP player until the deadline, then ends their sessions and says why', options, async t => {
    await room.withParticipants(['Ada'], async (ada, { meetingId }) => {
      const http = new WhipHttp(room.product, meetingId);
      const url = `${room.product.url}/meetings/${meetingId}`;
      const [camera, wall] = [await http.join('Camera'), await http.join('Wall')];
      const pages = await Promise.all([plainPage(room.browser, room.product), plainPage(room.browser, room.product)]);
      const [publisher, player] = pages;
      try {
        await publisher.whip(`${url}/whip`, camera.ticket);
        await player.whep(`${url}/whep?participant=${await ada.id()}`, wall.ticket);
        const plays = async () => {
          const { framesDecoded, energy } = await player.played();
          await until(async () => {
            const now = await player.played();
            return now.framesDecoded >= framesDecoded + 20 && now.energy > energy + 1e-4;
          }, 'the player shows twenty more pictures and plays sound');
        };
        const flows = () => Promise.all([ada.waitForVideo('Camera'), ada.waitForSound(), plays()]);
        await flows();
        await watchPage(ada);
        const endedBefore = await endedCount();

        const before = fleet.beginDrain(meetingId);
        const leaving = () => fleet.assignmentsOf(meetingId).find(({ sfuNode }) => sfuNode === before);
        await until(() => leaving()?.state === 'Leaving', 'the meeting leaves the media node');
        const deadline = Date.parse(leaving().deadline);
        await until(() => fleet.assignmentsOf(meetingId).some(({ sfuNode, sessions }) => sfuNode !== before && sessions === 1) && leaving()?.sessions === 2, 'Ada has moved, and the two others have not', 40_000);
        await flows();
        assert.equal(leaving()?.state, 'Leaving', 'that was before the deadline');

        await until(async () => await ada.tile('Camera').count() === 0, 'the tile of Camera disappears', 90_000);
        const late = Date.now() - deadline;
        t.diagnostic(`Camera left ${(late / 1_000).toFixed(1)} s after the deadline`);
        assert.ok(late > -10_000, `Camera left ${-late} ms before the deadline`);
        await fleet.left(meetingId, before);
        await fleet.removed(before);
        await until(async () => (await http.participants()).length === 1, 'only Ada is left');
        assert.deepEqual(await noticed(ada), nothing);
        assert.equal(await endedCount(), endedBefore + 2);
        const lines = fleet.signalingLog().split('\n').filter(line => line.includes('Ended the sessions of participant') && line.includes(` on ${before}: `));
        assert.equal(lines.length, 2);
        for (const line of lines) assert.match(line, /the meeting is about to leave the node, and WHIP and WHEP clients cannot be told to move/);
        assert.match(fleet.events(), new RegExp(`left ${before}: .*2 participants were still connected just before the deadline`));
      } finally {
        await Promise.all(pages.map(page => page.close()));
      }
    });
  });
});

describe('a media node that dies while a meeting moves', () => {
  beforeEach(() => fleet.resize(2), { timeout: 150_000 });

  /**
   * Drains the media node of a meeting of two people, and ends the process of the next media node once both people are there, or that of the former one before. An encoder, which cannot be asked to
   * move, keeps the former one from being left earlier. Returns once the meeting no longer uses that process.
   */
  async function dieWhileLeaving(meetingId, isNext) {
    const former = fleet.beginDrain(meetingId);
    let next;
    await until(() => {
      next = fleet.assignmentsOf(meetingId).find(({ role, state }) => role === 'Origin' && state === 'Ready');
      return next !== undefined && next.sfuNode !== former && (!isNext || next.sessions === 2) && fleet.assignmentsOf(meetingId).some(({ sfuNode, state }) => sfuNode === former && state === 'Leaving');
    }, 'the meeting leaves the media node', 60_000, 20);
    const victim = isNext ? next.sfuNode : former;
    const { generation } = fleet.assignmentsOf(meetingId).find(({ sfuNode }) => sfuNode === victim);
    process.kill(processOfNode(room.product.home, victim), 'SIGKILL');
    await until(() => fleet.assignmentsOf(meetingId).every(({ sfuNode, state, generation: now }) => sfuNode !== victim || now !== generation || state === 'Lost'), 'the meeting no longer uses the process that died', 30_000);
    return { former, next: next.sfuNode };
  }

  const cases = [
    ['the next media node dies: people hear and see each other again, and the meeting leaves the drained one in the end', true],
    ['the drained media node dies: people hear and see each other on the next one', false],
  ];
  for (const [title, isNext] of cases) {
    it(title, options, async t => {
      await room.withParticipants(['Ada', 'Bob'], async (ada, bob, { meetingId }) => {
        const http = new WhipHttp(room.product, meetingId);
        const { ticket } = await http.join('Camera');
        const { peer, session } = await publish(http, ticket, { onKeyFrameWanted: () => {} });
        try {
          await seeEachOther(ada, bob);
          const ids = [await ada.id(), await bob.id()];
          await Promise.all([watchPage(ada), watchPage(bob)]);
          const { former, next } = await dieWhileLeaving(meetingId, isNext);
          const since = performance.now();
          await seeEachOther(ada, bob);
          t.diagnostic(`sound and pictures flow ${((performance.now() - since) / 1_000).toFixed(1)} s after the meeting has given the process up`);

          await http.end(session.location, ticket).catch(() => {});
          await fleet.left(meetingId, former);
          await Promise.all([ada, bob].map(person => person.connected()));
          await seeEachOther(ada, bob);
          t.diagnostic(`the meeting was on ${former} and ${next}, and is on ${fleet.assignmentsOf(meetingId)[0].sfuNode}; ${JSON.stringify([await noticed(ada), await noticed(bob)])}`);
          assert.deepEqual([await ada.id(), await bob.id()], ids);
          await until(async () => await ada.page.getByTestId('count').textContent() === '2 people', 'only Ada and Bob are left');
          assert.deepEqual([await noticed(ada), await noticed(bob)], [nothing, nothing]);
        } finally {
          await peer.close();
        }
      });
    });
  }
});
