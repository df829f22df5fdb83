// How GitOps tools judge the health of the product's objects. The objects in tests/golden/health are written by the operator (by GoldenHealthTests);
// results.yaml beside them contains the expected result of each tool.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { chart, root } from './support/helm.mjs';
import { kstatus } from './support/kstatus.mjs';
import { health } from './support/lua.mjs';

const folder = join(root, 'tests/golden/health');

for (const kind of ['Meeting', 'SfuPool', 'SfuNode', 'Tenant', 'TurnPool']) {
  describe(kind, () => {
    const own = join(folder, kind.toLowerCase());
    const results = parse(readFileSync(join(own, 'results.yaml'), 'utf8'));
    const script = readFileSync(join(chart, `argocd/meetoperator.io/${kind}/health.lua`), 'utf8');
    const names = readdirSync(own).filter(file => file !== 'results.yaml').map(file => file.replace('.yaml', ''));

    test(`every ${kind} has an expected result, and every expected result has an object`, () => assert.deepEqual(Object.keys(results).sort(), names.sort()));

    for (const name of names) {
      const object = parse(readFileSync(join(own, `${name}.yaml`), 'utf8'));
      test(`kstatus computes ${results[name].kstatus} for ${kind} ${name}`, () => assert.equal(kstatus(object), results[name].kstatus));
      test(`Argo CD computes ${results[name].argocd} with a message for ${kind} ${name}`, () => {
        const seen = health(script, object);
        assert.equal(seen.status, results[name].argocd);
        assert.ok(seen.message.length > 0);
      });
    }

    test(`a ${kind} that the operator has not observed counts as in progress`, () => {
      const definition = parse(readFileSync(join(chart, `files/crds/${kind.toLowerCase()}s.meetoperator.io.yaml`), 'utf8'));
      const status = definition.spec.versions[0].schema.openAPIV3Schema.properties.status.default;
      const unseen = { metadata: { generation: 1 }, spec: {}, status };
      assert.equal(kstatus(unseen), 'InProgress');
      assert.equal(health(script, unseen).status, 'Progressing');
      assert.equal(health(script, { ...unseen, status: undefined }).status, 'Progressing');
    });
  });
}
