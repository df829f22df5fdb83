// The effects on two participants of a meeting when parts of the product or of the cluster fail.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { clusterRoom, signalingPods, sockets, system, waitForMediaBothWays } from './support/cluster-room.mjs';
import { gaps, keepConnections, keepsConnections, sameConnections, watchGaps } from './support/gaps.mjs';
import { apply, cluster, get, kubectl, ready, until } from './support/kubectl.mjs';
import { programFor } from './support/network.mjs';

const room = clusterRoom();
const options = { timeout: 420_000 };
const reportGaps = async (t, ...people) => {
  for (const person of people) t.diagnostic(`${person.name}: longest pause ${JSON.stringify(await gaps(person))} ms`);
};

/** Verifies that both participants keep their media connections and receive video and sound. */
async function assertUndisturbed(t, ada, bob) {
  await waitForMediaBothWays(ada, bob);
  for (const person of [ada, bob]) await keepsConnections(person, 'after the fault');
  await Promise.all([ada.connected(), bob.connected()]);
  assert.equal(await ada.page.getByTestId('count').textContent(), '2 people');
  await reportGaps(t, ada, bob);
}

const watch = (...people) => Promise.all(people.flatMap(person => [watchGaps(person), keepConnections(person)]));

async function chatWorks(ada, bob, words) {
  await ada.sendMessage(`${words}, from Ada`);
  await bob.waitForMessage(`${words}, from Ada`);
  await bob.sendMessage(`${words}, from Bob`);
  await ada.waitForMessage(`${words}, from Bob`);
}

/** The chat messages on the page of a participant. */
const chatMessages = person => person.page.getByTestId('chat-text').allTextContents();

describe('a media node', () => {
  it('after the Pod of its media node is deleted, a meeting continues on another media node', options, async t => {
    await room.withPair(async (ada, bob, meeting) => {
      const node = await room.nodeOf(meeting);
      await watch(ada, bob);
      await kubectl('delete', 'pod', node, '-n', room.namespace, '--wait=false');
      await until(async () => ![undefined, node].includes(await room.nodeOf(meeting)), 'the meeting is on another media node', 60_000);
      await until(async () => !await sameConnections(ada) && !await sameConnections(bob), 'both have new connections', 60_000);
      await waitForMediaBothWays(ada, bob);
      await Promise.all([ada.connected(), bob.connected()]);
      assert.equal(await ada.page.getByTestId('count').textContent(), '2 people');
      await reportGaps(t, ada, bob);
    });
  });
});

describe('the operator', () => {
  it('after the leader is killed, another replica leads and meetings are not disturbed', options, async t => {
    await room.withPair(async (ada, bob) => {
      const leader = (await get('lease', 'meet-operator', '-n', system)).spec.holderIdentity;
      const pod = (await get('pods', '-n', system, '-l', 'meetoperator.io/component=operator')).find(one => leader.includes(one.metadata.name));
      assert.ok(pod, `the leader ${leader} is one of the Pods`);
      await watch(ada, bob);
      await kubectl('delete', 'pod', pod.metadata.name, '-n', system, '--grace-period=0', '--force');
      await until(async () => (await get('lease', 'meet-operator', '-n', system)).spec.holderIdentity !== leader, 'another replica leads', 90_000);
      await room.meeting();
      await assertUndisturbed(t, ada, bob);
      await kubectl('rollout', 'status', 'deployment/meet-operator', '-n', system, '--timeout=90s');
    });
  });

  it('without an operator, new Meetings are rejected with a webhook error and running meetings continue', options, async t => {
    await room.withPair(async (ada, bob) => {
      await watch(ada, bob);
      await kubectl('scale', 'deployment/meet-operator', '-n', system, '--replicas=0');
      try {
        await until(async () => (await get('pods', '-n', system, '-l', 'meetoperator.io/component=operator')).length === 0, 'the Pods of the operator are deleted', 90_000);
        const wanted = { apiVersion: 'meetoperator.io/v1alpha1', kind: 'Meeting', metadata: { name: 'rejected', namespace: room.namespace }, spec: { tenantRef: { name: room.name } } };
        await assert.rejects(apply(wanted), /webhook/);
        await chatWorks(ada, bob, 'without an operator');
        await assertUndisturbed(t, ada, bob);
      } finally {
        await kubectl('scale', 'deployment/meet-operator', '-n', system, '--replicas=2');
        await kubectl('rollout', 'status', 'deployment/meet-operator', '-n', system, '--timeout=120s');
      }
      await room.meeting();
    });
  });
});

describe('a replica of signaling', () => {
  it('after a replica is killed, its participants reconnect to the other one and the chat is complete', options, async t => {
    await room.withPair(async (ada, bob) => {
      const earlier = await chatMessages(ada);
      await chatWorks(ada, bob, 'before');
      await watch(ada, bob);
      const victim = [...await sockets()].find(([, count]) => count > 0)[0];
      await kubectl('delete', 'pod', victim, '-n', system, '--grace-period=0', '--force');
      await until(async () => [...await sockets()].filter(([pod]) => pod !== victim).reduce((sum, [, count]) => sum + count, 0) >= 2, 'both have a socket again', 60_000);
      await Promise.all([ada.connected(60_000), bob.connected(60_000)]);
      await chatWorks(ada, bob, 'after');
      const expected = [...earlier, 'before, from Ada', 'before, from Bob', 'after, from Ada', 'after, from Bob'];
      assert.deepEqual(await chatMessages(ada), expected);
      assert.deepEqual(await chatMessages(bob), expected);
      await assertUndisturbed(t, ada, bob);
      await until(async () => (await signalingPods()).filter(pod => pod.status.containerStatuses?.every(one => one.ready)).length === 2, 'two replicas are ready', 90_000);
    });
  });
});

