// Every value of the chart is described and has an effect, and an invalid value is rejected with a message that names it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { leaves } from '../../tools/chart/values.mjs';
import { cases } from './support/cases.mjs';
import { chart, helm, renderText } from './support/helm.mjs';

const schema = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8'));
const defaults = parse(readFileSync(join(chart, 'values.yaml'), 'utf8'));
const get = (object, path) => path.reduce((value, key) => value?.[key], object);

function without(object, [key, ...rest]) {
  const { [key]: value, ...others } = object;
  return rest.length === 0 ? others : { ...others, [key]: without(value, rest) };
}

function* groups(node, path = []) {
  yield { path, node };
  for (const [key, child] of Object.entries(node.properties)) if (child.properties) yield* groups(child, [...path, key]);
}

test('values.yaml and the schema have the same keys and defaults', () => {
  for (const { path, schema: leaf } of leaves(schema)) assert.deepEqual(get(defaults, path), leaf.default, path.join('.'));
  const keys = (object, node) => Object.keys(object).forEach(key => {
    assert.ok(node.properties[key], `${key} of values.yaml is not in the schema`);
    if (node.properties[key].properties) keys(object[key], node.properties[key]);
  });
  keys(defaults, schema);
});

test('every value is described in a sentence', () => {
  for (const { path, schema: leaf } of leaves(schema)) assert.match(leaf.description, /^[A-Z`].{8,}\.$/s, path.join('.'));
});

describe('unknown keys', () => {
  for (const { path } of groups(schema)) {
    test(`an unknown key in ${path.join('.') || 'the top level'} is rejected`, () => {
      const values = path.reduceRight((inner, key) => ({ [key]: inner }), { surprise: 1 });
      assert.throws(() => renderText(values), new RegExp(`${path.join('\\.') || '\\(root\\)'}: Additional property surprise is not allowed`));
    });
  }
});

for (const [what, values, message] of [
  ['text for a number', { operator: { replicas: 'two' } }, /operator\.replicas: Invalid type\. Expected: integer, given: string/],
  ['zero replicas', { signaling: { replicas: 0 } }, /signaling\.replicas: Must be greater than or equal to 1/],
  ['an unknown failure policy', { webhook: { failurePolicy: 'Maybe' } }, /webhook\.failurePolicy: webhook\.failurePolicy must be one of the following: "Fail", "Ignore"/],
  ['an unknown address family', { services: { ipFamilies: ['IPv5'] } }, /services\.ipFamilies\.0: services\.ipFamilies\.0 must be one of the following: "IPv4", "IPv6"/],
  ['a public URL with a path', { publicUrl: 'https://example.com/meet' }, /publicUrl: Does not match pattern/],
  ['a port above 65535', { test: { udpPort: 70000 } }, /test\.udpPort: Must be less than or equal to 65535/],
  ['the tag latest', { image: { tag: 'latest' } }, /image\.tag is latest: set a version/],
  ['two replicas without a database', { signaling: { replicas: 2 } }, /signaling\.replicas is 2: .* set database\.existingSecret and redis\.existingSecret, or set signaling\.replicas to 1/],
  ['two replicas without Redis', { signaling: { replicas: 2 }, database: { existingSecret: 'db' } }, /set database\.existingSecret and redis\.existingSecret/],
  ['an Ingress without a host', { ingress: { enabled: true } }, /ingress\.enabled requires ingress\.host/],
  ['a route without a Gateway', { gateway: { enabled: true, host: 'a.example' } }, /gateway\.enabled requires gateway\.host and gateway\.parentRefs/],
  ['a certificate without a webhook', { webhook: { enabled: false, certManager: { enabled: true } } }, /webhook\.certManager\.enabled requires webhook\.enabled/],
]) {
  test(`${what} is rejected with the name of the value`, () => assert.throws(() => renderText(values), message));
}

describe('the values', () => {
  for (const { path, schema: leaf } of leaves(schema).filter(({ path: [first] }) => first !== 'global')) {
    test(`the value ${path.join('.')} changes the rendered chart`, () => {
      const using = cases.filter(each => get(each.values, path) !== undefined && JSON.stringify(get(each.values, path)) !== JSON.stringify(leaf.default));
      assert.ok(using.length > 0, 'no case in tests/golden/chart sets it to a value other than its default');
      const withoutKeys = text => text.replace(/^( +(?:control-key|signing-key|key): )\S{50,}$/gm, '$1').replace(/(name: MEET_API_KEY\n +value: )\S+/g, '$1');
      assert.ok(using.some(each => {
        const { code, out } = helm(['template', 'meet', chart, '-n', 'meet-system', '-f', '-', ...each.args], JSON.stringify(without(each.values, path)));
        return code !== 0 || withoutKeys(out) !== withoutKeys(each.text());
      }), 'the value has no effect on the rendered chart');
    });
  }
});
