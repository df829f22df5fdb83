// The programs must read every variable that the templates set, because they ignore unknown variables.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { cases } from './support/cases.mjs';
import { podsOf, root } from './support/helm.mjs';

const SOURCES = { operator: 'operator/MeetOperator.Operator', signaling: 'signaling/MeetOperator.Signaling', call: 'media-node/MeetOperator.Probe' };

function variablesRead(folder) {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', `${folder}/*.cs`], { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);
  return new Set(files.flatMap(file => readFileSync(join(root, file), 'utf8').match(/"(MEET_[A-Z_]+)"/g) ?? []).map(text => text.slice(1, -1)));
}

for (const [container, folder] of Object.entries(SOURCES)) {
  test(`${container} reads every variable that the chart gives it`, () => {
    const given = new Set(cases.flatMap(each => podsOf(each.objects()))
      .flatMap(pod => pod.spec.containers)
      .filter(candidate => candidate.name === container)
      .flatMap(candidate => candidate.env ?? [])
      .map(variable => variable.name)
      .filter(name => name.startsWith('MEET_')));
    assert.ok(given.size > 0);
    const read = variablesRead(folder);
    assert.deepEqual([...given].filter(name => !read.has(name)), []);
  });
}

test('every variable of the chart is documented in docs/configuration.md', () => {
  const page = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
  const given = new Set(cases.flatMap(each => [...each.text().matchAll(/name: (MEET_(?!API_KEY|PROBE)[A-Z_]+)/g)].map(match => match[1])));
  assert.deepEqual([...given].filter(name => !page.includes(`\`${name}\``)), []);
});
