// Every image runs as an unprivileged user, without capabilities and with a read-only root file system.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { imagePrograms } from './support/image-programs.mjs';
import { apply, get, kubectl, run, until } from './support/kubectl.mjs';

const namespace = `images-${randomUUID().slice(0, 8)}`;
const image = part => `localhost/meet-operator/${part}:dev`;
const restricted = {
  runAsNonRoot: true, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' },
};

/** Runs a Pod to completion; returns the state and the log of its container. */
async function runPod(name, container, rest = {}) {
  const spec = { restartPolicy: 'Never', automountServiceAccountToken: false, containers: [{ name: 'one', imagePullPolicy: 'Never', securityContext: restricted, ...container }], ...rest };
  await apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec });
  let state;
  await until(async () => {
    const pod = await get('pod', name, '-n', namespace);
    state = pod.status.containerStatuses?.[0]?.state ?? {};
    return state.terminated !== undefined || ['Failed', 'Succeeded'].includes(pod.status.phase);
  }, `${name} ends`, 60_000);
  return { ...state.terminated, log: await kubectl('logs', name, '-n', namespace).catch(() => '') };
}

describe('the images', () => {
  before(() => kubectl('create', 'namespace', namespace));
  after(() => kubectl('delete', 'namespace', namespace, '--wait=false'));

  for (const [part, variable] of [['operator', 'KUBECONFIG'], ['signaling', 'MEET_DATABASE'], ['media-node', 'MEET_NODE_NAME']]) {
    it(`${part} starts and reports missing settings`, { timeout: 180_000 }, async () => {
      const { exitCode, log } = await runPod(part, { image: image(part) });
      assert.notEqual(exitCode, 0);
      assert.match(log, new RegExp(`${variable} is (not set|missing)`));
    });

    it(`${part} has no shell`, { timeout: 180_000 }, async () => {
      const { reason, message } = await runPod(`${part}-shell`, { image: image(part), command: ['/bin/sh', '-c', 'true'] });
      assert.equal(reason, 'StartError');
      assert.match(message, /no such file or directory/);
    });
  }

  it('the image of the operator contains kubectl-meet', { timeout: 180_000 }, async () => {
    const { exitCode, log } = await runPod('kubectl-meet', { image: image('operator'), command: ['/app/kubectl-meet', 'net', 'check', '--help'] });
    assert.equal(exitCode, 0, log);
    assert.match(log, /--inside/);
  });

  it('the image of the media node contains the probe', { timeout: 180_000 }, async () => {
    const { exitCode, log } = await runPod('probe', { image: image('media-node'), command: ['/app/MeetOperator.Probe'] });
    assert.equal(exitCode, 2);
    assert.match(log, /--url/);
  });

  it('the web image copies the page into a volume', { timeout: 180_000 }, async () => {
    const volumeMounts = [{ name: 'pages', mountPath: '/srv/web' }];
    const { exitCode, log } = await runPod('web', { image: image('web'), command: ['/bin/cp', '/srv/web/index.html', '/dev/stdout'], volumeMounts }, {
      initContainers: [{ name: 'pages', image: image('web'), imagePullPolicy: 'Never', securityContext: restricted, volumeMounts }],
      volumes: [{ name: 'pages', emptyDir: {} }],
    });
    assert.equal(exitCode, 0, log);
    assert.match(log, /<!doctype html>/i);
  });
});

describe('the coturn of the image', () => {
  const programs = ['turnserver', 'turnutils_uclient'];
  let folder;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'meet-coturn-')); });
  after(() => rmSync(folder, { recursive: true, force: true }));

  // The same tests run with the coturn of this machine in tests/turn, which is an earlier release.
  it('refuses every attack of docs/media/relay-abuse.md', { timeout: 300_000 }, async t => {
    const { path, started } = await imagePrograms('turn', programs, folder);
    const version = (await run(join(path, 'turnserver'), ['--version'])).trim();
    t.diagnostic(`coturn ${version}`);
    assert.match(version, /^4\.(1[0-9]|[2-9][0-9])\./, 'the release of the image');
    const attacks = JSON.parse(await run('env', [`PATH=${path}:${process.env.PATH}`, './meet', 'bench', 'network', '--only', 'abuse', '--json']));
    t.diagnostic(JSON.stringify(attacks));
    assert.ok(attacks.value >= 130 && attacks.value === attacks.peer, JSON.stringify(attacks));
    assert.deepEqual(await started(), programs);
  });
});
