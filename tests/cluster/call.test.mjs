// Two people outside the pods' network, each on a replica of signaling of their own, in a meeting that was made with kubectl.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clusterRoom } from './support/cluster-room.mjs';
import { get } from './support/kubectl.mjs';
import { seesAndHears } from './support/received.mjs';

/** Both decode pictures and hear sound; gives the far ends of their media, and the Pod of the media node. */
async function call(t, room) {
  return room.withPair(async (ada, bob, meeting) => {
    const [atAda, atBob] = await Promise.all([seesAndHears(ada), seesAndHears(bob)]);
    for (const [who, figures] of [['Ada', atAda], ['Bob', atBob]]) t.diagnostic(`${who} received ${JSON.stringify(figures)}`);
    const pod = await get('pod', await room.nodeOf(meeting), '-n', room.namespace);
    return { pod, remotes: [...new Set([...atAda.remotes, ...atBob.remotes])] };
  });
}

const media = pod => pod.spec.containers[0].ports.filter(port => port.protocol === 'UDP');

describe('a call through a pool with hostPort', () => {
  const room = clusterRoom({ replicas: 1, ports: { min: 43100, max: 43115 } });

  it('reaches the media node at the cluster node’s address, while its pod has one of its own', { timeout: 300_000 }, async t => {
    const { pod, remotes } = await call(t, room);
    assert.notEqual(pod.status.podIP, pod.status.hostIP);
    const opened = media(pod).map(port => `${pod.status.hostIP}:${port.hostPort}`);
    assert.ok(remotes.length > 0 && remotes.every(remote => opened.includes(remote)), `media came from ${remotes}, the node opened ${opened}`);
  });
});

describe('a call through a pool with hostNetwork', () => {
  const room = clusterRoom({ replicas: 1, ports: { min: 43200, max: 43215 }, exposure: { type: 'HostNetwork' } });

  it('reaches the media node in the cluster node’s own network', { timeout: 300_000 }, async t => {
    const { pod, remotes } = await call(t, room);
    assert.equal(pod.spec.hostNetwork, true);
    assert.equal(pod.status.podIP, pod.status.hostIP);
    const opened = media(pod).map(port => `${pod.status.podIP}:${port.containerPort}`);
    assert.ok(remotes.length > 0 && remotes.every(remote => opened.includes(remote)), `media came from ${remotes}, the node opened ${opened}`);
  });
});
