// The values: every one is described, does something, and a wrong one is refused with a message that names it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { leaves } from '../../infra/scripts/chart/values.mjs';
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
    assert.ok(node.properties[key], `${key} of values.yaml is in no schema`);
    if (node.properties[key].properties) keys(object[key], node.properties[key]);
  });
  keys(defaults, schema);
});

test('every value is described, in a sentence', () => {
  for (const { path, schema: leaf } of leaves(schema)) assert.match(leaf.description, /^[A-Z`].{8,}\.$/s, path.join('.'));
});

describe('unknown keys are refused at every level', () => {
  for (const { path } of groups(schema)) {
    test(path.join('.') || '(top)', () => {
      const values = path.reduceRight((inner, key) => ({ [key]: inner }), { surprise: 1 });
      assert.throws(() => renderText(values), new RegExp(`${path.join('\\.') || '\\(root\\)'}: Additional property surprise is not allowed`));
    });
  }
});

for (const [what, values, message] of [
  ['a word for a number', { operator: { replicas: 'two' } }, /operator\.replicas: Invalid type\. Expected: integer, given: string/],
  ['no replica', { signaling: { replicas: 0 } }, /signaling\.replicas: Must be greater than or equal to 1/],
  ['a policy that does not exist', { webhook: { failurePolicy: 'Maybe' } }, /webhook\.failurePolicy: webhook\.failurePolicy must be one of the following: "Fail", "Ignore"/],
  ['a public address with a path', { publicUrl: 'https://example.com/meet' }, /publicUrl: Does not match pattern/],
  ['a port that no computer has', { test: { udpPort: 70000 } }, /test\.udpPort: Must be less than or equal to 65535/],
  ['the tag latest', { image: { tag: 'latest' } }, /image\.tag is latest: name a version/],
  ['two replicas without a database', { signaling: { replicas: 2 } }, /signaling\.replicas is 2: .* set database\.existingSecret and redis\.existingSecret, or one replica/],
  ['two replicas without Redis', { signaling: { replicas: 2 }, database: { existingSecret: 'db' } }, /set database\.existingSecret and redis\.existingSecret/],
  ['an Ingress without a name', { ingress: { enabled: true } }, /ingress\.enabled needs ingress\.host/],
  ['a route without a Gateway', { gateway: { enabled: true, host: 'a.example' } }, /gateway\.enabled needs gateway\.host and gateway\.parentRefs/],
  ['a certificate for no webhook', { webhook: { enabled: false, certManager: { enabled: true } } }, /webhook\.certManager\.enabled needs webhook\.enabled/],
]) {
  test(`${what} is refused with the value's name`, () => assert.throws(() => renderText(values), message));
}

describe('every value does something', () => {
  for (const { path, schema: leaf } of leaves(schema).filter(({ path: [first] }) => first !== 'global')) {
    test(path.join('.'), () => {
      const using = cases.filter(each => get(each.values, path) !== undefined && JSON.stringify(get(each.values, path)) !== JSON.stringify(leaf.default));
      assert.ok(using.length > 0, 'no case of tests/golden/chart sets it to something else than its default');
      const drawn = text => text.replace(/^( +(?:control-key|signing-key|key): )\S{50,}$/gm, '$1').replace(/(name: MEET_API_KEY\n +value: )\S+/g, '$1');
      assert.ok(using.some(each => {
        const { code, out } = helm(['template', 'meet', chart, '-n', 'meet-system', '-f', '-', ...each.args], JSON.stringify(without(each.values, path)));
        return code !== 0 || drawn(out) !== drawn(each.text());
      }), 'without it the same is rendered');
    });
  }
});
