// What cannot work, before a real API server, scheduler and kubelet: it is refused naming the field, or a condition and an event say what to do, and doing it helps.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { forget } from './support/cluster-room.mjs';
import { apply, get, kubectl, openProxy, ready, until } from './support/kubectl.mjs';

const group = 'meetoperator.io/v1alpha1';
const name = `bad-${randomUUID().slice(0, 8)}`;
const namespace = `meet-${name}`;
const limits = { timeout: 300_000 };
const pool = (name, port, rest = {}) => ({ apiVersion: group, kind: 'SfuPool', metadata: { name, namespace }, spec: { replicas: 1, exposure: { addressSource: 'NodeInternalIP', portRange: { min: port, max: port } }, ...rest } });
const condition = (object, type) => object.status.conditions?.find(one => one.type === type);
const where = namespaced => (namespaced ? ['-n', namespaced] : []);

/** Waits until the object is stalled for that reason, with all these words in its message, and an event says the same. */
async function stalled(kind, object, namespaced, reason, ...words) {
  let last;
  await until(async () => condition(last = await get(kind, object, ...where(namespaced)), 'Stalled')?.reason === reason, `${kind} ${object} is stalled by ${reason}`, 60_000)
    .catch(error => { throw new Error(`${error.message}; it says ${JSON.stringify(last.status)}`); });
  for (const word of words) assert.ok(last.status.message.includes(word), `"${last.status.message}" says "${word}"`);
  assert.notEqual(condition(last, 'Ready')?.status, 'True');
  await until(async () => (await get('events', '-A', '--field-selector', `reason=${reason},type=Warning,involvedObject.name=${object}`)).length > 0, `an event of ${object} says ${reason}`, 90_000);
  return last;
}

