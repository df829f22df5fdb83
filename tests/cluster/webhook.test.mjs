// The admission webhook on a real API server: without a response, with an expired authority, and with a broken CA bundle, during a meeting.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { expiredAuthority } from './support/authority.mjs';
import { clusterRoom, system, waitForMediaBothWays } from './support/cluster-room.mjs';
import { cluster, get, kubectl, openProxy, until } from './support/kubectl.mjs';

const room = clusterRoom();
const options = { timeout: 240_000 };
const bundle = async kind => (await get(kind, 'meet-webhook')).webhooks[0].clientConfig.caBundle;
const bundles = async () => [await bundle('validatingwebhookconfiguration'), await bundle('mutatingwebhookconfiguration')];

/** The API server through `kubectl proxy`, for hundreds of requests. */
let proxy;
before(async () => { proxy = await openProxy(); });
after(() => proxy?.close());

/** The reason why the API server rejects a Meeting, or null. The dry run calls the webhook and stores nothing. */
async function rejection(spec = {}) {
  const meeting = { apiVersion: 'meetoperator.io/v1alpha1', kind: 'Meeting', metadata: { generateName: 'dry-run-' }, spec: { tenantRef: { name: room.name }, ...spec } };
  const answer = await fetch(`${proxy.url}/apis/meetoperator.io/v1alpha1/namespaces/${room.namespace}/meetings?dryRun=All`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(meeting),
  });
  const { message } = await answer.json();
  return answer.ok ? null : message;
}

describe('the webhook', () => {
  it('the webhook rejects a violation of a CEL rule, which this API server ignores, with the name of the field', options, async () => {
    assert.match(await rejection({ mode: 'P2P', maxParticipants: 5 }), /spec\.maxParticipants/);
    assert.equal(await rejection(), null);
  });

  it('an update that exceeds a quota of the tenant is rejected with the name of the field, and other updates pass', options, async () => {
    const { name } = await room.meeting({ maxParticipants: 10 });
    const change = spec => kubectl('patch', 'meeting', name, '-n', room.namespace, '--type=merge', '-p', JSON.stringify({ spec }));
    const quota = most => kubectl('patch', 'tenant', room.name, '--type=merge', '-p', JSON.stringify({ spec: { quotas: { participantsPerMeeting: most } } }));
    await quota(10);
    try {
      let reason;
      await until(async () => {
        reason = await change({ maxParticipants: 11 }).then(() => null, String);
        if (reason === null) await change({ maxParticipants: 10 });
        return reason !== null;
      }, 'the operator knows the quota', 60_000);
      assert.match(reason, /spec\.maxParticipants.*11 is above the tenant's quota of 10/s);
      await change({ title: 'Another title' });
    } finally {
      await quota(null);
      await change({ desiredState: 'Ended' });
    }
  });

  it('without a response of the webhook, objects are rejected with the reason, meetings continue, and a meeting can be deleted', options, async () => {
    await room.withPair(async (ada, bob) => {
      const { name } = await room.meeting();
      const pods = (await get('pods', '-n', system, '-l', 'meetoperator.io/component=operator')).filter(pod => pod.status.podIP);
      const rule = pod => ['FORWARD', '-p', 'tcp', '-d', pod.status.podIP, '--dport', '9443', '-j', 'DROP'];
      for (const pod of pods) await cluster('node', pod.spec.nodeName.slice(1), 'iptables', '-I', ...rule(pod));
      try {
        assert.match(await rejection(), /webhook.*(deadline|timeout|timed out)/is);
        // The operator removes its finalizer, which is an update.
        await kubectl('delete', 'meeting', name, '-n', room.namespace, '--timeout=90s');
        await waitForMediaBothWays(ada, bob);
      } finally {
        for (const pod of pods) await cluster('node', pod.spec.nodeName.slice(1), 'iptables', '-D', ...rule(pod));
      }
      await until(async () => await rejection() === null, 'the webhook responds again', 60_000);
    });
  });

  it('an expired authority is replaced, and no object is rejected meanwhile', options, async t => {
    const [before] = await bundles();
    const expired = await expiredAuthority();
    const data = { 'ca.crt': expired.certificate, 'ca.key': expired.key };
    const load = { requests: 0, rejections: [], running: true };
    const loops = Array.from({ length: 2 }, async () => {
      while (load.running) {
        const reason = await rejection();
        load.requests++;
        if (reason !== null) load.rejections.push(reason);
        await pause(20);
      }
    });
    try {
      await kubectl('patch', 'secret', 'meet-webhook-ca', '-n', system, '--type=merge', '-p', JSON.stringify({ data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')])) }));
      await until(async () => {
        const [one, other] = await bundles();
        return one !== before && one === other;
      }, 'both configurations trust a new authority', 90_000);
      // Each replica switches to a certificate of the new authority; the former authority stays trusted.
      const requestsBefore = load.requests;
      await until(() => load.requests > requestsBefore + 200, 'two hundred more admissions', 90_000);
    } finally {
      load.running = false;
      await Promise.all(loops);
    }
    t.diagnostic(`${load.requests} requests during the change`);
    assert.deepEqual(load.rejections, []);
    const stored = Buffer.from((await get('secret', 'meet-webhook-ca', '-n', system)).data['ca.crt'], 'base64').toString();
    assert.notEqual(stored, expired.certificate);
  });

  it('with a broken CA bundle, rejections name the certificate, and the operator restores the bundle', options, async () => {
    const good = await bundle('validatingwebhookconfiguration');
    const { certificate } = await expiredAuthority();
    const patch = JSON.stringify([{ op: 'replace', path: '/webhooks/0/clientConfig/caBundle', value: Buffer.from(certificate).toString('base64') }]);
    const reasons = [];
    await kubectl('patch', 'validatingwebhookconfiguration', 'meet-webhook', '--type=json', '-p', patch);
    await until(async () => {
      reasons.push(await rejection());
      return reasons.at(-1) === null && await bundle('validatingwebhookconfiguration') === good;
    }, 'the operator has restored the bundle', 60_000);
    for (const reason of reasons.filter(Boolean)) assert.match(reason, /x509|certificate/);
  });
});
