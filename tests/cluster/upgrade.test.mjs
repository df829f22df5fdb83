// Upgrade and rollback of the release, which must not disturb two participants of a meeting. Leaves the release upgraded; `./meet cluster install` restores it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openRoom, system, waitForMediaBothWays } from './support/cluster-room.mjs';
import { gaps, keepConnections, keepsConnections, watchGaps } from './support/gaps.mjs';
import { chart, helm, release, upgrade } from './support/helm.mjs';
import { cluster, get, kubectl, until } from './support/kubectl.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const revision = async () => Number(JSON.parse(await helm('list', '-n', system, '--filter', `^${release}$`, '-o', 'json'))[0].revision);

/**
 * The previous version of the chart in the Git history. Null without enough history, and when that version lacks the certificate authority that current
 * images need.
 */
function previousChart() {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const [, before] = git('log', '--format=%H', '-2', '--', 'charts/meet-operator').split('\n');
  if (!before) return null;
  const folder = mkdtempSync(join(tmpdir(), 'chart-'));
  execFileSync('bash', ['-c', `git archive ${before} charts/meet-operator | tar -x -C "$1"`, 'archive', folder], { cwd: root });
  const found = { path: join(folder, 'charts/meet-operator'), remove: () => rmSync(folder, { recursive: true }) };
  if (readFileSync(join(found.path, 'files/rbac/operator.role.yaml'), 'utf8').includes('meet-control-ca')) return found;
  found.remove();
  return null;
}

const podsBy = (component, namespace = system) => get('pods', '-n', namespace, '-l', `meetoperator.io/component=${component}`);
const uids = pods => pods.map(pod => pod.metadata.uid).sort();

describe('during a meeting', () => {
  let room;
  let old;
  after(async () => {
    old?.remove();
    await room?.close();
  });

  it('an upgrade from the previous chart, a restart of every Pod and a rollback keep all participants connected', { timeout: 600_000 }, async t => {
    old = previousChart();
    await upgrade(old?.path);
    room = await openRoom({ replicas: 1, ports: { min: 43200, max: 43203 } });
    await room.withPair(async (ada, bob, meeting) => {
      const node = await room.nodeOf(meeting);
      const media = uids(await podsBy('media-node', room.namespace));
      await Promise.all([ada, bob].flatMap(person => [watchGaps(person), keepConnections(person)]));
      const unchanged = async what => {
        await waitForMediaBothWays(ada, bob);
        await Promise.all([ada.connected(), bob.connected()]);
        assert.equal(await room.nodeOf(meeting), node, `${what}: the meeting stays on its media node`);
        assert.deepEqual(uids(await podsBy('media-node', room.namespace)), media, `${what}: the media nodes keep their Pods`);
        for (const person of [ada, bob]) await keepsConnections(person, what);
        for (const person of [ada, bob]) t.diagnostic(`${what}: ${person.name}'s longest pause ${JSON.stringify(await gaps(person))} ms`);
      };
      const before = uids([...await podsBy('operator'), ...await podsBy('signaling')]);
      const originalRevision = await revision();

      // A changed Pod template replaces every Pod of operator and signaling.
      await upgrade(chart, '--set-string', 'operator.podAnnotations.upgrade=1', '--set-string', 'signaling.podAnnotations.upgrade=1');
      await until(async () => !uids([...await podsBy('operator'), ...await podsBy('signaling')]).some(uid => before.includes(uid)), 'all former Pods are deleted', 120_000);
      await unchanged('after the upgrade');
      await ada.sendMessage('Still here?');
      await bob.waitForMessage('Still here?');

      await helm('rollback', release, String(originalRevision), '-n', system, '--wait', '--timeout', '180s');
      await unchanged('after the rollback');
      await bob.sendMessage('Still here.');
      await ada.waitForMessage('Still here.');
    });
  });

  it('an upgrade with another media image moves no running meeting, places new meetings on the new image, and removes the old node after its last meeting', { timeout: 600_000 }, async t => {
    const [image, next] = ['localhost/meet-operator/media-node:dev', 'localhost/meet-operator/media-node-next:dev'];
    for (const number of ['1', '2']) await cluster('node', number, 'ctr', '-n', 'k8s.io', 'images', 'tag', '--force', image, next);
    await room.withPair(async (ada, bob, meeting) => {
      const old = await room.nodeOf(meeting);
      const updated = async () => (await get('sfupool', 'pool', '-n', room.namespace)).status.conditions.find(one => one.type === 'Updated');
      await until(async () => (await updated())?.status === 'True', 'the pool is up to date');
      await Promise.all([ada, bob].flatMap(person => [watchGaps(person), keepConnections(person)]));

      await upgrade(chart, '--set', 'mediaNode.image.repository=meet-operator/media-node-next');

      await until(async () => (await updated())?.reason === 'WaitsForMeetings', 'the pool waits for the meeting', 120_000);
      assert.match((await updated()).message, new RegExp(`${old} \\(1 meeting\\)`));
      const fresh = await room.meeting();
      const newer = await room.nodeOf(fresh);
      assert.notEqual(newer, old, `the new meeting is on the new media node: ${JSON.stringify((await get('meeting', fresh.name, '-n', room.namespace)).status)}`);
      assert.equal((await get('pod', newer, '-n', room.namespace)).spec.containers[0].image, next);
      await waitForMediaBothWays(ada, bob);
      assert.equal(await room.nodeOf(meeting), old, 'the meeting stays on its media node');
      for (const person of [ada, bob]) {
        await keepsConnections(person, 'after the upgrade');
        t.diagnostic(`${person.name}'s longest pause ${JSON.stringify(await gaps(person))} ms`);
      }

      await kubectl('patch', 'meeting', meeting.name, '-n', room.namespace, '--type=merge', '-p', '{"spec":{"desiredState":"Ended"}}');

      await until(async () => (await get('sfunodes', '-n', room.namespace)).every(node => node.metadata.name !== old), 'the old node is removed', 120_000);
      await until(async () => (await updated())?.status === 'True', 'the pool is up to date', 60_000);
      assert.equal(await room.nodeOf(fresh), newer, 'the new meeting stays on its media node');
    });
  });
});
