// The chart on a real API server: the golden cases, the manifest, the documented commands, and the call of `helm test`.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../e2e/support/product.mjs';
import { deleteTenant } from './support/cluster-room.mjs';
import { chart, documents, helm, release, system } from './support/helm.mjs';
import { get, kubectl, ready, run, until } from './support/kubectl.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const golden = `${root}tests/golden/chart`;

// Kinds of other products, which are not installed on this cluster.
const FOREIGN = ['Certificate', 'Issuer', 'HTTPRoute', 'PodMonitor'];

const dryRun = text => run('kubectl', ['apply', '--dry-run=server', '--validate=false', '-f', '-'], text);

// Creates the namespaces that the rendered objects use, because a dry run does not create them.
async function inNamespaces(parts, work) {
  const named = new Set(parts.map(part => /^ {2}namespace: "?([^"\n]+)"?$/m.exec(part.text)?.[1]).filter(Boolean));
  const existing = new Set((await get('namespaces')).map(item => item.metadata.name));
  const missing = [...named].filter(name => !existing.has(name));
  for (const name of missing) await kubectl('create', 'namespace', name);
  try {
    await work();
  } finally {
    if (missing.length > 0) await kubectl('delete', 'namespace', ...missing, '--timeout=60s');
  }
}

describe('a real API server', () => {
  for (const name of readdirSync(golden)) {
    it(`the API server accepts the golden case ${name}`, { timeout: 120_000 }, async () => {
      const text = await helm('template', 'dry', chart, '-n', system, '--no-hooks', '--kube-version', '1.20.2', '--values', `${golden}/${name}/values.yaml`);
      const parts = documents(text).filter(part => !FOREIGN.includes(part.kind));
      await inNamespaces(parts, async () => {
        const answer = await dryRun(parts.map(part => part.text).join('\n---\n'));
        assert.equal(answer.trim().split('\n').length, parts.length, answer);
      });
    });
  }

  it('the API server accepts the output of ./meet manifest with its namespace', { timeout: 120_000 }, async () => {
    // In a separate namespace, because the objects would otherwise be merged with the installed release.
    const namespace = 'meet-plain';
    const text = await run('env', [`MEET_NAMESPACE=${namespace}`, './meet', 'manifest', '--kube-version', '1.20.2']);
    assert.match(text, /^kind: Namespace$/m);
    assert.doesNotMatch(text, /helm\.sh\/hook/);
    await run('kubectl', ['apply', '-f', '-'], documents(text).find(part => part.kind === 'Namespace').text);
    try {
      await dryRun(text);
    } finally {
      await kubectl('delete', 'namespace', namespace, '--timeout=60s');
    }
  });
});

describe('the documented commands', () => {
  const [tenant, namespace] = ['acme', 'meet-acme'];
  const commands = text => run('bash', ['-euc', text]);
  after(() => deleteTenant(tenant, namespace));

  it('the commands of the README after helm install work unchanged', { timeout: 120_000 }, async () => {
    const [, block] = /```console\nhelm install [^\n]+\n([\s\S]+?)```/.exec(readFileSync(`${root}README.md`, 'utf8'));
    await commands(block.split('\n').filter(line => !line.startsWith('helm test')).join('\n'));
    await ready('sfupool', 'spare', namespace);
  });

  it('the commands in the notes of the release work unchanged', { timeout: 240_000 }, async () => {
    const notes = await helm('get', 'notes', release, '-n', system);
    const steps = notes.split(/\n{2,}/).filter(part => part.startsWith('kubectl'));
    assert.equal(steps.length, 3);
    const port = await freePort();
    // The nodes of this cluster have no external address.
    const fitted = steps.map(step => step.replace(/^helm test .*$/m, '').replace('8080:', `${port}:`).replace('exposure: {', 'exposure: {addressSource: NodeInternalIP, '));
    for (const step of fitted.slice(0, 2)) await commands(step);
    const open = () => commands(`trap 'kill $!' EXIT\n${fitted[2]}\necho\ncurl --silent --fail --max-time 10 --retry 9 --retry-connrefused --retry-delay 1 --retry-max-time 30 http://localhost:${port}/`);
    // The rotation that runs beside this file kills a Pod of signaling, and kubectl does not forward to another one.
    const output = await open().catch(open);
    assert.match(output, /^\S*\/m\/[0-9a-f-]{36}(?![0-9a-f-])/m, 'the output contains the link to the meeting');
    assert.match(output, /<!doctype html>/i);
  });
});

describe('the installed release', () => {
  it('helm test makes a call through the release and removes its objects', { timeout: 300_000 }, async () => {
    const output = await helm('test', release, '-n', system, '--timeout', '240s');
    assert.match(output, /Phase: +Succeeded/);
    await until(async () => (await get('tenants', '-l', 'app.kubernetes.io/component=test')).length === 0, 'the tenant of the test is deleted', 90_000);
    await until(async () => (await get('namespaces', '-l', 'app.kubernetes.io/component=test')).length === 0, 'the namespace of the test is deleted', 90_000);
  });

  it('every Pod of the release meets the restricted Pod Security Standard', async () => {
    for (const pod of await get('pods', '-n', system, '-l', `app.kubernetes.io/instance=${release}`)) {
      for (const container of pod.spec.containers) {
        assert.equal(container.securityContext.readOnlyRootFilesystem, true, pod.metadata.name);
        assert.equal(container.securityContext.allowPrivilegeEscalation, false, pod.metadata.name);
      }
    }
  });
});
