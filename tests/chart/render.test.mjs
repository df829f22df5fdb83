// Compares the rendered chart with golden files. MEET_UPDATE_GOLDEN=1 updates the golden files.
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { cases, caseNamed } from './support/cases.mjs';
import { chart, helm, named, podsOf, render, renderText, root } from './support/helm.mjs';

// Random keys differ in every render. The CRDs are compared once, with crds/, in a test below.
const comparable = text => text.split(/^---$/m)
  .map(part => (/^kind: CustomResourceDefinition$/m.test(part) ? part.replace(/^spec:[\s\S]*/m, '') : part))
  .join('---')
  .replace(/^( +(?:control-key|signing-key|key): )\S{50,}$/gm, '$1(random)')
  .replace(/(name: MEET_API_KEY\n +value: )\S+/g, '$1(random)');

for (const each of cases) {
  test(`the case ${each.name} renders its golden file`, () => {
    const actual = comparable(each.text());
    if (process.env.MEET_UPDATE_GOLDEN === '1') writeFileSync(each.expected, actual);
    assert.ok(existsSync(each.expected), `${each.expected} is missing; create it with MEET_UPDATE_GOLDEN=1`);
    assert.equal(actual, readFileSync(each.expected, 'utf8'));
  });

  test(`the case ${each.name} passes helm lint --strict`, () => {
    const { code, out, err } = helm(['lint', '--strict', chart, '-f', '-'], JSON.stringify(each.values));
    assert.equal(code, 0, out + err);
  });
}

for (const plural of ['meetings', 'sfunodes', 'sfupools', 'tenants', 'turnpools']) {
  test(`the CRD of ${plural} equals the generated one and is kept on uninstall`, () => {
    const rendered = named(caseNamed('minimal').objects(), 'CustomResourceDefinition', `${plural}.meetoperator.io`);
    const source = parse(readFileSync(join(root, `crds/${plural}.meetoperator.io.yaml`), 'utf8'));
    assert.deepEqual(rendered.spec, source.spec);
    assert.equal(rendered.metadata.annotations['helm.sh/resource-policy'], 'keep');
  });
}

test('with crds.keep false, uninstall removes the CRDs', () => {
  const crd = named(caseNamed('everything').objects(), 'CustomResourceDefinition', 'meetings.meetoperator.io');
  assert.equal(crd.metadata.annotations, undefined);
});

test('a PodDisruptionBudget has the API version that the cluster serves', () => {
  const versions = text => [...text.matchAll(/apiVersion: (policy\/\w+)/g)].map(match => match[1]);
  assert.deepEqual(versions(renderText({}, ['--kube-version', '1.20.2'])), ['policy/v1beta1']);
  assert.deepEqual(versions(renderText({}, ['--kube-version', '1.31.0'])), ['policy/v1']);
});

