// People whose browsers may use relays (TURN) only, over UDP and over TCP.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { before, describe, it } from 'node:test';
import { meetingRoom } from './support/meeting-room.mjs';
import { tilePause, watchTile } from './support/noticed.mjs';
import { freePort } from './support/product.mjs';
import { disobedient, pathsOf, relayed, relaysInUse } from './support/relayed.mjs';
import { until } from './support/until.mjs';

const room = meetingRoom();
const options = { timeout: 300_000 };

const run = (args, input) => execFileSync('kubectl', ['--kubeconfig', `${room.product.home}/kubeconfig`, '-n', 'meet-default', ...args], { encoding: 'utf8', input });
const kubectl = (...args) => run(args);
const pool = (name = 'default') => JSON.parse(kubectl('get', 'turnpool', name, '-o', 'json'));

const credentials = visitor => visitor.page.evaluate(() => globalThis.connections.filter(connection => connection.connectionState === 'connected').map(connection => connection.getConfiguration().iceServers[0]?.username));

describe('relays', () => {
  before(() => until(() => pool().status?.readyReplicas === 1, 'the relay takes participants', 60_000), { timeout: 90_000 });

  for (const transport of ['udp', 'tcp']) {
    it(`two people who can use nothing but a relay over ${transport} see and hear each other`, options, async t => {
      await room.withParticipants([relayed('Ada', transport), relayed('Bob', transport)], async (ada, bob) => {
        await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
        for (const visitor of [ada, bob]) {
          const before = await visitor.soundEnergy();
          await until(async () => await visitor.soundEnergy() > before, `${visitor.name} hears the other`);
          const used = await pathsOf(visitor);
          t.diagnostic(`${visitor.name}: ${used.join(', ')}`);
          assert.ok(used.length >= 2 && used.every(path => path === `relay ${transport}`), used.join(', '));
        }
        assert.ok(pool().status.readyReplicas === 1);
      });
    });
  }

  it('a call over a relay goes on while the secret is replaced', options, async () => {
    await room.withParticipants([relayed('Ada', 'udp'), 'Bob'], async (ada, bob) => {
      await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
      const before = await credentials(ada);
      const version = pool().status.keyVersion;
      // The operator replaces a secret that is older than `rotationHours`: one that claims to be from last year.
      const secret = JSON.parse(kubectl('get', 'secret', 'meet-turn', '-n', 'meet-system', '-o', 'json'));
      const record = JSON.parse(Buffer.from(secret.data['meet-default_default'], 'base64').toString());
      for (const key of record.keys) key.createdAt = '2025-01-01T00:00:00Z';
      kubectl('patch', 'secret', 'meet-turn', '-n', 'meet-system', '--type=merge', '-p', JSON.stringify({ data: { 'meet-default_default': Buffer.from(JSON.stringify(record)).toString('base64') } }));
      await until(() => pool().status.keyVersion > version, 'another secret is used', 60_000);
      await until(async () => (await credentials(ada)).every((username, index) => username !== before[index]), 'the page has credentials of the new secret', 60_000);
      await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
      assert.ok((await pathsOf(ada)).every(path => path === 'relay udp'));
    });
  });

  it('a tenant allows relays only while people talk: everybody uses one, and a browser that ignores it gets no media', options, async t => {
    const allow = connectivity => kubectl('patch', 'tenant', 'default', '--type=merge', '-p', JSON.stringify({ spec: { connectivity } }));
    try {
      await room.withParticipants(['Ada', 'Bob'], async (ada, bob) => {
        await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
        assert.ok((await pathsOf(ada)).every(path => !path.startsWith('relay')));
        const tiles = [ada.tile('Bob'), bob.tile('Ada')];
        await Promise.all(tiles.map(watchTile));
        allow({ forceRelay: true });
        for (const visitor of [ada, bob]) {
          await until(async () => (used => used.length >= 2 && used.every(path => path.startsWith('relay ')))(await pathsOf(visitor)), `${visitor.name} uses relays only`, 60_000);
        }
        await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
        t.diagnostic(`ms for which the pictures stood still: ${(await Promise.all(tiles.map(tilePause))).map(({ pause }) => Math.round(pause)).join(' and ')}`);
        const [{ connectivity }] = JSON.parse(kubectl('get', 'meetings', '-o', 'json')).items.find(({ status }) => status?.phase === 'Active').status.assignments;
        assert.deepEqual(connectivity, { forceRelay: true });
      });
      await room.withParticipants(['Ada', disobedient('Eve')], async (ada, eve) => {
        await until(() => eve.page.evaluate(() => globalThis.connections.some(({ iceConnectionState }) => iceConnectionState === 'failed' || iceConnectionState === 'disconnected')), 'nothing answers Eve', 60_000);
        assert.deepEqual(await pathsOf(eve), []);
        assert.ok((await pathsOf(ada)).every(path => path.startsWith('relay ')));
      });
    } finally {
      allow({ forceRelay: false });
    }
  });

  it('people leave a relay that is drained before it ends, and their pictures go on', options, async t => {
    // Browsers have an allocation on every relay, in use or not, so a relay ends at its deadline.
    kubectl('patch', 'turnpool', 'default', '--type=merge', '-p', JSON.stringify({ spec: { drain: { deadlineSeconds: 20 } } }));
    const { spec } = pool();
    const port = await freePort();
    run(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'meetoperator.io/v1alpha1', kind: 'TurnPool', metadata: { name: 'other' }, spec: { ...spec, listeners: spec.listeners.map(one => ({ ...one, port })) } }));
    try {
      await until(() => pool('other').status?.readyReplicas === 1, 'the other relay takes participants', 60_000).catch(error => { throw new Error(`${error.message}: ${pool('other').status?.message}`); });
      await room.withParticipants([relayed('Ada', 'udp'), 'Bob'], async (ada, bob) => {
        await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
        const [used] = await relaysInUse(ada);
        const drained = used.includes(`:${port}?`) ? 'other' : 'default';
        const tiles = [ada.tile('Bob'), bob.tile('Ada')];
        await Promise.all(tiles.map(watchTile));
        kubectl('scale', 'turnpool', drained, '--replicas=0');
        await until(async () => (await relaysInUse(ada)).every(url => url !== used), 'Ada uses the other relay only', 30_000);
        await until(() => (({ replicas, drainingReplicas }) => replicas === 0 && drainingReplicas === 0)(pool(drained).status), 'the relay has ended', 60_000);
        await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
        const pauses = (await Promise.all(tiles.map(tilePause))).map(({ pause }) => pause);
        t.diagnostic(`ms for which the pictures stood still: ${pauses.map(Math.round).join(' and ')}`);
        assert.ok(Math.max(...pauses) < 1_000, `${pauses.join(' and ')} ms`);
      });
    } finally {
      kubectl('delete', 'turnpool', 'other');
      kubectl('scale', 'turnpool', 'default', '--replicas=1');
    }
  });
});
