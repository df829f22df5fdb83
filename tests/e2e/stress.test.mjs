// Meetings on a media node that sends more than it should: the emptiest one leaves, and the others stay for a while.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Fleet } from './support/fleet.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { nothing, noticed, watchPage } from './support/noticed.mjs';
import { Screening } from './support/screening.mjs';
import { until } from './support/until.mjs';

const room = meetingRoom();
const fleet = new Fleet(room);
const cooldownSeconds = 15;

const patchPool = spec => fleet.kubectl(['patch', 'sfupool', 'default', '--type=merge', '-p', JSON.stringify({ spec })]);
const seeEachOther = (ada, bob) => Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForSound(), bob.waitForSound()]);
const nodesOf = meetingId => fleet.assignmentsOf(meetingId).map(({ sfuNode }) => sfuNode);

describe('an overloaded media node', () => {
  before(() => fleet.resize(3), { timeout: 150_000 }); // two that can take meetings, so that only the cooldown keeps a second one
  after(() => patchPool({ capacity: { maxEgressMbps: null }, rebalance: null }));

  it('sends the emptiest meeting away without anybody noticing, and no other one within the cooldown', { timeout: 300_000 }, async t => {
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob, { meetingId }) => {
      const [small, large] = await Promise.all([Screening.open(room.product, { players: 2, perSecond: 20 }), Screening.open(room.product, { players: 3, perSecond: 250 })]);
      try {
        await Promise.all([seeEachOther(ada, bob), small.flows(), large.flows()]);
        const [busy] = nodesOf(meetingId);
        const stay = () => assert.deepEqual([nodesOf(small.meetingId), nodesOf(large.meetingId)], [[busy], [busy]]);
        stay();
        const ids = [await ada.id(), await bob.id()];
        await Promise.all([watchPage(ada), watchPage(bob)]);
        const started = performance.now();
        const seconds = () => (performance.now() - started) / 1_000;

        patchPool({ capacity: { maxEgressMbps: 3 }, rebalance: { batch: 1, cooldownSeconds } });
        let calm = seconds(); // the last time at which nothing had moved
        await until(() => {
          const now = seconds();
          stay();
          if (nodesOf(meetingId).some(node => node !== busy)) return true;
          calm = now;
          return false;
        }, 'the emptiest meeting moves', 150_000);
        const figures = () => fleet.get('sfunode', busy).status;
        t.diagnostic(`it moves after ${calm.toFixed(1)} s; the media node sends ${figures().egressMbps} Mbit/s, a stress of ${figures().stressPct} %`);
        await until(() => {
          stay();
          return nodesOf(meetingId).every(node => node !== busy);
        }, 'the emptiest meeting has left', 90_000);
        const [next, ...more] = nodesOf(meetingId);
        t.diagnostic(`it has left after ${seconds().toFixed(1)} s`);
        assert.deepEqual(more, []);

        await seeEachOther(ada, bob);
        await Promise.all([small.flows(), large.flows()]);
        while (seconds() < calm + cooldownSeconds - 3) {
          stay();
          assert.deepEqual(nodesOf(meetingId), [next]);
          await new Promise(resolve => setTimeout(resolve, 200));
        }

        const moves = fleet.messagesAbout(meetingId, small.meetingId, large.meetingId).filter(message => message.startsWith('moved to '));
        await until(() => {
          const { stressPct, conditions } = figures();
          return stressPct >= 90 && conditions.find(({ type }) => type === 'Overloaded')?.status === 'True';
        }, 'the media node is overloaded as before, so that others have a reason to leave', 60_000);
        t.diagnostic(moves.join('\n'));
        assert.equal(moves.length, 1);
        assert.match(moves[0], new RegExp(`^moved to ${next}: ${busy} is overloaded \\(it sends (9\\d|1\\d\\d|200) % of capacity\\.maxEgressMbps\\)`));
        assert.deepEqual([await noticed(ada), await noticed(bob)], [nothing, nothing]);
        assert.deepEqual([await ada.id(), await bob.id()], ids);
        assert.equal(await ada.page.getByTestId('count').textContent(), '2 people');
      } finally {
        await Promise.all([small.close(), large.close()]);
      }
    });
  });
});
