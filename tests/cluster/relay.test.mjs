// Relays (TURN) on the cluster: people whose browsers can use nothing else, from outside the Pod network.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { tilePause, watchTile } from '../e2e/support/noticed.mjs';
import { pathsOf, relayed, relaysInUse } from '../e2e/support/relayed.mjs';
import { describeOnFailure } from '../e2e/support/visitor.mjs';
import { addressesOf, clusterRoom, inUrl, system, waitForMediaBothWays } from './support/cluster-room.mjs';
import { apply, get, kubectl, ready, until } from './support/kubectl.mjs';
import { kubectlMeet, startKubectlMeet } from './support/kubectl-meet.mjs';
import { machineOf, withoutPorts } from './support/network.mjs';

const room = clusterRoom({ replicas: 1, ports: { min: 44000, max: 44015 } });
const options = { timeout: 300_000 };

const pool = async () => (await get('turnpool', 'relays', '-n', room.namespace)).status ?? {};
const pods = () => get('pods', '-n', room.namespace, '-l', 'meetoperator.io/turnpool=relays');
const patch = spec => kubectl('patch', 'turnpool', 'relays', '-n', room.namespace, '--type=merge', '-p', JSON.stringify({ spec }));

/** The status of a pool says more than that time has passed. */
const awaitPool = (condition, what, within) => until(async () => condition(await pool()), what, within)
  .catch(async error => { throw new Error(`${error.message}: ${JSON.stringify(await pool())}`); });

/** The Pods of `kubectl meet net check --inside` and `turn check --inside` that nobody has deleted. */
const checkPods = async () => (await get('pods', '-n', system, '-l', 'app.kubernetes.io/name=kubectl-meet')).filter(({ metadata }) => metadata.deletionTimestamp === undefined);

const exposure = ({ conditions }) => conditions?.find(one => one.type === 'ExposureReady') ?? {};
const eventsOf = reason => get('events', '-n', room.namespace, '--field-selector', `involvedObject.kind=TurnPool,involvedObject.name=relays,reason=${reason}`);

/** Two people join; Ada can use nothing but a relay. */
async function withRelayed(transport, run) {
  const meeting = await room.meeting();
  const people = [];
  try {
    await describeOnFailure(people, async () => {
      for (const [index, name] of ['Ada', 'Bob'].entries()) {
        people.push(await room.arrive(name, index));
        if (name === 'Ada') await relayed(name, transport).prepare(people[index].page);
        await people[index].enter(meeting.meetingId);
      }
      await waitForMediaBothWays(...people);
      await run(...people);
    });
  } finally {
    await Promise.all(people.map(person => person.close()));
  }
}

