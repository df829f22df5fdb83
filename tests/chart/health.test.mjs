// What GitOps tools make of our objects. The objects of tests/golden/health are what the operator writes (GoldenHealthTests makes them);
// verdicts.yaml beside them says what each tool must see.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { chart, root } from './support/helm.mjs';
import { kstatus } from './support/kstatus.mjs';
import { health } from './support/lua.mjs';

const folder = join(root, 'tests/golden/health');

for (const kind of ['Meeting', 'SfuPool', 'SfuNode', 'Tenant']) {
  describe(kind, () => {
    const own = join(folder, kind.toLowerCase());
    const verdicts = parse(readFileSync(join(own, 'verdicts.yaml'), 'utf8'));
    const script = readFileSync(join(chart, `argocd/meetoperator.io/${kind}/health.lua`), 'utf8');
    const names = readdirSync(own).filter(file => file !== 'verdicts.yaml').map(file => file.replace('.yaml', ''));

    test('every object has its verdicts and every verdict its object', () => assert.deepEqual(Object.keys(verdicts).sort(), names.sort()));

    for (const name of names) {
      const object = parse(readFileSync(join(own, `${name}.yaml`), 'utf8'));
      test(`${name} is ${verdicts[name].kstatus} to kstatus`, () => assert.equal(kstatus(object), verdicts[name].kstatus));
      test(`${name} is ${verdicts[name].argocd} to Argo CD, with a message`, () => {
        const seen = health(script, object);
        assert.equal(seen.status, verdicts[name].argocd);
        assert.ok(seen.message.length > 0);
      });
    }

    test('before the operator has looked nobody calls it done', () => {
      const definition = parse(readFileSync(join(chart, `files/crds/${kind.toLowerCase()}s.meetoperator.io.yaml`), 'utf8'));
      const status = definition.spec.versions[0].schema.openAPIV3Schema.properties.status.default;
      const unseen = { metadata: { generation: 1 }, spec: {}, status };
      assert.equal(kstatus(unseen), 'InProgress');
      assert.equal(health(script, unseen).status, 'Progressing');
      assert.equal(health(script, { ...unseen, status: undefined }).status, 'Progressing');
    });
  });
}
