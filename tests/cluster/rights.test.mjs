// Least privilege on a real API server: operator and signaling have exactly the rights that all operations need.
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { rightsOf, rightsUsed } from './support/audit.mjs';
import { deleteTenant, signalingPods } from './support/cluster-room.mjs';
import { system } from './support/helm.mjs';
import { apply, cluster, get, kubectl, openProxy, ready, until } from './support/kubectl.mjs';

// The admission plug-in OwnerReferencesPermissionEnforcement, which is enabled here, requires these rights for owner references. The audit log does not contain them.
const REQUIRED_BY_ADMISSION = ['sfunodes', 'sfupools'].map(kind => `update meetoperator.io/${kind}/finalizers`);

// Signaling reads a single meeting only when its database and its informer disagree, which RemovalTests and UnsyncedReplicaTests test.
// The operator reads logs only while a media node does not answer and another machine has a healthy one, and changes the status of Pods only on a lost machine, which LostMachineLifecycleTests test.
const RARELY_USED = ['get meetoperator.io/meetings', 'get /pods/log', 'patch /pods/status'];

describe('the rights', () => {
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
    await deleteTenant(name, namespace);
    await deleteTenant(guest, others);
  });

  it('the rights are sufficient for all operations', { timeout: 600_000 }, async () => {
    const tenant = spec => apply({ apiVersion: 'meetoperator.io/v1alpha1', kind: 'Tenant', metadata: { name }, spec: { namespace, ...spec } });
    await tenant({});
    await ready('tenant', name);
    await apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'api', namespace }, stringData: { key } });
    await kubectl('create', 'rolebinding', 'meet-tenant-secrets', '-n', namespace, '--clusterrole=meet-tenant-secrets', `--serviceaccount=${system}:meet-operator`);
    await tenant({ apiKeys: [{ name: 'main', secretRef: { name: 'api' } }] });
    // The cluster nodes have no external address, so the operator reads them and reports the missing address.
    const pool = (name, addressSource, min) => apply({ apiVersion: 'meetoperator.io/v1alpha1', kind: 'SfuPool', metadata: { name, namespace }, spec: { replicas: 2, exposure: { addressSource, portRange: { min, max: min + 3 } } } });
    await pool('main', 'NodeInternalIP', 43600);
    await pool('outside', 'NodeExternalIP', 43610);
    await ready('sfupool', 'main', namespace);
    await apply({ apiVersion: 'meetoperator.io/v1alpha1', kind: 'TurnPool', metadata: { name: 'relays', namespace }, spec: { replicas: 0 } });
    await ready('turnpool', 'relays', namespace);

    let created;
    await until(async () => {
      const answer = await rest('POST', '/meetings', { token: key, body: { title: 'Over REST' } });
      created = answer.body;
      return answer.status === 201;
    }, 'a meeting is created over REST', 60_000);
    await ready('meeting', created.meetingId, namespace);
    assert.equal((await rest('DELETE', `/meetings/${created.meetingId}`, { token: created.hostToken })).status, 200);
    await until(async () => (await get('meeting', created.meetingId, '-n', namespace)).status.phase === 'Ended', 'the meeting has ended', 90_000);

    const { body: removed } = await rest('POST', '/meetings', { token: key, body: { title: 'Removed with kubectl' } });
    await kubectl('delete', 'meeting', removed.meetingId, '-n', namespace, '--timeout=60s');
    await until(async () => (await rest('GET', `/meetings/${removed.meetingId}`)).status === 410, 'the deleted meeting returns 410', 90_000);

    await apply({ apiVersion: 'meetoperator.io/v1alpha1', kind: 'Meeting', metadata: { name: 'short', namespace }, spec: { tenantRef: { name }, lifecycle: { ttlSecondsAfterFinished: 0 } } });
    await ready('meeting', 'short', namespace);
    await kubectl('patch', 'meeting', 'short', '-n', namespace, '--type=merge', '-p', '{"spec":{"desiredState":"Ended"}}');
    await until(async () => (await get('meetings', '-n', namespace)).every(meeting => meeting.metadata.name !== 'short'), 'the ended meeting is deleted', 90_000);

    // When the API server does not respond, the client gets an error, and a meeting that was created anyway is deleted. The replica has the API key in its cache.
    const at = `http://${(await signalingPods())[0].status.podIP}:8080`;
    assert.equal((await rest('POST', '/meetings', { token: key, body: { title: '' }, at })).status, 400);
    await cluster('pause', 'apiserver');
    try {
      const { status, body } = await rest('POST', '/meetings', { token: key, body: { title: 'Without a response' }, at });
      assert.equal(status, 503);
      assert.match(body.detail, /unavailable or rejected the request/);
    } finally {
      await cluster('resume', 'apiserver');
    }
    await until(async () => !(await get('meetings', '-n', namespace)).some(meeting => meeting.spec.title === 'Without a response'), 'the meeting without a response is deleted', 90_000);

    // A foreign namespace is claimed, handed over and taken back; the reasons are reported again.
    const reason = async () => (await get('tenant', guest)).status.conditions?.find(condition => condition.type === 'Ready')?.reason;
    await kubectl('create', 'namespace', others);
    await apply({ apiVersion: 'meetoperator.io/v1alpha1', kind: 'Tenant', metadata: { name: guest }, spec: { namespace: others } });
    const hasReason = wanted => until(async () => await reason() === wanted, `the tenant has the reason ${wanted}`, 90_000);
    await hasReason('NamespaceForeign');
    await kubectl('label', 'namespace', others, `meetoperator.io/tenant=${guest}`);
    await hasReason('NamespaceOwned');
    await kubectl('label', 'namespace', others, 'meetoperator.io/tenant-');
    await hasReason('NamespaceForeign');

    // Older versions set an owner reference. The deletion policy deletes the namespace with its tenant.
    await kubectl('label', 'namespace', others, `meetoperator.io/tenant=${guest}`);
    await hasReason('NamespaceOwned');
    const owner = { apiVersion: 'meetoperator.io/v1alpha1', kind: 'Tenant', name: guest, uid: (await get('tenant', guest)).metadata.uid };
    await kubectl('patch', 'namespace', others, '--type=merge', '-p', JSON.stringify({ metadata: { ownerReferences: [owner] } }));
    await kubectl('patch', 'tenant', guest, '--type=merge', '-p', '{"spec":{"deletionPolicy":"Delete"}}');
    await until(async () => !(await get('namespace', others)).metadata.ownerReferences, 'the owner reference of the namespace is removed', 90_000);
    await kubectl('delete', 'tenant', guest, '--timeout=120s');
    await until(async () => !(await get('namespaces')).some(found => found.metadata.name === others), 'the namespace is deleted with its tenant', 90_000);

    const pods = () => get('pods', '-n', namespace, '-l', 'meetoperator.io/sfupool=main');
    const recreated = async (pod, what) => until(async () => (await pods()).some(now => now.metadata.name === pod.metadata.name && now.metadata.uid !== pod.metadata.uid), what, 90_000);
    const [first, second] = await pods();
    // Older versions set an owner reference to the SfuNode.
    const sfunode = await get('sfunode', first.metadata.name, '-n', namespace);
    const tie = { apiVersion: 'meetoperator.io/v1alpha1', kind: 'SfuNode', name: sfunode.metadata.name, uid: sfunode.metadata.uid };
    await kubectl('patch', 'pod', first.metadata.name, '-n', namespace, '--type=merge', '-p', JSON.stringify({ metadata: { ownerReferences: [tie] } }));
    await until(async () => !(await get('pod', first.metadata.name, '-n', namespace)).metadata.ownerReferences, 'the owner reference of the Pod is removed', 90_000);
    await kubectl('delete', 'pod', first.metadata.name, '-n', namespace, '--wait=false');
    // The status that a kubelet writes for an evicted Pod.
    const evicted = await fetch(`${proxy.url}/api/v1/namespaces/${namespace}/pods/${second.metadata.name}/status`, {
      method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json' }, body: JSON.stringify({ status: { phase: 'Failed', reason: 'Evicted' } }),
    });
    assert.equal(evicted.status, 200);
    await recreated(first, 'a deleted Pod is created again');
    await recreated(second, 'a Pod that has ended is replaced');

    const leaseUid = () => get('lease', 'meet-operator', '-n', system).then(lease => lease.metadata.uid, () => undefined);
    const lease = await leaseUid();
    await kubectl('delete', 'lease', 'meet-operator', '-n', system);
    await until(async () => ![undefined, lease].includes(await leaseUid()), 'the Lease is created again', 60_000);

    await kubectl('scale', 'sfupool', 'main', '--replicas=1', '-n', namespace);
    await until(async () => (await get('sfunodes', '-n', namespace, '-l', 'meetoperator.io/sfupool=main')).length === 1, 'the pool is scaled down', 90_000);
    await kubectl('delete', 'sfupools', '--all', '-n', namespace, '--timeout=60s');
    await until(async () => (await get('sfunodes', '-n', namespace)).length === 0, 'the SfuNodes of the pool are deleted', 90_000);

    // The audit log contains a watch when it ends, so the Pods are restarted.
    for (const part of ['operator', 'signaling']) await kubectl('rollout', 'restart', `deployment/meet-${part}`, '-n', system);
    for (const part of ['operator', 'signaling']) {
      await kubectl('rollout', 'status', `deployment/meet-${part}`, '-n', system, '--timeout=120s');
      await until(async () => (await get('pods', '-n', system, '-l', `meetoperator.io/component=${part}`)).length === 2, 'the former Pods are deleted', 60_000);
    }
  });

  for (const part of ['operator', 'signaling']) {
    it(`${part} uses all of its rights and requests no others`, { timeout: 60_000 }, async () => {
      const rules = [
        ...(await get('clusterrole', `meet-${part}`)).rules,
        ...(await get('role', `meet-${part}`, '-n', system).catch(() => ({ rules: [] }))).rules,
      ];
      const since = (await get('clusterrolebinding', `meet-${part}`)).metadata.creationTimestamp;
      const started = (await get('pods', '-n', system, '-l', `meetoperator.io/component=${part}`)).map(pod => pod.status.startTime);
      const { used, forbidden } = await rightsUsed(`system:serviceaccount:${system}:meet-${part}`, [since, ...started].sort().at(-1));
      assert.deepEqual([...forbidden].sort(), [], 'rights that were requested but not granted');
      const granted = rightsOf(rules);
      assert.deepEqual(granted.filter(right => !used.has(right) && ![...REQUIRED_BY_ADMISSION, ...RARELY_USED].includes(right)).sort(), [], 'rights that were granted but never used');
    });
  }

  it('rights on Secrets are limited to namespaces, according to kubectl auth can-i', { timeout: 60_000 }, async () => {
    const canI = async (part, verb, where) => (await kubectl('auth', 'can-i', verb, 'secrets', ...where, `--as=system:serviceaccount:${system}:meet-${part}`).catch(({ stdout, message }) => stdout ?? message)).trim();
    for (const part of ['operator', 'signaling']) {
      for (const verb of ['get', 'list', 'watch', 'patch', 'update', 'delete']) {
        for (const where of [['--all-namespaces'], ['-n', 'kube-system'], ['-n', others]]) assert.match(await canI(part, verb, where), /^no|no$/m, `${part} ${verb} ${where.join(' ')}`);
      }
    }
    assert.match(await canI('operator', 'get', ['-n', namespace]), /^yes/, 'the namespace of a tenant that binds the operator');
  });

  it('media nodes mount no service account token', async () => {
    for (const pod of await get('pods', '-A', '-l', 'meetoperator.io/component=media-node')) {
      assert.equal(pod.spec.automountServiceAccountToken, false, pod.metadata.name);
      assert.ok(!(pod.spec.volumes ?? []).some(volume => volume.projected || volume.secret), pod.metadata.name);
    }
  });
});
