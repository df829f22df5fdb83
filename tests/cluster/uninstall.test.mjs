// Removes the release. `./meet cluster install` installs it again.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { helm, release, system, upgrade } from './support/helm.mjs';
import { apply, get, kubectl, ready, until } from './support/kubectl.mjs';

const group = 'meetoperator.io/v1alpha1';

describe('uninstall', () => {
  it('uninstall keeps only CRDs and user objects, which can then be deleted', { timeout: 600_000 }, async () => {
    if (JSON.parse(await helm('list', '-n', system, '--filter', `^${release}$`, '-o', 'json')).length === 0) await upgrade();
    const name = 'left-behind';
    const namespace = `meet-${name}`;
    await apply({ apiVersion: group, kind: 'Tenant', metadata: { name }, spec: { namespace } });
    await ready('tenant', name);
    await apply(
      { apiVersion: group, kind: 'SfuPool', metadata: { name: 'pool', namespace }, spec: { replicas: 2, exposure: { addressSource: 'NodeInternalIP', portRange: { min: 43300, max: 43303 } } } },
      { apiVersion: group, kind: 'TurnPool', metadata: { name: 'relays', namespace }, spec: { exposure: { addressSource: 'NodeInternalIP' } } },
      ...['one', 'two', 'three'].map(title => ({ apiVersion: group, kind: 'Meeting', metadata: { name: title, namespace }, spec: { tenantRef: { name }, title } })),
    );
    await ready('sfupool', 'pool', namespace);
    for (const title of ['one', 'two', 'three']) await ready('meeting', title, namespace);

    const kinds = async (scope, others) => (await kubectl('api-resources', `--namespaced=${scope}`, '--verbs=list', '-o', 'name')).trim().split('\n').filter(kind => !others.test(kind)).join();
    const [namespaced, whole] = [await kinds(true, /^(events|endpoints|pods\.metrics)/), await kinds(false, /customresourcedefinitions|componentstatuses|^namespaces$/)];
    const isOfRelease = ({ metadata }) => metadata.labels?.['app.kubernetes.io/instance'] === release || new RegExp(`^(${release}-(?!database|redis)|meet-operator$)`).test(metadata.name);
    const remaining = async () => [...await get(namespaced, '-n', system), ...await get(whole)].filter(object => isOfRelease(object) && !object.metadata.name.includes(namespace)).map(object => `${object.kind}/${object.metadata.name}`);
    assert.ok((await remaining()).length > 10, 'the release has objects');

    await helm('uninstall', release, '-n', system, '--timeout', '180s');

    for (const kind of ['tenants', 'meetings', 'sfupools', 'sfunodes', 'turnpools']) assert.ok((await get(kind, '-A')).length > 0, `${kind} are kept`);
    await until(async () => (await remaining()).length === 0, 'all objects of the release are deleted', 90_000).catch(async error => { throw new Error(`${error.message}: ${(await remaining()).join(' ')}`); });

    // Deletes the kept objects in a random order. No controller runs that could remove finalizers.
    const left = [];
    left.push(['tenant', name]);
    for (const kind of ['sfupools', 'meetings', 'sfunodes', 'turnpools']) for (const object of await get(kind, '-n', namespace)) left.push([kind, object.metadata.name, namespace]);
    for (let i = left.length - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1));
      [left[i], left[j]] = [left[j], left[i]];
    }
    for (const [kind, object, where] of left) await kubectl('delete', kind, object, ...(where ? ['-n', where] : []), '--ignore-not-found', '--timeout=60s');
    await until(async () => (await get('pods', '-n', namespace, '-l', 'meetoperator.io/component in (media-node,turn)')).length === 0, 'media nodes and relays are deleted with their owners', 120_000);
    await kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--timeout=120s');
    assert.equal((await get('customresourcedefinitions')).filter(crd => crd.spec.group === 'meetoperator.io').length, 5);
  });
});
