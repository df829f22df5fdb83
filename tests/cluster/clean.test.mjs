// `cluster.sh up` can be repeated, and `down` leaves nothing behind. This test takes the cluster down, so it runs last.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { apply, get, ready, until } from './support/kubectl.mjs';
import { inhabited, namespaces, snapshot, traces } from './support/traces.mjs';

const PID = '/run/meet-cluster/pid/apiserver';
const script = fileURLToPath(new URL('cluster.sh', import.meta.url));
let env = process.env;
const cluster = (...args) => promisify(execFile)('bash', [script, ...args], { env, timeout: 180_000 });

/** Runs a Pod with mounts, a network and a hostPort, all of which a cluster could leave behind. */
async function runPod() {
  await apply({
    apiVersion: 'v1', kind: 'Pod', metadata: { name: 'asleep', namespace: 'default' },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'asleep', image: 'localhost/pause:1', imagePullPolicy: 'Never', ports: [{ containerPort: 43999, hostPort: 43999, protocol: 'UDP' }] }],
    },
  });
  await ready('pod', 'asleep', 'default');
}

/** The process ID of the API server, or an empty string. */
const apiServer = () => (existsSync(PID) ? readFileSync(PID, 'utf8') : '');

const nodeUids = async () => (await get('nodes')).map(node => node.metadata.uid);

describe('the cluster', () => {
  let machine; // the state before the cluster was started

  before(async () => {
    const file = process.env.MEET_CLUSTER_BEFORE;
    if (!file) await cluster('down');
    machine = file ? JSON.parse(readFileSync(file, 'utf8')) : snapshot();
    env = { ...process.env, MEET_CLUSTER_MARK: machine.mark };
    await cluster('up');
  }, { timeout: 180_000 });
  after(() => cluster('down'), { timeout: 60_000 });

  it('a second up does not change the cluster', { timeout: 300_000 }, async () => {
    const nodes = await nodeUids();
    await runPod();
    await cluster('up');
    assert.deepEqual(await nodeUids(), nodes);
    assert.equal((await get('pod', 'asleep')).status.phase, 'Running');
  });

  it('up replaces a broken cluster, even after an interrupted up', { timeout: 600_000 }, async () => {
    const [nodes, old] = [await nodeUids(), apiServer()];
    await cluster('stop', 'controller-manager');
    await assert.rejects(cluster('status'));
    const broken = spawn('bash', [script, 'up'], { env, stdio: 'ignore' });
    await until(() => !['', old].includes(apiServer()), 'a part of the new cluster runs', 60_000);
    broken.kill('SIGKILL');
    await cluster('up');
    assert.notDeepEqual(await nodeUids(), nodes);
    await runPod();
  });

  it('down leaves no mount, namespace, process, link, route, firewall rule, cgroup or file behind', { timeout: 300_000 }, async () => {
    const used = namespaces(machine.mark);
    assert.ok(used.size > 4, 'the nodes and the Pod have their own namespaces');
    await cluster('down');
    assert.deepEqual(traces(machine.mark), machine.traces);
    await until(() => inhabited(used).length === 0, 'the namespaces of the nodes are empty');
  });
});