describe('the stores of signaling', () => {
  for (const [what, container] of [['redis', 'Redis'], ['postgres', 'PostgreSQL']]) {
    it(`during a restart of ${container}, media continues and the chat stays complete`, options, async t => {
      await room.withPair(async (ada, bob) => {
        const earlier = await chatMessages(ada);
        await chatWorks(ada, bob, `before ${container}`);
        await watch(ada, bob);
        const pod = (await get('pods', '-n', system, '-l', `app=${what}`))[0];
        const restarts = () => get('pod', pod.metadata.name, '-n', system).then(now => now.status.containerStatuses[0].restartCount);
        const before = await restarts();
        // SIGQUIT simulates a crash of PostgreSQL. Redis has no persistence, so SIGTERM is enough.
        await kubectl('exec', pod.metadata.name, '-n', system, '--', 'sh', '-c', `kill -s ${what === 'redis' ? 'TERM' : 'QUIT'} 1`).catch(() => {});
        await until(async () => await restarts() > before, `${container} is restarted`, 90_000);
        await kubectl('wait', '--for=condition=Ready', `pod/${pod.metadata.name}`, '-n', system, '--timeout=90s');
        // The first messages can fail on a stale connection; a user sends them again when the page reports it.
        await until(async () => {
          await ada.sendMessage(`after ${container}, from Ada`);
          return bob.page.getByTestId('chat-text').filter({ hasText: `after ${container}, from Ada` }).first().waitFor({ timeout: 5_000 }).then(() => true, () => false);
        }, 'the chat works again', 60_000);
        const expected = [...earlier, `before ${container}, from Ada`, `before ${container}, from Bob`];
        for (const person of [ada, bob]) assert.deepEqual((await chatMessages(person)).slice(0, expected.length), expected);
        assert.deepEqual(await chatMessages(ada), await chatMessages(bob));
        await assertUndisturbed(t, ada, bob);
      });
    });
  }
});

describe('the API server', () => {
  it('an outage of one minute does not disturb meetings, and new meetings work afterwards', options, async t => {
    await room.withPair(async (ada, bob, meeting) => {
      await watch(ada, bob);
      const node = await room.nodeOf(meeting);
      // The controllers of Kubernetes stop too: running ones would take the nodes for lost when the API server returns, and remove the address of the database for up to two minutes.
      for (const part of ['controller-manager', 'apiserver']) await cluster('stop', part);
      try {
        const back = Date.now() + 60_000;
        await chatWorks(ada, bob, 'without an API server');
        while (Date.now() < back) {
          await waitForMediaBothWays(ada, bob); // `watch` notices what happens in between.
          await pause(5_000);
        }
      } finally {
        await cluster('start', 'apiserver');
        await until(() => kubectl('get', '--raw', '/readyz').then(() => true, () => false), 'the API server responds', 180_000);
        await cluster('start', 'controller-manager'); // It ends if it does not reach the API server.
      }
      await assertUndisturbed(t, ada, bob);
      assert.equal(await room.nodeOf(meeting), node);
      const { meetingId } = await room.meeting();
      for (const pod of await signalingPods()) await until(async () => (await fetch(`http://${pod.status.podIP}:8080/meetings/${meetingId}`)).ok, `${pod.metadata.name} knows the new meeting`);
    });
  });
});

// The last test, because its media node stays broken.
describe('a media node', () => {
  it('the operator moves meetings away from a media node that is healthy but receives no media', options, async t => {
    await ready('sfupool', 'pool', room.namespace);
    await room.withPair(async (ada, bob, meeting) => {
      const node = await room.nodeOf(meeting);
      const pod = await get('pod', node, '-n', room.namespace);
      const nodeNumber = pod.spec.nodeName.slice(1);
      const port = pod.spec.containers[0].ports.find(one => one.protocol === 'UDP').containerPort;
      const rules = pod.status.podIPs.map(({ ip }) => ['FORWARD', '-p', 'udp', '-d', ip, '--dport', String(port), '-j', 'DROP']);
      const change = async action => { for (const rule of rules) await cluster('node', nodeNumber, programFor(rule), '-w', action, ...rule); };
      await watch(ada, bob);
      await change('-I');
      try {
        await until(async () => ![undefined, node].includes(await room.nodeOf(meeting)), 'the meeting is on another media node', 90_000);
        await waitForMediaBothWays(ada, bob);
        await reportGaps(t, ada, bob);
        assert.equal((await get('pod', node, '-n', room.namespace).catch(() => pod)).status.phase, 'Running');
      } finally {
        await change('-D');
      }
    });
  });
});
