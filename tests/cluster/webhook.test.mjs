// The admission webhook before a real API server: slow, with an authority that has expired, with a trust bundle that somebody broke; meanwhile people talk on.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { expiredAuthority } from './support/authority.mjs';
import { clusterRoom, system, together } from './support/cluster-room.mjs';
import { cluster, get, kubectl, openProxy, until } from './support/kubectl.mjs';

const room = clusterRoom();
const limits = { timeout: 240_000 };
const bundle = async kind => (await get(kind, 'meet-webhook')).webhooks[0].clientConfig.caBundle;
const bundles = async () => [await bundle('validatingwebhookconfiguration'), await bundle('mutatingwebhookconfiguration')];

/** The API server behind `kubectl proxy`, for questions by the hundred. */
let proxy;
before(async () => { proxy = await openProxy(); });
after(() => proxy?.close());

/** Why the API server would not take a Meeting, or null. Nothing is stored, and the webhook is asked. */
async function refusal(spec = {}) {
  const meeting = { apiVersion: 'meetoperator.io/v1alpha1', kind: 'Meeting', metadata: { generateName: 'asked-' }, spec: { tenantRef: { name: room.name }, ...spec } };
  const answer = await fetch(`${proxy.url}/apis/meetoperator.io/v1alpha1/namespaces/${room.namespace}/meetings?dryRun=All`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(meeting),
  });
  const { message } = await answer.json();
  return answer.ok ? null : message;
}

describe('the webhook', () => {
  it('refuses what breaks a rule that this API server does not run itself, naming the field', limits, async () => {
    assert.match(await refusal({ mode: 'P2P', maxParticipants: 5 }), /spec\.maxParticipants/);
    assert.equal(await refusal(), null);
  });

  it('that does not answer: an object is refused with words that say why, and people talk on', limits, async () => {
    await room.withPair(async (ada, bob) => {
      const pods = (await get('pods', '-n', system, '-l', 'meetoperator.io/component=operator')).filter(pod => pod.status.podIP);
      const rule = pod => ['FORWARD', '-p', 'tcp', '-d', pod.status.podIP, '--dport', '9443', '-j', 'DROP'];
      for (const pod of pods) await cluster('node', pod.spec.nodeName.slice(1), 'iptables', '-I', ...rule(pod));
      try {
        assert.match(await refusal(), /webhook.*(deadline|timeout|timed out)/is);
        await together(ada, bob);
      } finally {
        for (const pod of pods) await cluster('node', pod.spec.nodeName.slice(1), 'iptables', '-D', ...rule(pod));
      }
      await until(async () => await refusal() === null, 'the webhook answers again', 60_000);
    });
  });

  it('whose authority has expired makes a new one, and no object is refused meanwhile', limits, async t => {
    const [before] = await bundles();
    const expired = await expiredAuthority();
    const data = { 'ca.crt': expired.certificate, 'ca.key': expired.key };
    const asked = { times: 0, refused: [], go: true };
    const load = Array.from({ length: 2 }, async () => {
      while (asked.go) {
        const why = await refusal();
        asked.times++;
        if (why !== null) asked.refused.push(why);
        await pause(20);
      }
    });
    try {
      await kubectl('patch', 'secret', 'meet-webhook-ca', '-n', system, '--type=merge', '-p', JSON.stringify({ data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')])) }));
      await until(async () => {
        const [one, other] = await bundles();
        return one !== before && one === other;
      }, 'both configurations trust a new authority', 90_000);
      // Each replica comes to serve with a certificate of the new authority; the former one stays trusted.
      const asks = asked.times;
      await until(() => asked.times > asks + 200, 'two hundred more admissions', 90_000);
    } finally {
      asked.go = false;
      await Promise.all(load);
    }
    t.diagnostic(`${asked.times} objects asked for during the change`);
    assert.deepEqual(asked.refused, []);
    const stored = Buffer.from((await get('secret', 'meet-webhook-ca', '-n', system)).data['ca.crt'], 'base64').toString();
    assert.notEqual(stored, expired.certificate);
  });

  it('whose trust bundle somebody breaks: the refusal names the certificate, and the operator mends it', limits, async () => {
    const good = await bundle('validatingwebhookconfiguration');
    const { certificate } = await expiredAuthority();
    const patch = JSON.stringify([{ op: 'replace', path: '/webhooks/0/clientConfig/caBundle', value: Buffer.from(certificate).toString('base64') }]);
    const words = [];
    await kubectl('patch', 'validatingwebhookconfiguration', 'meet-webhook', '--type=json', '-p', patch);
    await until(async () => {
      words.push(await refusal());
      return words.at(-1) === null && await bundle('validatingwebhookconfiguration') === good;
    }, 'the operator wrote the bundle again', 60_000);
    for (const why of words.filter(Boolean)) assert.match(why, /x509|certificate/);
  });
});
