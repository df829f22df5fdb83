// The chart before a real API server: every golden case, the plain bundle, the commands that people are told, and the call that `helm test` makes.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../e2e/support/product.mjs';
import { forget } from './support/cluster-room.mjs';
import { chart, documents, helm, release, system } from './support/helm.mjs';
import { get, kubectl, ready, run, until } from './support/kubectl.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const golden = `${root}tests/golden/chart`;

// Kinds of other products, which this cluster does not have.
const FOREIGN = ['Certificate', 'Issuer', 'HTTPRoute', 'PodMonitor'];

const accepted = text => run('kubectl', ['apply', '--dry-run=server', '--validate=false', '-f', '-'], text);

// Tenants' namespaces that the release is bound in are there before it; a dry run makes none.
async function inNamespaces(parts, work) {
  const named = new Set(parts.map(part => /^ {2}namespace: "?([^"\n]+)"?$/m.exec(part.text)?.[1]).filter(Boolean));
  const there = new Set((await get('namespaces')).map(item => item.metadata.name));
  const missing = [...named].filter(name => !there.has(name));
  for (const name of missing) await kubectl('create', 'namespace', name);
  try {
    await work();
  } finally {
    if (missing.length > 0) await kubectl('delete', 'namespace', ...missing, '--timeout=60s');
  }
}

describe('a real API server takes', () => {
  for (const name of readdirSync(golden)) {
    it(`the golden case ${name}`, { timeout: 120_000 }, async () => {
      const text = await helm('template', 'dry', chart, '-n', system, '--no-hooks', '--kube-version', '1.20.2', '--values', `${golden}/${name}/values.yaml`);
      const parts = documents(text).filter(part => !FOREIGN.includes(part.kind));
      await inNamespaces(parts, async () => {
        const answer = await accepted(parts.map(part => part.text).join('\n---\n'));
        assert.equal(answer.trim().split('\n').length, parts.length, answer);
      });
    });
  }

  it('the plain bundle of ./meet manifest, its namespace included', { timeout: 120_000 }, async () => {
    // In a namespace of its own: over the installed release it would be merged with that one's values.
    const namespace = 'meet-plain';
    const text = await run('env', [`MEET_NAMESPACE=${namespace}`, './meet', 'manifest', '--kube-version', '1.20.2']);
    assert.match(text, /^kind: Namespace$/m);
    assert.doesNotMatch(text, /helm\.sh\/hook/);
    await run('kubectl', ['apply', '-f', '-'], documents(text).find(part => part.kind === 'Namespace').text);
    try {
      await accepted(text);
    } finally {
      await kubectl('delete', 'namespace', namespace, '--timeout=60s');
    }
  });
});

describe('the first commands', () => {
  const [tenant, namespace] = ['acme', 'meet-acme'];
  const commands = text => run('bash', ['-euc', text]);
  after(() => forget(tenant, namespace));

  it('of the README work as they stand after helm install', { timeout: 120_000 }, async () => {
    const [, block] = /```console\nhelm install [^\n]+\n([\s\S]+?)```/.exec(readFileSync(`${root}README.md`, 'utf8'));
    await commands(block.split('\n').filter(line => !line.startsWith('helm test')).join('\n'));
    await ready('sfupool', 'spare', namespace);
  });

  it('that the release tells after its installation work as they stand', { timeout: 240_000 }, async () => {
    const notes = await helm('get', 'notes', release, '-n', system);
    const steps = notes.split(/\n{2,}/).filter(part => part.startsWith('kubectl'));
    assert.equal(steps.length, 3);
    const port = await freePort();
    // The machines here have no external address.
    const fitted = steps.map(step => step.replace(/^helm test .*$/m, '').replace('8080:', `${port}:`).replace('exposure: {', 'exposure: {addressSource: NodeInternalIP, '));
    for (const step of fitted.slice(0, 2)) await commands(step);
    const said = await commands(`${fitted[2]}\necho\ncurl --silent --fail --retry 9 --retry-connrefused --retry-delay 1 http://localhost:${port}/\nkill %1`);
    assert.match(said, /^\S*\/m\/[0-9a-f-]{36}$/m, 'the link to the meeting');
    assert.match(said, /<!doctype html>/i);
  });
});

describe('the installed release', () => {
  it('makes a call through itself with helm test, and removes what it made for that', { timeout: 300_000 }, async () => {
    const said = await helm('test', release, '-n', system, '--timeout', '240s');
    assert.match(said, /Phase: +Succeeded/);
    assert.equal((await get('tenants', '-l', 'app.kubernetes.io/component=test')).length, 0);
    await until(async () => (await get('namespaces', '-l', 'app.kubernetes.io/component=test')).length === 0, 'its namespace is gone', 90_000);
  });

  it('lets no Pod of its own run without the limits that the restricted profile asks for', async () => {
    for (const pod of await get('pods', '-n', system, '-l', `app.kubernetes.io/instance=${release}`)) {
      for (const container of pod.spec.containers) {
        assert.equal(container.securityContext.readOnlyRootFilesystem, true, pod.metadata.name);
        assert.equal(container.securityContext.allowPrivilegeEscalation, false, pod.metadata.name);
      }
    }
  });
});
