// Evictions of media nodes, as `kubectl drain` and the cluster autoscaler send them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { clusterRoom, system, waitForMediaBothWays } from './support/cluster-room.mjs';
import { gaps, keepConnections, keepsConnections, watchGaps } from './support/gaps.mjs';
import { get, kubectl, openProxy, until } from './support/kubectl.mjs';
import { spreadReplicas } from './timing/people.mjs';

const room = clusterRoom();
const options = { timeout: 420_000 };
let proxy;
before(async () => { proxy = await openProxy(); });
after(() => proxy?.close());

/** Evicts a Pod as the cluster autoscaler does. Returns the HTTP status and the message of the API server. */
async function evict(pod) {
  const answer = await fetch(`${proxy.url}/api/v1/namespaces/${room.namespace}/pods/${pod}/eviction`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata: { name: pod, namespace: room.namespace } }),
  });
  return { status: answer.status, message: (await answer.json()).message };
}

/** The command that the documentation names for a cluster node. */
const documentedDrain = machine => /`kubectl (drain <cluster node>[^`]*)`/.exec(readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8'))[1].replace('<cluster node>', machine).split(' ');

const podsOn = async (machine, ...selected) => (await get('pods', '-A', ...selected)).filter(pod => pod.spec.nodeName === machine);

/** Cordons a cluster node until the meeting is on a media node of the other one. */
async function moveOff(machine, meeting) {
  try {
    await kubectl('cordon', machine);
    await until(async () => (await podsOn(machine, '-l', 'meetoperator.io/component=media-node')).length === 0, `no media node is on ${machine}`, 120_000);
  } finally {
    await kubectl('uncordon', machine);
  }
  assert.notEqual((await podOf(await room.nodeOf(meeting))).spec.nodeName, machine);
}

const podOf = node => get('pod', node, '-n', room.namespace);

describe('an eviction', () => {
  it('while no operator answers, the PodDisruptionBudget protects a media node that is in use', options, async () => {
    const meeting = await room.meeting();
    const node = await room.nodeOf(meeting);
    await until(async () => (await podOf(node)).metadata.labels['meetoperator.io/in-use'] === 'true', 'the Pod is marked');
    assert.equal((await podOf(node)).metadata.annotations['cluster-autoscaler.kubernetes.io/safe-to-evict'], 'false');
    const budget = () => get('poddisruptionbudget', 'pool-media-nodes', '-n', room.namespace);
    await until(async () => (await budget()).status?.currentHealthy > 0, 'the budget counts the Pod', 60_000);
    await kubectl('scale', 'deployment/meet-operator', '-n', system, '--replicas=0');
    try {
      await until(async () => (await get('pods', '-n', system, '-l', 'meetoperator.io/component=operator')).length === 0, 'the Pods of the operator are deleted', 90_000);
      const { status, message } = await evict(node);
      assert.equal(status, 429, message);
      assert.match(message, /disruption budget/);
    } finally {
      await kubectl('scale', 'deployment/meet-operator', '-n', system, '--replicas=2');
      await kubectl('rollout', 'status', 'deployment/meet-operator', '-n', system, '--timeout=120s');
    }
    await kubectl('delete', 'meeting', meeting.name, '-n', room.namespace, '--timeout=90s');
  });

  it('is refused with the progress of the drain that it starts, until the media node is empty', options, async t => {
    await room.withPair(async (ada, bob, meeting) => {
      const node = await room.nodeOf(meeting);
      const answers = [];
      await until(async () => answers.push(await evict(node)) && answers.at(-1).status !== 429, 'the Pod is evicted, or gone', 180_000);
      const refusals = [...new Set(answers.slice(0, -1).map(({ message }) => message))];
      for (const message of refusals) t.diagnostic(message);
      assert.ok(refusals.some(message => message.includes('1 meeting with 2 participants')), 'the refusals say who is left');
      for (const message of refusals) assert.match(message, /is being drained/);
      assert.ok([201, 404].includes(answers.at(-1).status), JSON.stringify(answers.at(-1)));
      assert.notEqual(await room.nodeOf(meeting), node);
      await waitForMediaBothWays(ada, bob);
      await Promise.all([ada.connected(), bob.connected()]);
      assert.equal(await ada.page.getByTestId('count').textContent(), '2 people');
    });
  });

  it('kubectl drain moves a meeting before its media node is removed, and nobody has to join again', options, async t => {
    await room.withPair(async (ada, bob, meeting) => {
      const node = await room.nodeOf(meeting);
      const machine = (await podOf(node)).spec.nodeName;
      await Promise.all([watchGaps(ada), watchGaps(bob)]);
      const started = Date.now();
      try {
        await kubectl('drain', machine, '--force', '--ignore-daemonsets', '--pod-selector=meetoperator.io/component=media-node', '--timeout=180s');
        t.diagnostic(`drained in ${((Date.now() - started) / 1000).toFixed(1)} s`);
        assert.notEqual(await room.nodeOf(meeting), node);
        assert.deepEqual((await get('pods', '-n', room.namespace, '-l', 'meetoperator.io/component=media-node')).filter(pod => pod.spec.nodeName === machine), []);
      } finally {
        await kubectl('uncordon', machine);
      }
      await waitForMediaBothWays(ada, bob);
      await Promise.all([ada.connected(), bob.connected()]);
      assert.equal(await ada.page.getByTestId('count').textContent(), '2 people');
      for (const person of [ada, bob]) t.diagnostic(`${person.name}: longest pause ${JSON.stringify(await gaps(person))} ms`);
    });
  });

  it('the documented kubectl drain empties a cluster node with a media node and a replica of signaling, and nobody has to join again', options, async t => {
    await room.withPair(async (ada, bob, meeting) => {
      const machine = 'n2'; // PostgreSQL and Redis of the tests are bound to n1.
      await moveOff('n1', meeting);
      await spreadReplicas();
      assert.equal((await podsOn(machine, '-l', 'meetoperator.io/component=signaling')).length, 1, `a replica of signaling is on ${machine}`);
      await waitForMediaBothWays(ada, bob);
      const ids = await Promise.all([ada.id(), bob.id()]);
      await Promise.all([watchGaps(ada), watchGaps(bob)]);
      const started = Date.now();
      try {
        await kubectl(...documentedDrain(machine), '--timeout=240s');
        t.diagnostic(`drained in ${((Date.now() - started) / 1000).toFixed(1)} s`);
        assert.deepEqual((await podsOn(machine)).map(pod => pod.metadata.name), []);
        assert.equal((await podOf(await room.nodeOf(meeting))).spec.nodeName, 'n1');
      } finally {
        await kubectl('uncordon', machine);
      }
      await waitForMediaBothWays(ada, bob);
      await Promise.all([ada.connected(), bob.connected()]);
      assert.deepEqual(await Promise.all([ada.id(), bob.id()]), ids);
      assert.equal(await ada.page.getByTestId('count').textContent(), '2 people');
      for (const person of [ada, bob]) t.diagnostic(`${person.name}: longest pause ${JSON.stringify(await gaps(person))} ms`);
      await kubectl('rollout', 'status', 'deployment/meet-signaling', '-n', system, '--timeout=120s');
    });
  });

  it('a drain of the last cluster node drops nobody, says what blocks it, and ends when there is another place', options, async t => {
    await room.withPair(async (ada, bob, meeting) => {
      const node = await room.nodeOf(meeting);
      const machine = (await podOf(node)).spec.nodeName;
      const other = machine === 'n1' ? 'n2' : 'n1';
      await Promise.all([ada, bob].flatMap(person => [watchGaps(person), keepConnections(person)]));
      try {
        await kubectl('cordon', other);
        await until(async () => (await get('pods', '-n', room.namespace, '-l', 'meetoperator.io/component=media-node')).every(pod => pod.spec.nodeName !== other), `no media node is on ${other}`, 120_000);
        await assert.rejects(kubectl('drain', machine, '--force', '--ignore-daemonsets', '--pod-selector=meetoperator.io/component=media-node', '--timeout=20s'), /timeout|timed out|deadline/);
        const blocked = (await get('sfunode', node, '-n', room.namespace)).status.conditions.find(one => one.type === 'DrainBlocked');
        assert.equal(blocked?.status, 'True', 'the media node has the condition DrainBlocked');
        t.diagnostic(`${blocked.reason}: ${blocked.message}`);
        assert.match(blocked.message, new RegExp(meeting.name), 'it names the meeting');
        const eviction = await evict(node);
        assert.equal(eviction.status, 429);
        t.diagnostic(eviction.message);
        assert.match(eviction.message, new RegExp(meeting.name), 'the refused eviction names the meeting');
        await waitForMediaBothWays(ada, bob);
        for (const person of [ada, bob]) await keepsConnections(person, 'while the drain is blocked');
        await kubectl('uncordon', other);
        await until(async () => ![undefined, node].includes(await room.nodeOf(meeting)), 'the meeting moves as soon as there is a place', 120_000);
      } finally {
        await kubectl('uncordon', machine, other);
      }
      await waitForMediaBothWays(ada, bob);
      await Promise.all([ada.connected(), bob.connected()]);
      assert.equal(await ada.page.getByTestId('count').textContent(), '2 people');
      for (const person of [ada, bob]) t.diagnostic(`${person.name}: longest pause ${JSON.stringify(await gaps(person))} ms`);
    });
  });
});
