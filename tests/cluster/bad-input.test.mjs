// Invalid objects on a real cluster: they are rejected with the name of the field, or a condition and an event explain the problem and its solution.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { deleteTenant } from './support/cluster-room.mjs';
import { apply, get, kubectl, openProxy, ready, until } from './support/kubectl.mjs';

const group = 'meetoperator.io/v1alpha1';
const name = `bad-${randomUUID().slice(0, 8)}`;
const namespace = `meet-${name}`;
const options = { timeout: 300_000 };
const pool = (name, port, rest = {}) => ({ apiVersion: group, kind: 'SfuPool', metadata: { name, namespace }, spec: { replicas: 1, exposure: { addressSource: 'NodeInternalIP', portRange: { min: port, max: port } }, ...rest } });
const condition = (object, type) => object.status.conditions?.find(one => one.type === type);
const where = namespaced => (namespaced ? ['-n', namespaced] : []);

/** Waits until the object is stalled for this reason, with these words in its message, and until an event has the same reason. */
async function stalled(kind, object, namespaced, reason, ...words) {
  let last;
  await until(async () => condition(last = await get(kind, object, ...where(namespaced)), 'Stalled')?.reason === reason, `${kind} ${object} is stalled with reason ${reason}`, 60_000)
    .catch(error => { throw new Error(`${error.message}; its status: ${JSON.stringify(last.status)}`); });
  for (const word of words) assert.ok(last.status.message.includes(word), `"${last.status.message}" contains "${word}"`);
  assert.notEqual(condition(last, 'Ready')?.status, 'True');
  await until(async () => (await get('events', '-A', '--field-selector', `reason=${reason},type=Warning,involvedObject.name=${object}`)).length > 0, `an event of ${object} has the reason ${reason}`, 90_000);
  return last;
}

