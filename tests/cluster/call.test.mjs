// Two participants outside the Pod network, on different replicas of signaling, in a meeting that was created with kubectl.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clusterRoom } from './support/cluster-room.mjs';
import { get } from './support/kubectl.mjs';
import { waitForVideoAndSound } from './support/received.mjs';

/** Waits until both participants receive video and sound. Returns the Pod of the media node and the remote addresses of their media. */
async function call(t, room) {
  return room.withPair(async (ada, bob, meeting) => {
    const [atAda, atBob] = await Promise.all([waitForVideoAndSound(ada), waitForVideoAndSound(bob)]);
    for (const [name, figures] of [['Ada', atAda], ['Bob', atBob]]) t.diagnostic(`${name} received ${JSON.stringify(figures)}`);
    const pod = await get('pod', await room.nodeOf(meeting), '-n', room.namespace);
    return { pod, remotes: [...new Set([...atAda.remotes, ...atBob.remotes])] };
  });
}

const media = pod => pod.spec.containers[0].ports.filter(port => port.protocol === 'UDP');

describe('a call through a pool with hostPort', () => {
  const room = clusterRoom({ replicas: 1, ports: { min: 43100, max: 43115 } });

  it('media uses the address of the cluster node, and the Pod has its own address', { timeout: 300_000 }, async t => {
    const { pod, remotes } = await call(t, room);
    assert.notEqual(pod.status.podIP, pod.status.hostIP);
    const opened = media(pod).map(port => `${pod.status.hostIP}:${port.hostPort}`);
    assert.ok(remotes.length > 0 && remotes.every(remote => opened.includes(remote)), `media came from ${remotes}, the media node opened ${opened}`);
  });
});

describe('a call through a pool with hostNetwork', () => {
  const room = clusterRoom({ replicas: 1, ports: { min: 43200, max: 43215 }, exposure: { type: 'HostNetwork' } });

  it('media uses the host network of the cluster node', { timeout: 300_000 }, async t => {
    const { pod, remotes } = await call(t, room);
    assert.equal(pod.spec.hostNetwork, true);
    assert.equal(pod.status.podIP, pod.status.hostIP);
    const opened = media(pod).map(port => `${pod.status.podIP}:${port.containerPort}`);
    assert.ok(remotes.length > 0 && remotes.every(remote => opened.includes(remote)), `media came from ${remotes}, the media node opened ${opened}`);
  });
});
