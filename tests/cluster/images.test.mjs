// Every image runs as an unprivileged user, without capabilities and with a read-only root file system.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { apply, get, kubectl, until } from './support/kubectl.mjs';

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
