// The certificates of NodeControl on a real cluster: access to media nodes, and a rotation of the authority during a meeting.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { describe, it } from 'node:test';
import { clusterRoom, signalingPods, system, waitForMediaBothWays } from './support/cluster-room.mjs';
import { gaps, keepConnections, keepsConnections, watchGaps } from './support/gaps.mjs';
import { get, kubectl, until } from './support/kubectl.mjs';

const room = clusterRoom();
const text = (secret, entry) => Buffer.from(secret.data?.[entry] ?? '', 'base64').toString();
const certificateOf = async (name, namespace = system) => {
  const secret = await get('secret', name, '-n', namespace);
  return { cert: text(secret, 'tls.crt'), key: text(secret, 'tls.key') };
};
const issuer = async name => new X509Certificate((await certificateOf(name)).cert).issuer;

/** The status of a request to a media node, as any Pod of the cluster can send it. */
const statusOf = (pod, path, credentials = {}) => new Promise((resolve, reject) => {
  const { cert, key } = credentials;
  request({ host: pod.status.podIP, port: 8090, path, cert, key, rejectUnauthorized: false }, answer => {
    answer.resume();
    resolve(answer.statusCode);
  }).on('error', reject).end();
});

describe('a media node', () => {
  it('a media node serves only its health to other Pods and other media nodes, and its metrics only to Prometheus', { timeout: 120_000 }, async () => {
    const [one, other] = await get('pods', '-n', room.namespace, '-l', 'meetoperator.io/component=media-node');
    const secretOf = pod => pod.spec.containers[0].env.find(variable => variable.name === 'MEET_NODE_KEY').valueFrom.secretKeyRef.name;
    const [neighbour, signaling, prometheus] = [await certificateOf(secretOf(other), room.namespace), await certificateOf('meet-control-signaling'), await certificateOf('meet-control-metrics')];

    assert.equal(await statusOf(one, '/healthz'), 200);
    for (const [client, credentials, expected] of [['no client certificate', {}, [401, 401]], ['another media node', neighbour, [401, 401]], ['signaling', signaling, [403, 403]], ['Prometheus', prometheus, [403, 200]]]) {
      assert.deepEqual([await statusOf(one, '/v1/node', credentials), await statusOf(one, '/metrics', credentials)], expected, client);
    }
    await assert.rejects(fetch(`http://${one.status.podIP}:8090/v1/node`), 'plain HTTP is rejected');
  });
});

describe('signaling', () => {
  it('the Service of signaling does not expose its metrics port', async () => {
    const service = await get('service', 'meet-signaling', '-n', system);
    assert.equal((await fetch(`http://${service.spec.clusterIP}:${service.spec.ports[0].port}/metrics`)).status, 404);
    assert.deepEqual(service.spec.ports.map(port => port.targetPort), ['http']);
    for (const pod of await signalingPods()) assert.match(await (await fetch(`http://${pod.status.podIP}:8081/metrics`)).text(), /^meet_kube_loop_age_seconds/m);
  });
});

describe('a rotation of the authority', () => {
  it('a rotation during a meeting, with the leader and a replica of signaling killed, keeps all participants connected', { timeout: 420_000 }, async t => {
    await room.withPair(async (ada, bob, meeting) => {
      const node = await room.nodeOf(meeting);
      const pods = async () => (await get('pods', '-n', room.namespace, '-l', 'meetoperator.io/component=media-node')).map(pod => pod.metadata.uid).sort();
      const [media, before] = [await pods(), await issuer('meet-control-signaling')];
      await Promise.all([ada, bob].flatMap(person => [watchGaps(person), keepConnections(person)]));

      await kubectl('annotate', 'secret', 'meet-control-ca', '-n', system, 'meetoperator.io/rotate=now');
      await until(async () => text(await get('secret', 'meet-control-ca', '-n', system), 'next.crt') !== '', 'the next authority is created', 60_000);
      const leader = (await get('lease', 'meet-operator', '-n', system)).spec.holderIdentity;
      const [replica] = await signalingPods();
      const leading = (await get('pods', '-n', system, '-l', 'meetoperator.io/component=operator')).find(pod => leader.includes(pod.metadata.name));
      for (const pod of [leading, replica]) await kubectl('delete', 'pod', pod.metadata.name, '-n', system, '--grace-period=0', '--force');
      await until(async () => await issuer('meet-control-signaling') !== before, 'the next authority signs certificates', 180_000);
      await until(async () => await issuer('meet-control-metrics') === await issuer('meet-control-signaling'), 'it signs the certificate of Prometheus too', 60_000);

      // Chat, a rejoin and a new meeting work with the new certificates.
      await Promise.all([ada.connected(60_000), bob.connected(60_000)]);
      await ada.sendMessage('Still here?');
      await bob.waitForMessage('Still here?');
      await waitForMediaBothWays(ada, bob);
      for (const person of [ada, bob]) await keepsConnections(person, 'after the rotation');
      assert.equal(await room.nodeOf(meeting), node, 'the meeting stays on its media node');
      assert.deepEqual(await pods(), media, 'the media nodes keep their Pods');
      for (const person of [ada, bob]) t.diagnostic(`${person.name}'s longest pause ${JSON.stringify(await gaps(person))} ms`);
      await room.meeting();
      await bob.page.reload();
      await bob.connected();
      await waitForMediaBothWays(ada, bob);
      for (const part of ['operator', 'signaling']) await kubectl('rollout', 'status', `deployment/meet-${part}`, '-n', system, '--timeout=120s');
    });
  });
});