async function patch(kind, object, spec) {
  await kubectl('patch', kind, object, '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec }));
}

before(async () => {
  await apply({ apiVersion: group, kind: 'Tenant', metadata: { name }, spec: { namespace } });
  await ready('tenant', name);
});
after(() => deleteTenant(name, namespace));

describe('the golden cases', () => {
  const cases = fileURLToPath(new URL('../golden/crds', import.meta.url));
  const plurals = { meeting: 'meetings', sfupool: 'sfupools', tenant: 'tenants' };
  // A namespace without a tenant, so that the webhook sets no default for the tenant.
  const tenantless = `${name}-tenantless`;
  let proxy;
  before(async () => {
    proxy = await openProxy();
    await kubectl('create', 'namespace', tenantless);
  });
  after(async () => {
    proxy?.close();
    await kubectl('delete', 'namespace', tenantless, '--wait=false');
  });

  for (const [kind, plural] of Object.entries(plurals)) {
    for (const validity of ['valid', 'invalid']) {
      it(`schema and webhook together ${validity === 'valid' ? 'accept valid' : 'reject invalid'} objects of the kind ${kind}`, options, async () => {
        for (const file of readdirSync(`${cases}/${kind}/${validity}`)) {
          const text = readFileSync(`${cases}/${kind}/${validity}/${file}`, 'utf8');
          const [document, ...more] = parseAllDocuments(text).map(one => one.toJS());
          if (more.length > 0) continue; // cases with two documents test updates, which a dry run cannot do
          document.metadata = { ...document.metadata, name: `case-${randomUUID().slice(0, 8)}`, ...(kind === 'tenant' ? {} : { namespace: tenantless }) };
          const answer = await fetch(`${proxy.url}/apis/${group}/${kind === 'tenant' ? '' : `namespaces/${tenantless}/`}${plural}?dryRun=All`, {
            method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(document),
          });
          const { message } = await answer.json();
          if (validity === 'valid') {
            assert.equal(answer.status, 201, `${file}: ${message}`);
          } else {
            assert.ok(answer.status >= 400 && answer.status < 500, `${file} was accepted`);
            // API server 1.20 does not report the index of a list element.
            const field = /^# field: (.+)$/m.exec(text)[1].trim();
            assert.ok([field, field.replace(/\[\d+\]/g, '')].some(path => message.includes(path)), `${file}: "${message}" names ${field}`);
          }
        }
      });
    }
  }
});

describe('a pool', () => {
  it('a pool with an unavailable image names the image and becomes ready when it is corrected', options, async () => {
    const image = '127.0.0.1:9/nowhere/media-node:1';
    await apply(pool('image', 43810, { image }));
    await stalled('sfupool', 'image', namespace, 'ImageUnavailable', `image ${image} cannot be pulled`, 'spec.image');
    const [node] = await get('sfunodes', '-n', namespace, '-l', 'meetoperator.io/sfupool=image');
    assert.equal(condition(node, 'Stalled').reason, 'ImageUnavailable');

    await patch('sfupool', 'image', { image: null });
    await ready('sfupool', 'image', namespace);
  });

  it('a pool with an image from a repository that is not allowed is rejected with the allowed ones', options, async () => {
    await assert.rejects(() => apply(pool('evil', 43812, { image: 'evil.example/miner:1' })), /spec.image: repository evil.example\/miner is not allowed; allowed: localhost\/meet-operator\/media-node/);
  });

  it('a pool whose ports are in use reports it and becomes ready with other ports', options, async () => {
    const taken = 43820;
    await apply(...['n1', 'n2'].map(nodeName => ({
      apiVersion: 'v1', kind: 'Pod', metadata: { name: `holds-${nodeName}`, namespace },
      spec: {
        nodeName, terminationGracePeriodSeconds: 0,
        containers: [{ name: 'one', image: 'localhost/meet-test/stores:dev', imagePullPolicy: 'Never', command: ['redis-server'], ports: [{ containerPort: taken, hostPort: taken, protocol: 'UDP' }] }],
      },
    })));
    await apply(pool('ports', taken));
    await stalled('sfupool', 'ports', namespace, 'PortsTaken', `UDP ports ${taken} are in use`, 'spec.exposure.portRange');

    await patch('sfupool', 'ports', { exposure: { portRange: { min: 43821, max: 43821 } } });
    await ready('sfupool', 'ports', namespace);

    await assert.rejects(() => apply(pool('again', 43821)), new RegExp(`spec.exposure.portRange: ports 43821-43821 belong to SfuPool ${namespace}/ports`));
  });

  it('a pool with unschedulable Pods or an exceeded quota names the field to change', options, async () => {
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
  const foreign = `${name}-foreign`;
  const claimant = `${name}-claimant`;
  after(() => deleteTenant(claimant, foreign));

  it('a tenant with a foreign namespace does not change it, and its status explains how to claim it', options, async () => {
    await kubectl('create', 'namespace', foreign);
    await apply({ apiVersion: group, kind: 'Tenant', metadata: { name: claimant }, spec: { namespace: foreign } });
    await stalled('tenant', claimant, null, 'NamespaceForeign', `kubectl label namespace ${foreign} meetoperator.io/tenant=${claimant}`);
    const { metadata } = await get('namespace', foreign);
    assert.equal(metadata.ownerReferences, undefined);
    assert.equal(metadata.labels?.['meetoperator.io/tenant'], undefined);
  });

  it('a meeting in the namespace of another tenant is rejected', options, async () => {
    await apply({ apiVersion: group, kind: 'Meeting', metadata: { name: 'intruder', namespace }, spec: { tenantRef: { name: claimant } } });
    const rejected = await stalled('meeting', 'intruder', namespace, 'TenantMismatch', `create the meeting in namespace ${foreign}`);
    assert.deepEqual(rejected.status.assignments ?? [], []);
    await kubectl('delete', 'meeting', 'intruder', '-n', namespace, '--timeout=30s');
  });
});
