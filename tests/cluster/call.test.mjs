// Two participants outside the Pod network, on different replicas of signaling, in a meeting that was created with kubectl.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeOnFailure } from '../e2e/support/visitor.mjs';
import { addressesOf, clusterRoom, waitForMediaBothWays } from './support/cluster-room.mjs';
import { get, until } from './support/kubectl.mjs';
import { waitForVideoAndSound } from './support/received.mjs';

/** Waits until both participants receive video and sound. Returns the Pod of the media node and the remote addresses of their media. */
async function call(t, room) {
  return room.withPair(async (ada, bob, meeting) => {
    const [atAda, atBob] = await Promise.all([waitForVideoAndSound(ada), waitForVideoAndSound(bob)]);
    for (const [name, figures] of [['Ada', atAda], ['Bob', atBob]]) t.diagnostic(`${name} received ${JSON.stringify(figures)}`);
    const pod = await get('pod', await room.nodeOf(meeting), '-n', room.namespace);
    return { pod, addresses: await addressesOf(pod), remotes: [...new Set([...atAda.remotes, ...atBob.remotes])] };
  });
}

const media = pod => pod.spec.containers[0].ports.filter(port => port.protocol === 'UDP');

describe('a call through a pool with hostPort', () => {
  const room = clusterRoom({ replicas: 1, ports: { min: 43100, max: 43115 } });

  it('media uses an address of the cluster node, and the Pod has its own address', { timeout: 300_000 }, async t => {
    const { pod, addresses, remotes } = await call(t, room);
    assert.notEqual(pod.status.podIP, pod.status.hostIP);
    const opened = media(pod).flatMap(port => addresses.map(address => `${address}:${port.hostPort}`));
    assert.ok(remotes.length > 0 && remotes.every(remote => opened.includes(remote)), `media came from ${remotes}, the media node opened ${opened}`);
  });
});

describe('a call through a pool with hostNetwork', () => {
  const room = clusterRoom({ replicas: 1, ports: { min: 43200, max: 43215 }, exposure: { type: 'HostNetwork' } });

  it('media uses the host network of the cluster node', { timeout: 300_000 }, async t => {
    const { pod, addresses, remotes } = await call(t, room);
    assert.equal(pod.spec.hostNetwork, true);
    assert.deepEqual(pod.status.podIPs.map(({ ip }) => ip), addresses);
    const opened = media(pod).flatMap(port => addresses.map(address => `${address}:${port.containerPort}`));
    assert.ok(remotes.length > 0 && remotes.every(remote => opened.includes(remote)), `media came from ${remotes}, the media node opened ${opened}`);
  });
});

describe('a meeting of two with mode Auto', () => {
  const room = clusterRoom({ replicas: 1, ports: { min: 43300, max: 43315 } });

  it('uses direct connections after half a minute, and its status says so until a third participant joins', { timeout: 400_000 }, async () => {
    const meeting = await room.meeting({ mode: 'Auto' });
    const people = [];
    const topology = async () => (await get('meeting', meeting.name, '-n', room.namespace)).status.topology;
    await describeOnFailure(people, async () => {
      try {
        let since;
        for (const [index, name] of ['Ada', 'Bob'].entries()) {
          since = Date.now();
          people.push(await room.arrive(name, index));
          await people[index].enter(meeting.meetingId);
        }
        await waitForMediaBothWays(...people);
        await until(async () => await topology() === 'P2P', 'the status says that media flows directly', 200_000);
        assert.ok(Date.now() - since >= 30_000, `media flows directly ${Date.now() - since} ms after the second participant came`);
        await waitForMediaBothWays(...people);
        people.push(await room.arrive('Eve', 0));
        await people[2].enter(meeting.meetingId);
        await until(async () => await topology() === 'Sfu', 'the status says that media flows through the media node', 60_000);
        await waitForMediaBothWays(...people);
        await people[2].waitForVideo('Bob');
      } finally {
        await Promise.all(people.map(person => person.close()));
      }
    });
  });
});
