// The cases in tests/golden/chart: one folder per case, with values.yaml, more arguments for Helm, and the expected output.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { objectsOf, renderText, root } from './helm.mjs';

const folder = join(root, 'tests/golden/chart');

export const cases = readdirSync(folder).sort().map(name => {
  const values = parse(readFileSync(join(folder, name, 'values.yaml'), 'utf8'), { merge: true }) ?? {};
  const args = readFileSync(join(folder, name, 'arguments'), 'utf8').trim().split(/\s+/);
  let text;
  const rendered = () => (text ??= renderText(values, args));
  return { name, values, args, expected: join(folder, name, 'expected.yaml'), text: rendered, objects: () => objectsOf(rendered()) };
});

export const caseNamed = name => cases.find(candidate => candidate.name === name);