async function patch(kind, object, spec) {
  await kubectl('patch', kind, object, '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec }));
}

before(async () => {
  await apply({ apiVersion: group, kind: 'Tenant', metadata: { name }, spec: { namespace } });
  await ready('tenant', name);
});
after(() => forget(name, namespace));

describe('a golden case', () => {
  const cases = fileURLToPath(new URL('../golden/crds', import.meta.url));
  const plurals = { meeting: 'meetings', sfupool: 'sfupools', tenant: 'tenants' };
  // No tenant's: there the webhook would fill in what is missing.
  const nobodys = `${name}-nobodys`;
  let proxy;
  before(async () => {
    proxy = await openProxy();
    await kubectl('create', 'namespace', nobodys);
  });
  after(async () => {
    proxy?.close();
    await kubectl('delete', 'namespace', nobodys, '--wait=false');
  });

  for (const [kind, plural] of Object.entries(plurals)) {
    for (const verdict of ['valid', 'invalid']) {
      it(`of a ${verdict} ${kind} gets its verdict from schema and webhook together`, limits, async () => {
        for (const file of readdirSync(`${cases}/${kind}/${verdict}`)) {
          const text = readFileSync(`${cases}/${kind}/${verdict}/${file}`, 'utf8');
          const [document, ...more] = parseAllDocuments(text).map(one => one.toJS());
          if (more.length > 0) continue; // A change of what is stored: nothing may be stored here.
          document.metadata = { ...document.metadata, name: `case-${randomUUID().slice(0, 8)}`, ...(kind === 'tenant' ? {} : { namespace: nobodys }) };
          const answer = await fetch(`${proxy.url}/apis/${group}/${kind === 'tenant' ? '' : `namespaces/${nobodys}/`}${plural}?dryRun=All`, {
            method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(document),
          });
          const { message } = await answer.json();
          if (verdict === 'valid') {
            assert.equal(answer.status, 201, `${file}: ${message}`);
          } else {
            assert.ok(answer.status >= 400 && answer.status < 500, `${file} is taken`);
            // An API server as old as this one does not say which element of a list it means.
            const field = /^# field: (.+)$/m.exec(text)[1].trim();
            assert.ok([field, field.replace(/\[\d+\]/g, '')].some(path => message.includes(path)), `${file}: "${message}" names ${field}`);
          }
        }
      });
    }
  }
});

describe('a pool', () => {
  it('whose image cannot be fetched says which, and works when it is corrected', limits, async () => {
    const image = '127.0.0.1:9/nowhere/media-node:1';
    await apply(pool('image', 43810, { image }));
    await stalled('sfupool', 'image', namespace, 'ImageUnavailable', `image ${image} cannot be pulled`, 'spec.image');
    const [node] = await get('sfunodes', '-n', namespace, '-l', 'meetoperator.io/sfupool=image');
    assert.equal(condition(node, 'Stalled').reason, 'ImageUnavailable');

    await patch('sfupool', 'image', { image: null });
    await ready('sfupool', 'image', namespace);
  });

  it('that asks for an image of a repository that is not allowed is refused, and told what is', limits, async () => {
    await assert.rejects(() => apply(pool('evil', 43812, { image: 'evil.example/miner:1' })), /spec.image: repository evil.example\/miner is not allowed; allowed: localhost\/meet-operator\/media-node/);
  });

  it('whose ports others use says so, and works on other ports', limits, async () => {
    const taken = 43820;
    await apply(...['n1', 'n2'].map(nodeName => ({
      apiVersion: 'v1', kind: 'Pod', metadata: { name: `holds-${nodeName}`, namespace },
      spec: {
        nodeName, terminationGracePeriodSeconds: 0,
        containers: [{ name: 'one', image: 'localhost/meet-test/stores:dev', imagePullPolicy: 'Never', command: ['redis-server'], ports: [{ containerPort: taken, hostPort: taken, protocol: 'UDP' }] }],
      },
    })));
    await apply(pool('ports', taken));
    await stalled('sfupool', 'ports', namespace, 'PortsTaken', `UDP ports ${taken} are taken`, 'spec.exposure.portRange');

    await patch('sfupool', 'ports', { exposure: { portRange: { min: 43821, max: 43821 } } });
    await ready('sfupool', 'ports', namespace);

    await assert.rejects(() => apply(pool('again', 43821)), new RegExp(`spec.exposure.portRange: ports 43821-43821 belong to SfuPool ${namespace}/ports`));
  });

  it('whose Pods fit nowhere, or are too many for the namespace, says what to change', limits, async () => {
    await apply(pool('nowhere', 43830, { template: { nodeSelector: { gpu: 'yes' } } }));
    await stalled('sfupool', 'nowhere', namespace, 'Unschedulable', 'nodeSelector', '0/2 nodes are available');
    await patch('sfupool', 'nowhere', { template: { nodeSelector: null } });
    await ready('sfupool', 'nowhere', namespace);

    await apply({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'small', namespace }, spec: { hard: { pods: '1' } } });
    await until(async () => (await get('resourcequota', 'small', '-n', namespace)).status?.used?.pods !== undefined, 'the quota is counted', 90_000);
    await apply(pool('many', 43840));
    await stalled('sfupool', 'many', namespace, 'QuotaExceeded', `ResourceQuota of namespace ${namespace}`, 'spec.replicas');
    await kubectl('delete', 'resourcequota', 'small', '-n', namespace);
    await ready('sfupool', 'many', namespace);
  });
});

describe('a tenant', () => {
  const theirs = `${name}-theirs`;
  const thief = `${name}-thief`;
  after(() => forget(thief, theirs));

  it('whose namespace is somebody else’s gets nothing of it, and is told how to be given it', limits, async () => {
    await kubectl('create', 'namespace', theirs);
    await apply({ apiVersion: group, kind: 'Tenant', metadata: { name: thief }, spec: { namespace: theirs } });
    await stalled('tenant', thief, null, 'NamespaceForeign', `kubectl label namespace ${theirs} meetoperator.io/tenant=${thief}`);
    const { metadata } = await get('namespace', theirs);
    assert.equal(metadata.ownerReferences, undefined);
    assert.equal(metadata.labels?.['meetoperator.io/tenant'], undefined);
  });

  it('gets no meeting in the namespace of another', limits, async () => {
    await apply({ apiVersion: group, kind: 'Meeting', metadata: { name: 'intruder', namespace }, spec: { tenantRef: { name: thief } } });
    const refused = await stalled('meeting', 'intruder', namespace, 'TenantMismatch', `create the meeting in namespace ${theirs}`);
    assert.deepEqual(refused.status.assignments ?? [], []);
    await kubectl('delete', 'meeting', 'intruder', '-n', namespace, '--timeout=30s');
  });
});