test('the Services have both address families where the cluster has them, and their Pods accept both', () => {
  const objects = render({});
  const families = all => all.filter(object => object.kind === 'Service').map(({ metadata, spec }) => [metadata.name, spec.ipFamilyPolicy, spec.ipFamilies]);
  assert.deepEqual(families(objects), [['meet-signaling', 'PreferDualStack', undefined], ['meet-webhook', 'PreferDualStack', undefined]]);
  const chosen = { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6'] };
  assert.deepEqual(families(render({ services: chosen })), [['meet-signaling', 'SingleStack', ['IPv6']], ['meet-webhook', 'SingleStack', ['IPv6']]]);
  const addresses = podsOf(objects).flatMap(pod => pod.spec.containers).flatMap(container => container.env ?? []).filter(({ name, value }) => name.endsWith('_ADDRESS') && value !== undefined);
  assert.deepEqual(new Set(addresses.map(({ value }) => value.replace(/:\d+$/, ''))), new Set(['[::]']));
});

test('topology spread ignores the Pods of the previous revision on clusters with matchLabelKeys', () => {
  assert.doesNotMatch(renderText({}, ['--kube-version', '1.20.2']), /matchLabelKeys/);
  assert.match(renderText({}, ['--kube-version', '1.31.0']), /matchLabelKeys: \[pod-template-hash\]/);
});

test('finalizers can be removed while the webhook does not respond, also on old clusters', () => {
  const updates = version => named(render({ webhook: { failurePolicy: 'Fail' } }, ['--kube-version', version]), 'ValidatingWebhookConfiguration', 'meet-webhook')
    .webhooks.filter(entry => entry.rules.some(rule => rule.operations.includes('UPDATE')));
  assert.deepEqual(updates('1.20.2').map(entry => [entry.failurePolicy, entry.matchConditions]), [['Ignore', undefined]]);
  assert.deepEqual(updates('1.27.9').map(entry => [entry.failurePolicy, entry.matchConditions]), [['Ignore', undefined]]);
  const [entry, ...others] = updates('1.31.0');
  assert.deepEqual([entry.failurePolicy, others], ['Fail', []]);
  assert.match(entry.matchConditions[0].expression, /object\.spec != oldObject\.spec/);
});

test('one replica has no PodDisruptionBudget, because it would block every drain', () => {
  assert.equal(render({ operator: { replicas: 1 } }).some(object => object.kind === 'PodDisruptionBudget'), false);
});

test('Pods of signaling are safe to evict only when there are several replicas', () => {
  const shared = { database: { existingSecret: 'db' }, redis: { existingSecret: 'redis' } };
  const marks = replicas => named(render({ ...shared, signaling: { replicas } }), 'Deployment', 'meet-signaling').spec.template.metadata.annotations?.['cluster-autoscaler.kubernetes.io/safe-to-evict'];
  assert.deepEqual([1, 2].map(marks), [undefined, 'true']);
});

// Helm prints notes only with a cluster, so a copy of the chart renders them into an object.
function notes(values) {
  const copy = mkdtempSync(join(tmpdir(), 'notes-'));
  try {
    cpSync(chart, copy, { recursive: true });
    writeFileSync(join(copy, 'templates/noted.yaml'), 'kind: Notes\nmetadata: {name: notes}\ntext: {{ include "meet.notes" . | toJson }}\n');
    const { code, out, err } = helm(['template', 'meet', copy, '-n', 'meet-system', '-s', 'templates/noted.yaml', '-f', '-'], JSON.stringify(values));
    assert.equal(code, 0, err);
    return parse(out).text;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

test('the notes contain three steps with the names of the release', () => {
  const text = notes({});
  assert.deepEqual([...text.matchAll(/^(\d)\. /gm)].map(match => match[1]), ['1', '2', '3']);
  assert.match(text, /rollout status deployment\/meet-operator .*\n.*rollout status deployment\/meet-signaling /);
  assert.match(text, /helm test meet -n meet-system/);
  assert.match(text, /port-forward service\/meet-signaling 8080:80/);
});

test('the objects in the notes are a Tenant, its SfuPool and its Meeting', () => {
  const objects = [...notes({}).matchAll(/<<'YAML'\n([\s\S]*?)\nYAML$/gm)].flatMap(match => parseAllDocuments(match[1]).map(document => document.toJS()));
  assert.deepEqual(objects.map(object => object.kind), ['Tenant', 'SfuPool', 'Meeting']);
  assert.equal(objects[2].spec.tenantRef.name, objects[0].metadata.name);
});

test('the notes depend on the values', () => {
  const text = notes(caseNamed('everything').values);
  assert.doesNotMatch(text, /port-forward|localhost|SQLite/);
  assert.doesNotMatch(notes({ test: { enabled: false } }), /helm test/);
  assert.match(notes({ webhook: { enabled: false } }), /The webhook is off/);
  const ingress = { enabled: true, host: 'meet.example' };
  assert.match(notes({ ingress }), /WARNING: signaling\.trustedProxies is empty/);
  assert.doesNotMatch(notes({ ingress, signaling: { trustedProxies: ['10.0.0.0/8'] } }), /WARNING/);
  assert.doesNotMatch(notes({}), /WARNING/);
});
