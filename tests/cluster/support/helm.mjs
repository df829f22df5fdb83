// Helm, and the release under test.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from './kubectl.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const bundled = fileURLToPath(new URL('../node_modules/.bin/helm', import.meta.url));

export const chart = `${root}charts/meet-operator`;
export const release = 'meet';
export const system = 'meet-system';
export const values = `${root}tests/cluster/manifests/values.yaml`;

export const helm = (...args) => run(existsSync(bundled) ? bundled : 'helm', args);

/** Installs or upgrades the release. Helm would reject the CEL rules of the CRDs by the schema of API server 1.20, so the validation is off. */
export const upgrade = (from = chart, ...args) =>
  helm('upgrade', '--install', release, from, '-n', system, '--values', values, '--disable-openapi-validation', '--wait', '--timeout', '180s', ...args);

/** The objects in the output of Helm: kind, name and text of each. */
export const documents = text => text.split(/^---$/m)
  .map(part => ({ kind: /^kind: (\S+)$/m.exec(part)?.[1], name: /^ {2}name: (\S+)$/m.exec(part)?.[1], text: part }))
  .filter(part => part.kind !== undefined);
