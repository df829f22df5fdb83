// People whose browsers may use relays (TURN) only, over UDP and over TCP.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { before, describe, it } from 'node:test';
import { meetingRoom } from './support/meeting-room.mjs';
import { until } from './support/until.mjs';

const room = meetingRoom();
const options = { timeout: 300_000 };

const kubectl = (...args) => execFileSync('kubectl', ['--kubeconfig', `${room.product.home}/kubeconfig`, '-n', 'meet-default', ...args], { encoding: 'utf8' });
const pool = () => JSON.parse(kubectl('get', 'turnpool', 'default', '-o', 'json'));

/** Runs in the page: a network that lets nothing through but the relay, over one protocol. */
const relayOnly = transport => {
  const Real = globalThis.RTCPeerConnection;
  const limited = ({ iceServers, ...configuration }) => ({
    ...configuration,
    iceTransportPolicy: 'relay',
    iceServers: iceServers?.map(server => ({ ...server, urls: [server.urls].flat().filter(url => url.endsWith(`transport=${transport}`)) })),
  });
  globalThis.RTCPeerConnection = class extends Real {
    constructor(configuration) {
      super(limited(configuration));
    }

    setConfiguration(configuration) {
      super.setConfiguration(limited(configuration));
    }
  };
};

/** The local candidates that the connections of the page use. */
const paths = visitor => visitor.page.evaluate(async () => {
  const found = [];
  for (const connection of globalThis.connections) {
    if (connection.connectionState !== 'connected') continue;
    const report = await connection.getStats();
    report.forEach(record => {
      if (record.type !== 'transport') return;
      const local = report.get(report.get(record.selectedCandidatePairId)?.localCandidateId);
      found.push(`${local?.candidateType} ${local?.relayProtocol}`);
    });
  }
  return found;
});

const credentials = visitor => visitor.page.evaluate(() => globalThis.connections.filter(connection => connection.connectionState === 'connected').map(connection => connection.getConfiguration().iceServers[0]?.username));

const relayed = (name, transport) => ({ name, prepare: page => page.addInitScript(relayOnly, transport) });

describe('relays', () => {
  before(() => until(() => pool().status?.readyReplicas === 1, 'the relay takes participants', 60_000), { timeout: 90_000 });

  for (const transport of ['udp', 'tcp']) {
    it(`two people who can use nothing but a relay over ${transport} see and hear each other`, options, async t => {
      await room.withParticipants([relayed('Ada', transport), relayed('Bob', transport)], async (ada, bob) => {
        await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
        for (const visitor of [ada, bob]) {
          const before = await visitor.soundEnergy();
          await until(async () => await visitor.soundEnergy() > before, `${visitor.name} hears the other`);
          const used = await paths(visitor);
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
      assert.ok((await paths(ada)).every(path => path === 'relay udp'));
    });
  });
});
