// The cluster leaves nothing behind, and may be asked for again and again. It takes a running cluster down first.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { until } from '../e2e/support/visitor.mjs';
import { apply, get, ready } from './support/kubectl.mjs';
import { inhabited, namespaces, traces } from './support/traces.mjs';

const script = fileURLToPath(new URL('cluster.sh', import.meta.url));
const mark = `MEET_CLUSTER_MARK=${randomBytes(16).toString('hex')}`;
const env = { ...process.env, [mark.split('=')[0]]: mark.split('=')[1] };
const cluster = (...args) => promisify(execFile)('bash', [script, ...args], { env, timeout: 180_000 });

const pod = {
  apiVersion: 'v1', kind: 'Pod', metadata: { name: 'asleep', namespace: 'default' },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'asleep', image: 'localhost/pause:1', imagePullPolicy: 'Never', ports: [{ containerPort: 43999, hostPort: 43999, protocol: 'UDP' }] }],
  },
};

/** A pod that runs, with mounts, a network and a hostPort of its own: what a cluster could leave behind. */
async function runPod() {
  await apply(pod);
  await ready('pod', 'asleep', 'default');
}

const nodeUids = async () => (await get('nodes')).map(node => node.metadata.uid);

describe('the cluster', () => {
  after(() => cluster('down'));

  it('leaves no mount, namespace, process, link, route, firewall rule, cgroup or file behind', { timeout: 600_000 }, async () => {
    await cluster('down');
    const before = traces(mark);
    await cluster('up');
    await runPod();
    const used = namespaces(mark);
    assert.ok(used.size > 4, 'the nodes and the pod have namespaces of their own');
    await cluster('down');
    assert.deepEqual(traces(mark), before);
    await until(() => inhabited(used).length === 0, 'the namespaces of the nodes are empty');
  });

  it('is left alone by a second up, and comes back after a down', { timeout: 600_000 }, async () => {
    await cluster('up');
    await runPod();
    const nodes = await nodeUids();
    await cluster('up');
    assert.deepEqual(await nodeUids(), nodes);
    assert.equal((await get('pod', 'asleep')).status.phase, 'Running');
    await cluster('down');
    await cluster('up');
    assert.notDeepEqual(await nodeUids(), nodes);
    await runPod();
  });

  it('comes up again after a part of it died, and after an up was broken off', { timeout: 600_000 }, async () => {
    await cluster('up');
    await cluster('stop', 'controller-manager');
    await assert.rejects(cluster('status'));
    await cluster('up');
    await runPod();
    await cluster('down');
    const broken = spawn('bash', [script, 'up'], { env, stdio: 'ignore' });
    await until(() => existsSync('/run/meet-cluster/pid/apiserver'), 'half of the cluster is there');
    broken.kill('SIGKILL');
    await cluster('up');
    await runPod();
  });
});
