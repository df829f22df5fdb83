// Helm and the release that the tests look at.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from './kubectl.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const carried = fileURLToPath(new URL('../node_modules/.bin/helm', import.meta.url));

export const chart = `${root}charts/meet-operator`;
export const release = 'meet';
export const system = 'meet-system';
export const values = `${root}tests/cluster/manifests/values.yaml`;

export const helm = (...args) => run(existsSync(carried) ? carried : 'helm', args);

/** Installs or upgrades the release; the API server of 1.20 does not know the CRDs' own rules, so its schema of CRDs is not asked. */
export const upgrade = (from = chart, ...args) =>
  helm('upgrade', '--install', release, from, '-n', system, '--values', values, '--disable-openapi-validation', '--wait', '--timeout', '180s', ...args);

/** The objects of a render as texts, with the kind of each. */
export const documents = text => text.split(/^---$/m)
  .map(part => ({ kind: /^kind: (\S+)$/m.exec(part)?.[1], name: /^ {2}name: (\S+)$/m.exec(part)?.[1], text: part }))
  .filter(part => part.kind !== undefined);
