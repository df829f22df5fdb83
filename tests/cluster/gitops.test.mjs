// GitOps tools find no differences after everything has been applied, however often the operator reconciles.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { after, describe, it } from 'node:test';
import { kstatus } from '../chart/support/kstatus.mjs';
import { deleteTenant } from './support/cluster-room.mjs';
import { documents, helm, release, system } from './support/helm.mjs';
import { apply, get, kubectl, ready, run, until } from './support/kubectl.mjs';

const KUBECONFIG = process.env.KUBECONFIG ?? '/run/meet-cluster/admin.kubeconfig';

/** The output of `kubectl diff`; empty without differences. */
function difference(text) {
  const answer = spawnSync('kubectl', ['diff', '-f', '-'], { input: text, encoding: 'utf8', env: { ...process.env, KUBECONFIG }, timeout: 120_000, maxBuffer: 1 << 26 });
  assert.ok(answer.status === 0 || answer.status === 1, answer.stderr);
  return answer.stdout;
}

/** The number of reconciles of a controller, from the metrics of the operator. */
async function reconciles(controller) {
  let sum = 0;
  for (const pod of await get('pods', '-n', system, '-l', 'meetoperator.io/component=operator')) {
    if (!pod.status.podIP) continue;
    const page = await fetch(`http://${pod.status.podIP}:8081/metrics`).then(answer => answer.text());
    for (const [, value] of page.matchAll(new RegExp(`^meet_kube_reconcile\\w*_(?:total|count)\\{[^}]*"${controller}"[^}]*\\} (\\d+)`, 'gm'))) sum += Number(value);
  }
  return sum;
}

describe('kubectl diff', () => {
  const name = `gitops-${randomUUID().slice(0, 8)}`;
  const namespace = `meet-${name}`;
  const group = 'meetoperator.io/v1alpha1';
  const tenant = { apiVersion: group, kind: 'Tenant', metadata: { name }, spec: { namespace, displayName: 'GitOps' } };
  const pool = { apiVersion: group, kind: 'SfuPool', metadata: { name: 'main', namespace }, spec: { replicas: 1, exposure: { addressSource: 'NodeInternalIP', portRange: { min: 43700, max: 43703 } } } };
  const meeting = { apiVersion: group, kind: 'Meeting', metadata: { name: 'standup', namespace }, spec: { tenantRef: { name }, title: 'Standup', maxParticipants: 20 } };

  after(() => deleteTenant(name, namespace));

  it('kubectl diff is empty for the product\'s kinds after ten more reconciles of each', { timeout: 300_000 }, async () => {
    await apply(tenant);
    await ready('tenant', name);
    await apply(pool);
    const created = JSON.parse(await run('kubectl', ['apply', '-o', 'json', '-f', '-'], JSON.stringify(meeting)));
    assert.equal(kstatus(created), 'InProgress', 'an object that was not observed yet is in progress');
    await ready('sfupool', 'main', namespace);
    await ready('meeting', 'standup', namespace);
    const before = await Promise.all(['tenant', 'sfupool', 'meeting'].map(reconciles));
    const enough = async () => (await Promise.all(['tenant', 'sfupool', 'meeting'].map(reconciles))).every((count, index) => count >= before[index] + 10);
    // A changed annotation leads to no reconcile, so the spec changes back and forth.
    for (let round = 0; !await enough(); round++) {
      assert.ok(round < 60, `ten reconciles of each kind within ${round} rounds`);
      for (const [kind, object, patch] of [
        ['tenant', tenant, { displayName: `GitOps ${round}` }], ['sfupool', pool, { drain: { deadlineSeconds: 600 + round } }], ['meeting', meeting, { title: `Standup ${round}` }],
      ]) {
        await kubectl('patch', kind, object.metadata.name, ...(object.metadata.namespace ? ['-n', namespace] : []), '--type=merge', '-p', JSON.stringify({ spec: patch }));
      }
    }
    await apply(tenant, pool, meeting);
    await kubectl('patch', 'sfupool', 'main', '-n', namespace, '--type=merge', '-p', '{"spec":{"drain":null}}');
    await until(async () => (await get('meeting', 'standup', '-n', namespace)).status.observedGeneration === (await get('meeting', 'standup', '-n', namespace)).metadata.generation, 'the operator has observed the last change');
    assert.equal(kstatus(await get('meeting', 'standup', '-n', namespace)), 'Current');
    assert.equal(difference([tenant, pool, meeting].map(object => JSON.stringify(object)).join('\n')), '');
  });

  it('kubectl diff is empty for the installed release, because the chart omits the fields that the operator writes', { timeout: 120_000 }, async () => {
    const manifest = await helm('get', 'manifest', release, '-n', system);
    assert.equal(difference(manifest), '');
    assert.ok(documents(manifest).some(part => part.kind === 'ValidatingWebhookConfiguration'));
    assert.notEqual((await get('validatingwebhookconfiguration', 'meet-webhook')).webhooks[0].clientConfig.caBundle ?? '', '', 'the operator writes the CA bundle');
  });
});
