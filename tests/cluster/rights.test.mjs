// Least privilege on a real API server: what operator and signaling may do is what a whole life of meetings needs, no less and no more.
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { rightsOf, rightsUsed } from './support/audit.mjs';
import { forget, signalingPods } from './support/cluster-room.mjs';
import { system } from './support/helm.mjs';
import { apply, cluster, get, kubectl, openProxy, ready, until } from './support/kubectl.mjs';

// Asked for by the admission plug-in OwnerReferencesPermissionEnforcement, which runs here, about the owners of what the operator makes: without them nothing would be
// made, and its log would not tell.
const ASKED_ABOUT = ['sfunodes', 'sfupools'].map(kind => `update meetoperator.io/${kind}/finalizers`);

// Signaling asks for one meeting only when its row and its copy of the cluster disagree, which RemovalTests and UnsyncedReplicaTests bring about.
const IN_DOUBT = ['get meetoperator.io/meetings'];

describe('rights', () => {
  const name = `rights-${randomUUID().slice(0, 8)}`;
  const namespace = `meet-${name}`;
  const [guest, others] = [`${name}-guest`, `${name}-others`];
  const key = randomBytes(24).toString('hex');
  let url, proxy;
  const rest = async (method, path, { token, body, at = url } = {}) => {
    const answer = await fetch(at + path, { method, headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
    return { status: answer.status, body: await answer.json().catch(() => undefined) };
  };

  before(async () => {
    const service = await get('service', 'meet-signaling', '-n', system);
    url = `http://${service.spec.clusterIP}:${service.spec.ports[0].port}`;
    proxy = await openProxy();
  });

  after(async () => {
    proxy?.close();
    await forget(name, namespace);
    await forget(guest, others);
  });

  it('suffice for a whole life', { timeout: 600_000 }, async () => {
    const tenant = spec => apply({ apiVersion: 'meetoperator.io/v1alpha1', kind: 'Tenant', metadata: { name }, spec: { namespace, ...spec } });
    await tenant({});
    await ready('tenant', name);
    await apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'api', namespace }, stringData: { key } });
    await kubectl('create', 'rolebinding', 'meet-tenant-secrets', '-n', namespace, '--clusterrole=meet-tenant-secrets', `--serviceaccount=${system}:meet-operator`);
    await tenant({ apiKeys: [{ name: 'main', secretRef: { name: 'api' } }] });
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
    await until(async () => (await get('meeting', made.meetingId, '-n', namespace)).status.phase === 'Ended', 'it has ended', 90_000);

    const { body: gone } = await rest('POST', '/meetings', { token: key, body: { title: 'Removed with kubectl' } });
    await kubectl('delete', 'meeting', gone.meetingId, '-n', namespace, '--timeout=60s');
    await until(async () => (await rest('GET', `/meetings/${gone.meetingId}`)).status === 410, 'who comes too late is told so', 90_000);

    await apply({ apiVersion: 'meetoperator.io/v1alpha1', kind: 'Meeting', metadata: { name: 'short', namespace }, spec: { tenantRef: { name }, lifecycle: { ttlSecondsAfterFinished: 0 } } });
    await ready('meeting', 'short', namespace);
    await kubectl('patch', 'meeting', 'short', '-n', namespace, '--type=merge', '-p', '{"spec":{"desiredState":"Ended"}}');
    await until(async () => (await get('meetings', '-n', namespace)).every(meeting => meeting.metadata.name !== 'short'), 'what is over is removed', 90_000);

    // An API server that takes a request and gives no answer: who asked is told so, and what it made all the same is taken back. By a replica that has just read the key.
    const at = `http://${(await signalingPods())[0].status.podIP}:8080`;
    assert.equal((await rest('POST', '/meetings', { token: key, body: { title: '' }, at })).status, 400);
    await cluster('pause', 'apiserver');
    try {
      const { status, body } = await rest('POST', '/meetings', { token: key, body: { title: 'Without an answer' }, at });
      assert.equal(status, 503);
      assert.match(body.detail, /did not take the request/);
    } finally {
      await cluster('resume', 'apiserver');
    }
    await until(async () => !(await get('meetings', '-n', namespace)).some(meeting => meeting.spec.title === 'Without an answer'), 'a meeting that nobody was told of is gone', 90_000);

    // The namespace of others, claimed, handed over and taken back: what was told before is told again.
    const reason = async () => (await get('tenant', guest)).status.conditions?.find(condition => condition.type === 'Ready')?.reason;
    await kubectl('create', 'namespace', others);
    await apply({ apiVersion: 'meetoperator.io/v1alpha1', kind: 'Tenant', metadata: { name: guest }, spec: { namespace: others } });
    const says = wanted => until(async () => await reason() === wanted, `the tenant says ${wanted}`, 90_000);
    await says('NamespaceForeign');
    await kubectl('label', 'namespace', others, `meetoperator.io/tenant=${guest}`);
    await says('NamespaceOwned');
    await kubectl('label', 'namespace', others, 'meetoperator.io/tenant-');
    await says('NamespaceForeign');

    // Tied to its tenant as older versions did it, and removed with it as its policy says.
    await kubectl('label', 'namespace', others, `meetoperator.io/tenant=${guest}`);
    await says('NamespaceOwned');
    const owner = { apiVersion: 'meetoperator.io/v1alpha1', kind: 'Tenant', name: guest, uid: (await get('tenant', guest)).metadata.uid };
    await kubectl('patch', 'namespace', others, '--type=merge', '-p', JSON.stringify({ metadata: { ownerReferences: [owner] } }));
    await kubectl('patch', 'tenant', guest, '--type=merge', '-p', '{"spec":{"deletionPolicy":"Delete"}}');
    await until(async () => !(await get('namespace', others)).metadata.ownerReferences, 'the namespace is untied', 90_000);
    await kubectl('delete', 'tenant', guest, '--timeout=120s');
    await until(async () => !(await get('namespaces')).some(found => found.metadata.name === others), 'and goes with its tenant', 90_000);

    const pods = () => get('pods', '-n', namespace, '-l', 'meetoperator.io/sfupool=main');
    const anew = async (pod, what) => until(async () => (await pods()).some(now => now.metadata.name === pod.metadata.name && now.metadata.uid !== pod.metadata.uid), what, 90_000);
    const [first, second] = await pods();
    // Tied to its SfuNode as older versions did it.
    const sfunode = await get('sfunode', first.metadata.name, '-n', namespace);
    const tie = { apiVersion: 'meetoperator.io/v1alpha1', kind: 'SfuNode', name: sfunode.metadata.name, uid: sfunode.metadata.uid };
    await kubectl('patch', 'pod', first.metadata.name, '-n', namespace, '--type=merge', '-p', JSON.stringify({ metadata: { ownerReferences: [tie] } }));
    await until(async () => !(await get('pod', first.metadata.name, '-n', namespace)).metadata.ownerReferences, 'the Pod is untied', 90_000);
    await kubectl('delete', 'pod', first.metadata.name, '-n', namespace, '--wait=false');
    // As a kubelet writes of a Pod that it has evicted.
    const evicted = await fetch(`${proxy.url}/api/v1/namespaces/${namespace}/pods/${second.metadata.name}/status`, {
      method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json' }, body: JSON.stringify({ status: { phase: 'Failed', reason: 'Evicted' } }),
    });
    assert.equal(evicted.status, 200);
    await anew(first, 'a Pod that somebody deleted is made anew');
    await anew(second, 'a Pod that has ended is replaced');

    const leads = () => get('lease', 'meet-operator', '-n', system).then(lease => lease.metadata.uid, () => undefined);
    const lease = await leads();
    await kubectl('delete', 'lease', 'meet-operator', '-n', system);
    await until(async () => ![undefined, lease].includes(await leads()), 'the Lease is made anew', 60_000);

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
      assert.deepEqual(granted.filter(right => !used.has(right) && ![...ASKED_ABOUT, ...IN_DOUBT].includes(right)).sort(), [], 'granted and never used');
    });
  }

  it('on Secrets end at the namespace: by what the API server says of its own rules', { timeout: 60_000 }, async () => {
    const may = async (part, verb, where) => (await kubectl('auth', 'can-i', verb, 'secrets', ...where, `--as=system:serviceaccount:${system}:meet-${part}`).catch(({ stdout, message }) => stdout ?? message)).trim();
    for (const part of ['operator', 'signaling']) {
      for (const verb of ['get', 'list', 'watch', 'patch', 'update', 'delete']) {
        for (const where of [['--all-namespaces'], ['-n', 'kube-system'], ['-n', others]]) assert.match(await may(part, verb, where), /^no|no$/m, `${part} ${verb} ${where.join(' ')}`);
      }
    }
    assert.match(await may('operator', 'get', ['-n', namespace]), /^yes/, 'a tenant that binds the operator');
  });

  it('of nobody else are there: media nodes carry no token', async () => {
    for (const pod of await get('pods', '-A', '-l', 'meetoperator.io/component=media-node')) {
      assert.equal(pod.spec.automountServiceAccountToken, false, pod.metadata.name);
      assert.ok(!(pod.spec.volumes ?? []).some(volume => volume.projected || volume.secret), pod.metadata.name);
    }
  });
});
