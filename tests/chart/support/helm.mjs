// Calls Helm.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const chart = `${root}charts/meet-operator`;
export const HELM = fileURLToPath(new URL('../node_modules/.bin/helm', import.meta.url));

export function helm(args, input) {
  const result = spawnSync(HELM, args, { cwd: root, encoding: 'utf8', input, maxBuffer: 1 << 26, env: { ...process.env, KUBECONFIG: '/nonexistent' } });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

/** The output of `helm template`. It contains random keys, which differ in every render. */
export function renderText(values = {}, args = []) {
  const { code, out, err } = helm(['template', 'meet', chart, '-n', 'meet-system', '-f', '-', ...args], JSON.stringify(values));
  if (code !== 0) throw new Error(err.trim());
  return out;
}

/** The objects of the rendered chart. */
export function render(values, args) {
  return objectsOf(renderText(values, args));
}

export function objectsOf(text) {
  return parseAllDocuments(text).map(document => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS();
  }).filter(object => object !== null);
}

export const named = (objects, kind, name) => {
  const found = objects.filter(object => object.kind === kind && (name === undefined || object.metadata.name === name));
  if (found.length !== 1) throw new Error(`expected one ${kind} ${name ?? ''}, found ${found.length}; objects: ${objects.map(o => `${o.kind}/${o.metadata.name}`).join(' ')}`);
  return found[0];
};

/** The Pod templates in the rendered objects, including hooks: {owner, spec, metadata}. */
export const podsOf = objects => objects.flatMap(object => {
  const owner = `${object.kind}/${object.metadata.name}`;
  if (object.kind === 'Pod') return [{ owner, metadata: object.metadata, spec: object.spec }];
  return object.spec?.template?.spec?.containers ? [{ owner, ...object.spec.template }] : [];
});