/** A Secret as cert-manager writes it, with the certificate of its authority beside the key. */
async function createCertificate(name, host) {
  const folder = mkdtempSync(join(tmpdir(), 'meet-certificate-'));
  const file = kind => join(folder, kind);
  try {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`, '-keyout', file('key'), '-out', file('crt')], { stdio: 'pipe' });
    const [certificate, key] = ['crt', 'key'].map(kind => readFileSync(file(kind)).toString('base64'));
    await apply({ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name, namespace: room.namespace, annotations: { 'cert-manager.io/certificate-name': name } }, data: { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': certificate } });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('relays on the cluster', () => {
  before(async () => {
    await apply({
      apiVersion: 'meetoperator.io/v1alpha1', kind: 'TurnPool', metadata: { name: 'relays', namespace: room.namespace },
      spec: { exposure: { addressSource: 'NodeInternalIP' }, listeners: ['UDP', 'TCP'].map(protocol => ({ protocol, port: 44100 })), drain: { deadlineSeconds: 15 } },
    });
    await ready('turnpool', 'relays', room.namespace).catch(async error => { throw new Error(`${error.message}: ${JSON.stringify(await pool())}`); });
  }, { timeout: 180_000 });

  for (const transport of ['udp', 'tcp']) {
    it(`somebody who can use nothing but a relay over ${transport} sees and hears others`, options, async t => {
      await withRelayed(transport, async ada => {
        const paths = await pathsOf(ada);
        assert.ok(paths.length >= 2 && paths.every(path => path === `relay ${transport}`), paths.join());
        const [pod] = await pods();
        const used = await relaysInUse(ada);
        t.diagnostic(used.join());
        const urls = (await addressesOf(pod)).map(address => `turn:${inUrl(address)}:44100?transport=${transport}`);
        assert.ok(used.length > 0 && used.every(url => urls.includes(url)), `${used}, of ${urls}`);
      });
    });
  }

  it('the pictures of a call come back when the only relay is deleted without a drain', options, async t => {
    await withRelayed('udp', async (ada, bob) => {
      const tiles = [ada.tile('Bob'), bob.tile('Ada')];
      await Promise.all(tiles.map(watchTile));
      const [before] = await pods();
      const since = Date.now();
      await kubectl('delete', 'pod', before.metadata.name, '-n', room.namespace, '--grace-period=0', '--force');
      await until(async () => (await pods()).every(({ metadata }) => metadata.uid !== before.metadata.uid), 'the relay has ended');
      await awaitPool(({ readyReplicas }) => readyReplicas === 1, 'another relay takes participants', 90_000);
      t.diagnostic(`another relay takes participants after ${Date.now() - since} ms`);
      const ready = Date.now();
      let paths;
      await until(async () => (paths = await pathsOf(ada)).filter(path => path === 'relay udp').length >= 2, 'Ada uses the relay again', 20_000)
        .catch(error => { throw new Error(`${error.message}, not ${paths.join(', ')}`); });
      await waitForMediaBothWays(ada, bob);
      t.diagnostic(`media flows ${Date.now() - ready} ms later`);
      const pauses = (await Promise.all(tiles.map(tilePause))).map(({ pause }) => pause / 1000);
      t.diagnostic(`seconds for which the pictures stood still: ${pauses.map(pause => pause.toFixed(1)).join(' and ')}`);
      assert.ok(Math.max(...pauses) < 30, `${pauses.join(' and ')} s`);
    });
  });

  it('relays get the certificate of a Secret, and clients a URL with its name', options, async () => {
    await createCertificate('relays-tls', 'relay.cluster.example.com');
    await patch({ listeners: [...['UDP', 'TCP'].map(protocol => ({ protocol, port: 44100 })), { protocol: 'TLS', port: 44101 }], tls: { secretName: 'relays-tls' } });
    const refusal = ({ conditions }) => conditions?.find(one => one.type === 'CertificateUnusable' && one.status === 'True')?.message ?? '';
    await awaitPool(status => refusal(status).includes('kubectl create role '), 'the pool says how the operator may read the Secret');
    for (const [command] of refusal(await pool()).matchAll(/kubectl create \w+ [-\w]+(?: --[-\w]+=[-:\w]+)+/g)) await kubectl(...command.split(' ').slice(1));
    await awaitPool(({ endpoints, readyReplicas }) => readyReplicas === 1 && endpoints?.includes('turns:relay.cluster.example.com:44101?transport=tcp'), 'the URL has the name of the certificate', 120_000);
    const [pod] = await pods();
    const shown = execFileSync('openssl', ['s_client', '-connect', `${pod.status.hostIP}:44101`, '-servername', 'relay.cluster.example.com'], { input: '', encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
    assert.match(shown, /subject=CN ?= ?relay\.cluster\.example\.com/);
  });

  it('the pool says from where its ports answer, which one does not, and when it does again', options, async t => {
    // UDP, TCP and TLS, over IPv4 and IPv6. A look before the relay has its certificate finds only four ports.
    await awaitPool(status => exposure(status).reason === 'Reachable' && exposure(status).message.startsWith('all 6 ports'), 'all ports answer', 90_000);
    const open = exposure(await pool());
    assert.equal(open.status, 'True');
    assert.match(open.message, /^all 6 ports that clients use answer from inside the cluster \(Pod meet-system\/meet-operator-\S+ on n[12]\)[,;] /);
    const [pod] = await pods();
    const closed = Date.now();
    let opened;
    await withoutPorts({ min: 44100, protocols: ['udp'], machines: [machineOf(pod)] }, async () => {
      // Each address is asked on its own, so the pool may name one of them first.
      await awaitPool(status => exposure(status).reason === 'Unreachable' && exposure(status).message.startsWith('2 of 6 ports'), 'the closed port does not answer', 90_000);
      t.diagnostic(`closed for ${Date.now() - closed} ms when the pool said so`);
      const { status, message } = exposure(await pool());
      assert.equal(status, 'False');
      assert.match(message, /^2 of 6 ports that clients use do not answer from inside the cluster \(Pod \S+ on n[12]\): /);
      for (const address of await addressesOf(pod)) assert.ok(message.includes(`${inUrl(address)}:44100/udp (no answer)`), `${address}: ${message}`);
      assert.match(message, /people cannot connect there: open inbound UDP 44100 and TCP 44100, 44101 on the cluster nodes/);
      const [event] = await eventsOf('Unreachable');
      assert.equal(event.type, 'Warning');
      assert.match(event.message, /^[12] of 6 ports that clients use do not answer from inside the cluster /);
      assert.deepEqual(await eventsOf('Reachable'), []);
      opened = Date.now();
    });
    await awaitPool(status => exposure(status).status === 'True', 'all ports answer again', 90_000);
    t.diagnostic(`open for ${Date.now() - opened} ms when the pool said so`);
    assert.deepEqual((await eventsOf('Reachable')).map(({ type }) => type), ['Normal']);
  });

  it('a Pod of the cluster gets answers from all ports of media nodes and relays', options, async () => {
    const { code, out, err } = await kubectlMeet('net', 'check', '--inside', '-n', room.namespace, '-o', 'json');
    assert.deepEqual([code, err], [0, ''], out);
    const report = JSON.parse(out);
    assert.match(report.from, /^Pod meet-system\/meet-check-[0-9a-f]{8} on n[12]$/);
    const [node] = await get('sfunodes', '-n', room.namespace);
    const [pod] = await pods();
    const expected = [
      ...node.status.addresses.flatMap(address => [...node.spec.udpPorts.map(port => `udp ${inUrl(address)}:${port}`), `tcp ${inUrl(address)}:${node.spec.tcpPort}`]),
      ...(await addressesOf(pod)).flatMap(address => [`udp ${inUrl(address)}:44100`, `tcp ${inUrl(address)}:44100`, `tls ${inUrl(address)}:44101`]),
    ];
    assert.deepEqual(report.checks.map(({ protocol, address }) => `${protocol} ${address}`).sort(), expected.sort());
    assert.deepEqual(report.checks.filter(({ result }) => result !== 'Answered'), []);
    assert.deepEqual(await checkPods(), []);
  });

  it('a Pod of the cluster uses a relay over UDP, TCP and TLS, up to a media node', options, async () => {
    const [pod] = await pods();
    const [address] = await addressesOf(pod);
    const folder = mkdtempSync(join(tmpdir(), 'meet-authority-'));
    const [certificate, turnCheck] = [join(folder, 'crt'), (...more) => kubectlMeet('turn', 'check', `${room.namespace}/relays`, '--inside', '--address', address, '-o', 'json', ...more)];
    try {
      writeFileSync(certificate, Buffer.from((await get('secret', 'relays-tls', '-n', room.namespace)).data['tls.crt'], 'base64'));
      const { code, out, err } = await turnCheck('--ca-file', certificate);
      assert.deepEqual([code, err], [0, ''], out);
      const checks = JSON.parse(out);
      const [node] = await get('sfunodes', '-n', room.namespace);
      assert.deepEqual(checks.map(({ url }) => url).sort(), [...(await pool()).endpoints].sort());
      assert.deepEqual(checks.filter(({ step, mediaNode }) => step !== 'Done' || mediaNode !== node.metadata.name), []);
      const tls = checks.find(({ url }) => url.startsWith('turns:'));
      assert.equal(tls.address, `${inUrl(address)}:44101`);
      assert.ok(tls.relayMs > 0 && Date.parse(tls.certificateUntil) > Date.now(), JSON.stringify(tls));
    } finally {
      rmSync(folder, { recursive: true });
    }
    // No browser would accept this certificate.
    const { code, out } = await turnCheck();
    assert.equal(code, 3);
    assert.deepEqual(JSON.parse(out).filter(({ step }) => step !== 'Done').map(({ url, step }) => [url, step]), [['turns:relay.cluster.example.com:44101?transport=tcp', 'Tls']]);
    assert.deepEqual(await checkPods(), []);
  });

  it('the Pod of a check is deleted when the check is interrupted', options, async () => {
    // While a port does not answer, the check takes more than three seconds.
    await withoutPorts({ min: 44100, protocols: ['udp'] }, async () => {
      const { child, ended } = startKubectlMeet('net', 'check', '--inside', '-n', room.namespace);
      await until(async () => (await checkPods()).length === 1, 'the Pod exists');
      child.kill('SIGINT');
      assert.equal((await ended).code, 1);
      assert.deepEqual(await checkPods(), []);
    });
  });
});
