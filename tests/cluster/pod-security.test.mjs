// Tenants' namespaces enforce the Pod security level `baseline`. The media nodes are in a shared pool, in the namespace of the installation.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { clusterRoom } from './support/cluster-room.mjs';
import { system } from './support/helm.mjs';
import { apply, get, run, until } from './support/kubectl.mjs';
import { enforceBaseline, stopEnforcement } from './support/pod-security.mjs';
import { waitForVideoAndSound } from './support/received.mjs';

const own = { min: 43920, max: 43923 };

/** Lets the operator create a Pod, as a dry run. Resolves with an empty string, or with the error of the API server. */
const rejection = (namespace, ports) => run('kubectl', ['create', '--dry-run=server', `--as=system:serviceaccount:${system}:meet-operator`, '-f', '-'], JSON.stringify({
  apiVersion: 'v1', kind: 'Pod', metadata: { name: 'probe', namespace }, spec: { securityContext: { seccompProfile: { type: 'RuntimeDefault' } }, containers: [{ name: 'probe', image: 'localhost/pause:1', ports }] },
})).then(() => '', error => error.message);

describe('a namespace of a tenant that enforces the Pod security level baseline', () => {
  before(() => enforceBaseline({ except: system }), { timeout: 300_000 });
  const room = clusterRoom({ shared: true, ports: { min: 43900, max: 43915 } });
  after(() => stopEnforcement({ except: system }), { timeout: 300_000 });

  it('the namespace accepts baseline Pods, and no host ports', { timeout: 120_000 }, async () => {
    const hostPort = [{ containerPort: 9, hostPort: 43919, protocol: 'UDP' }];
    // A new namespace has no service account for a moment, and accepts no Pod without it.
    await until(async () => await rejection(room.namespace, []) === '', 'the namespace accepts a baseline Pod', 60_000);
    assert.match(await rejection(room.namespace, hostPort), /PodSecurityPolicy/);
    assert.equal(await rejection(system, hostPort), '');
  });

  it('participants talk over the shared pool, and the namespace has no Pods', { timeout: 300_000 }, async t => {
    await room.withPair(async (ada, bob, meeting) => {
      for (const person of [ada, bob]) t.diagnostic(`${person.name} received ${JSON.stringify(await waitForVideoAndSound(person))}`);
      const [assignment] = (await get('meeting', meeting.name, '-n', room.namespace)).status.assignments;
      assert.equal(assignment.namespace, system);
      assert.deepEqual(await get('pods', '-n', room.namespace), []);
    });
  });

  it('a pool of the tenant reports why it has no media node, and meetings use the shared pool', { timeout: 300_000 }, async () => {
    await apply({
      apiVersion: 'meetoperator.io/v1alpha1', kind: 'SfuPool', metadata: { name: 'own', namespace: room.namespace },
      spec: { replicas: 1, exposure: { portRange: own, addressSource: 'NodeInternalIP' } },
    });
    const reason = async () => (await get('sfunodes', '-n', room.namespace))[0]?.status?.conditions?.find(condition => condition.type === 'Ready')?.reason;
    await until(async () => await reason() === 'PodSecurityForbids', 'the SfuNode has the reason PodSecurityForbids', 60_000);
    const meeting = await room.meeting();
    assert.equal((await get('meeting', meeting.name, '-n', room.namespace)).status.assignments[0].namespace, system);
    assert.deepEqual(await get('pods', '-n', room.namespace), []);
  });
});
