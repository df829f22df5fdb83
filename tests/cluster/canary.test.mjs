// A pool that tries a new template on one media node first, while two people talk on the other one.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clusterRoom, waitForMediaBothWays } from './support/cluster-room.mjs';
import { gaps, keepConnections, keepsConnections, watchGaps } from './support/gaps.mjs';
import { get, kubectl, until } from './support/kubectl.mjs';
import { cut } from './support/network.mjs';

// On a busy machine, a first frame can take longer than the default of 2 s.
const room = clusterRoom({ replicas: 1, ports: { min: 43400, max: 43415 }, pool: { rollout: { type: 'Migrate', canary: { nodes: 1, minutes: 1, firstFrameMs: 5000 } } } });
const options = { timeout: 300_000 };

const pool = async () => (await get('sfupool', 'pool', '-n', room.namespace)).status;
const names = async () => (await get('sfunodes', '-n', room.namespace)).map(node => node.metadata.name);
const assignments = async meeting => (await get('meeting', meeting.name, '-n', room.namespace)).status.assignments;
const change = label => kubectl('patch', 'sfupool', 'pool', '-n', room.namespace, '--type=merge', '-p', JSON.stringify({ spec: { template: { labels: { 'test.meet.example/template': label } } } }));

const knowsTemplate = () => until(async () => (await pool()).rollout?.stable !== undefined, 'the former template is known');

/** The Pod that tries the template with this label, once its media node is ready. */
async function trialOf(label) {
  let pod;
  await until(async () => {
    [pod] = await get('pods', '-n', room.namespace, '-l', `test.meet.example/template=${label}`);
    const isReady = pod?.status.conditions?.some(one => one.type === 'Ready' && one.status === 'True');
    return isReady && (await pool()).rollout.phase === 'Canary' && (await get('sfunode', pod.metadata.name, '-n', room.namespace)).status?.state === 'Ready';
  }, 'a media node tries the template', 90_000);
  return get('pod', pod.metadata.name, '-n', room.namespace);
}

describe('a new template of a pool', () => {
  it('with which test calls get no media is rolled back with the reason, and nobody notices', options, async t => {
    await room.withPair(async (ada, bob, meeting) => {
      await knowsTemplate();
      const [before, placed] = [await names(), await assignments(meeting)];
      await Promise.all([ada, bob].flatMap(person => [watchGaps(person), keepConnections(person)]));
      await change('faulty');
      const trial = await trialOf('faulty');
      // Only large packets, such as those of pictures, are dropped. Nothing but a call shows that.
      await cut([[trial, [['INPUT', '-i', 'lo', '-p', 'udp', '-m', 'length', '--length', '1000:', '-j', 'DROP']]]],
        () => until(async () => (await pool()).rollout.phase === 'RolledBack', 'the template is rolled back', 90_000));

      const { conditions, rollout } = await pool();
      const reason = new RegExp(`calls failed: ${trial.metadata.name}: no media arrived within 8 s`);
      assert.equal(rollout.history[0].result, 'RolledBack');
      assert.match(rollout.history[0].reason, reason);
      t.diagnostic(rollout.history[0].reason);
      for (const type of ['Stalled', 'Updated']) {
        const condition = conditions.find(one => one.type === type);
        assert.equal(condition?.reason, 'RolledBack', type);
        assert.match(condition.message, reason);
      }
      await until(async () => (await get('events', '-n', room.namespace)).some(event => event.involvedObject.kind === 'SfuPool' && event.reason === 'RolledBack' && reason.test(event.message)), 'an event says why');
      await until(async () => JSON.stringify(await names()) === JSON.stringify(before), 'only the former media node is left', 60_000);

      const where = list => list.map(({ sfuNode, role, state, generation }) => ({ sfuNode, role, state, generation }));
      assert.deepEqual(where(await assignments(meeting)), where(placed));
      for (const person of [ada, bob]) {
        await keepsConnections(person, 'after the rollback');
        t.diagnostic(`${person.name}: longest pause ${JSON.stringify(await gaps(person))} ms`);
      }
      await waitForMediaBothWays(ada, bob);
    });
  });

  it('that passes its trial replaces the other media nodes, and nobody has to join again', options, async t => {
    await room.withPair(async (ada, bob, meeting) => {
      await knowsTemplate();
      const former = await names();
      const ids = await Promise.all([ada.id(), bob.id()]);
      await Promise.all([ada, bob].map(watchGaps));
      await change('sound');
      const { metadata } = await trialOf('sound');
      await until(async () => (await pool()).rollout.phase === 'Complete', 'the rollout is complete', 180_000);
      await until(async () => (await names()).every(name => !former.includes(name)), 'the former media nodes are gone', 60_000);
      assert.equal((await pool()).rollout.history[0].result, 'Completed');
      assert.equal(await room.nodeOf(meeting), metadata.name);
      await waitForMediaBothWays(ada, bob);
      await Promise.all([ada.connected(), bob.connected()]);
      assert.deepEqual(await Promise.all([ada.id(), bob.id()]), ids);
      for (const person of [ada, bob]) t.diagnostic(`${person.name}: longest pause ${JSON.stringify(await gaps(person))} ms`);
    });
  });
});
