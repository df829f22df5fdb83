// A media node is drained while it cannot exchange media with the one that takes its meeting.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clusterRoom, waitForMediaBothWays } from './support/cluster-room.mjs';
import { gaps, watchGaps } from './support/gaps.mjs';
import { get, kubectl, until } from './support/kubectl.mjs';
import { betweenMachines, cut } from './support/network.mjs';

// With one UDP port, the two media nodes are on different cluster nodes.
const room = clusterRoom({ ports: { min: 43500, max: 43500 } });

describe('a drain while the cluster nodes exchange no media', () => {
  it('moves the meeting without a link, says so, and everybody is back as the same participant', { timeout: 300_000 }, async t => {
    await room.withPair(async (ada, bob, meeting) => {
      const pods = await get('pods', '-n', room.namespace, '-l', 'meetoperator.io/component=media-node');
      assert.equal(new Set(pods.map(pod => pod.spec.nodeName)).size, 2, 'the media nodes are on two cluster nodes');
      const former = await room.nodeOf(meeting);
      const next = pods.map(pod => pod.metadata.name).find(name => name !== former);
      const ids = await Promise.all([ada.id(), bob.id()]);
      await Promise.all([ada, bob].map(watchGaps));
      await cut(betweenMachines(pods), async () => {
        const began = Date.now();
        await kubectl('patch', 'sfunode', former, '-n', room.namespace, '--type=merge', '-p', '{"spec":{"drain":{"reason":"test"}}}');
        await until(async () => await room.nodeOf(meeting) === next, 'the meeting is on the other media node', 60_000);
        t.diagnostic(`moved after ${((Date.now() - began) / 1000).toFixed(1)} s`);
        await until(async () => (await get('sfunodes', '-n', room.namespace)).every(node => node.metadata.name !== former), 'the drained media node is gone', 60_000);
        await waitForMediaBothWays(ada, bob);
      });
      await Promise.all([ada.connected(), bob.connected()]);
      assert.deepEqual(await Promise.all([ada.id(), bob.id()]), ids);
      assert.equal(await ada.page.getByTestId('count').textContent(), '2 people');
      for (const person of [ada, bob]) t.diagnostic(`${person.name}: longest pause ${JSON.stringify(await gaps(person))} ms`);

      const told = (await get('events', '-n', room.namespace)).filter(event => event.involvedObject.kind === 'Meeting' && event.involvedObject.name === meeting.name).map(event => event.message);
      const why = told.find(message => message.includes('could not be linked'));
      assert.match(why ?? told.join('; '), new RegExp(`moved to ${next}: .*${former}.*, and ${next} could not be linked with the meeting's other media nodes in time, so people hear a short interruption`));
      t.diagnostic(why);
    });
  });
});
