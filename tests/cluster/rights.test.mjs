// Least privilege on a real API server: what operator and signaling may do is what a whole life of meetings needs, no less and no more.
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { rightsOf, rightsUsed } from './support/audit.mjs';
import { forget } from './support/cluster-room.mjs';
import { system } from './support/helm.mjs';
import { apply, get, kubectl, ready, until } from './support/kubectl.mjs';

// Needed, and not to be provoked at will; why stands beside each.
const RARE = {
  operator: [
    'get /namespaces', // somebody else makes a tenant's namespace between the operator's look and its write
    'delete /pods', // a Pod that has failed, or forwards nothing, is made anew: RbacTests
    'patch /events', // an event that is told again while it is young
    'create coordination.k8s.io/leases', // the chart makes the Lease; without Helm the first leader does
    // Asked by an admission plug-in of the API server about us, never by us.
    'update meetoperator.io/sfunodes/finalizers', 'update meetoperator.io/sfupools/finalizers', 'update meetoperator.io/tenants/finalizers',
  ],
  signaling: [
    'delete meetoperator.io/meetings', // a meeting whose making failed halfway is taken back
  ],
};

describe('rights', () => {
  const name = `rights-${randomUUID().slice(0, 8)}`;
  const namespace = `meet-${name}`;
  const key = randomBytes(24).toString('hex');
  let url;
  const rest = async (method, path, { token, body } = {}) => {
    const answer = await fetch(url + path, { method, headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
    return { status: answer.status, body: await answer.json().catch(() => undefined) };
  };

  before(async () => {
    const service = await get('service', 'meet-signaling', '-n', system);
    url = `http://${service.spec.clusterIP}:${service.spec.ports[0].port}`;
  });

  after(() => forget(name, namespace));

  it('suffice for a whole life', { timeout: 400_000 }, async () => {
    await apply({ apiVersion: 'meetoperator.io/v1alpha1', kind: 'Tenant', metadata: { name }, spec: { namespace, apiKeys: [{ name: 'main', secretRef: { name: 'api' } }] } });
    await ready('tenant', name);
    await apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'api', namespace }, stringData: { key } });
    // Without an external address of its machine a node stays without one: the operator reads the machine, and says what is missing.
    const pool = (name, addressSource, min) => apply({ apiVersion: 'meetoperator.io/v1alpha1', kind: 'SfuPool', metadata: { name, namespace }, spec: { replicas: 2, exposure: { addressSource, portRange: { min, max: min + 3 } } } });
    await pool('main', 'NodeInternalIP', 43600);
    await pool('outside', 'NodeExternalIP', 43610);
    await ready('sfupool', 'main', namespace);

    let made;
    await until(async () => {
      const answer = await rest('POST', '/meetings', { token: key, body: { title: 'Over REST' } });
      made = answer.body;
      return answer.status === 201;
    }, 'a meeting is made over REST', 60_000);
    await ready('meeting', made.meetingId, namespace);
    assert.equal((await rest('DELETE', `/meetings/${made.meetingId}`, { token: made.hostToken })).status, 200);
    await until(async () => (await get('meeting', made.meetingId, '-n', namespace)).status.phase === 'Ended', 'it has ended', 30_000);

    const { body: gone } = await rest('POST', '/meetings', { token: key, body: { title: 'Removed with kubectl' } });
    await kubectl('delete', 'meeting', gone.meetingId, '-n', namespace, '--timeout=60s');
    await until(async () => (await rest('GET', `/meetings/${gone.meetingId}`)).status === 410, 'who comes too late is told so', 30_000);

    await apply({ apiVersion: 'meetoperator.io/v1alpha1', kind: 'Meeting', metadata: { name: 'short', namespace }, spec: { tenantRef: { name }, lifecycle: { ttlSecondsAfterFinished: 0 } } });
    await ready('meeting', 'short', namespace);
    await kubectl('patch', 'meeting', 'short', '-n', namespace, '--type=merge', '-p', '{"spec":{"desiredState":"Ended"}}');
    await until(async () => (await get('meetings', '-n', namespace)).every(meeting => meeting.metadata.name !== 'short'), 'what is over is removed', 30_000);

    const [node] = await get('sfunodes', '-n', namespace, '-l', 'meetoperator.io/sfupool=main');
    const before = (await get('pod', node.metadata.name, '-n', namespace)).metadata.uid;
    await kubectl('delete', 'pod', node.metadata.name, '-n', namespace, '--wait=false');
    await until(async () => { const pod = await get('pod', node.metadata.name, '-n', namespace).catch(() => undefined); return pod !== undefined && pod.metadata.uid !== before; }, 'its Pod is made anew', 90_000);
    await kubectl('scale', 'sfupool', 'main', '--replicas=1', '-n', namespace);
    await until(async () => (await get('sfunodes', '-n', namespace, '-l', 'meetoperator.io/sfupool=main')).length === 1, 'a pool shrinks', 90_000);
    await kubectl('delete', 'sfupools', '--all', '-n', namespace, '--timeout=60s');
    await until(async () => (await get('sfunodes', '-n', namespace)).length === 0, 'and goes', 90_000);

    // The API server writes a watch down when it ends.
    for (const part of ['operator', 'signaling']) await kubectl('rollout', 'restart', `deployment/meet-${part}`, '-n', system);
    for (const part of ['operator', 'signaling']) {
      await kubectl('rollout', 'status', `deployment/meet-${part}`, '-n', system, '--timeout=120s');
      await until(async () => (await get('pods', '-n', system, '-l', `meetoperator.io/component=${part}`)).length === 2, 'the Pods of before are gone', 60_000);
    }
  });

  for (const part of ['operator', 'signaling']) {
    it(`of ${part} are those that it used`, { timeout: 60_000 }, async () => {
      const rules = [
        ...(await get('clusterrole', `meet-${part}`)).rules,
        ...(await get('role', `meet-${part}`, '-n', system).catch(() => ({ rules: [] }))).rules,
      ];
      const since = (await get('clusterrolebinding', `meet-${part}`)).metadata.creationTimestamp;
      const started = (await get('pods', '-n', system, '-l', `meetoperator.io/component=${part}`)).map(pod => pod.status.startTime);
      const { used, refused } = await rightsUsed(`system:serviceaccount:${system}:meet-${part}`, [since, ...started].sort().at(-1));
      assert.deepEqual([...refused].sort(), [], 'asked for and not granted');
      const granted = rightsOf(rules);
      assert.deepEqual(granted.filter(right => !used.has(right) && !RARE[part].includes(right)).sort(), [], 'granted and never used');
      assert.deepEqual(RARE[part].filter(right => !granted.includes(right)), [], 'called rare and not granted at all');
    });
  }

  it('of nobody else are there: media nodes carry no token', async () => {
    for (const pod of await get('pods', '-A', '-l', 'meetoperator.io/component=media-node')) {
      assert.equal(pod.spec.automountServiceAccountToken, false, pod.metadata.name);
      assert.ok(!(pod.spec.volumes ?? []).some(volume => volume.projected || volume.secret), pod.metadata.name);
    }
  });
});
