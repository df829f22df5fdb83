// Everything that people use has IPv4 and IPv6 addresses, and a call works where only one of the two gets through.
import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { before, describe, it } from 'node:test';
import { relayed, relaysInUse } from '../e2e/support/relayed.mjs';
import { describeOnFailure } from '../e2e/support/visitor.mjs';
import { addressesOf, clusterRoom, inUrl, system, waitForMediaBothWays } from './support/cluster-room.mjs';
import { chart, documents, helm, release, values } from './support/helm.mjs';
import { apply, get, kubectl, ready, run } from './support/kubectl.mjs';
import { withoutPorts } from './support/network.mjs';
import { waitForVideoAndSound } from './support/received.mjs';

const options = { timeout: 300_000 };
const services = ['meet-signaling', 'meet-webhook'];
const familyOf = address => (address.includes(':') ? 'IPv6' : 'IPv4');
const both = ['IPv4', 'IPv6'];

/** Ada and Bob join a new meeting, and see and hear each other. */
async function meet(room, during, prepare = () => {}) {
  const meeting = await room.meeting();
  const people = [];
  try {
    return await describeOnFailure(people, async () => {
      for (const [index, name] of ['Ada', 'Bob'].entries()) {
        people.push(await room.arrive(name, index));
        await prepare(people[index]);
        await people[index].enter(meeting.meetingId);
      }
      await waitForMediaBothWays(...people);
      return during(meeting, ...people);
    });
  } finally {
    await Promise.all(people.map(person => person.close()));
  }
}

describe('the Services of the release', () => {
  it('they have an address of each family, and DNS knows both', options, async () => {
    const resolver = new Resolver();
    resolver.setServers(['10.250.0.1']);
    for (const name of services) {
      const { spec } = await get('service', name, '-n', system);
      assert.deepEqual([spec.ipFamilyPolicy, spec.ipFamilies, spec.clusterIPs.map(familyOf)], ['PreferDualStack', both, both], name);
      const host = `${name}.${system}.svc.cluster.local`;
      assert.deepEqual([...await resolver.resolve4(host), ...await resolver.resolve6(host)], spec.clusterIPs);
    }
  });

  it('page and API answer over both families', options, async () => {
    const { spec } = await get('service', 'meet-signaling', '-n', system);
    for (const address of spec.clusterIPs) {
      const at = `http://${inUrl(address)}:${spec.ports[0].port}`;
      assert.match(await (await fetch(at)).text(), /<!doctype html>/i, at);
      const answer = await fetch(`${at}/meetings/00000000-0000-4000-8000-000000000000`);
      assert.deepEqual([answer.status, answer.headers.get('content-type')], [404, 'application/problem+json'], at);
    }
  });

  it('the installation can require both families', options, async t => {
    const change = policy => helm('upgrade', release, chart, '-n', system, '--reuse-values', '--disable-openapi-validation', '--wait', '--timeout', '180s', '--set', `services.ipFamilyPolicy=${policy}`);
    t.after(() => change('PreferDualStack'));
    await change('RequireDualStack');
    for (const name of services) {
      const { spec } = await get('service', name, '-n', system);
      assert.deepEqual([spec.ipFamilyPolicy, spec.clusterIPs.map(familyOf)], ['RequireDualStack', both], name);
    }
  });

  it('Services that require both families get them from the beginning', options, async t => {
    const namespace = 'meet-both';
    const text = await helm('template', 'both', chart, '-n', namespace, '--kube-version', '1.20.2', '--values', values, '--set', 'services.ipFamilyPolicy=RequireDualStack');
    await kubectl('create', 'namespace', namespace);
    t.after(() => kubectl('delete', 'namespace', namespace, '--wait=false'));
    const parts = documents(text).filter(({ kind }) => kind === 'Service');
    await run('kubectl', ['apply', '-f', '-'], parts.map(part => part.text).join('\n---\n'));
    const created = await get('services', '-n', namespace);
    assert.deepEqual(created.map(({ spec }) => spec.clusterIPs.map(familyOf)), [both, both]);
  });
});

// The network plugin of this cluster does not enforce policies, so what they let through is not tested here.
describe('the NetworkPolicies', () => {
  const room = clusterRoom({ replicas: 1, ports: { min: 44200, max: 44207 }, browsers: 0 });

  it('they select Pods and ports and no addresses, so they are the same for both families', options, async () => {
    for (const namespace of [system, room.namespace]) {
      const policies = await get('networkpolicies', '-n', namespace);
      assert.notEqual(policies.length, 0, namespace);
      for (const { metadata, spec } of policies) assert.doesNotMatch(JSON.stringify(spec), /ipBlock/, `${namespace}/${metadata.name}`);
    }
  });
});

// In the host network, the control interface has a TCP port of the range, and a media node with one UDP port has no TCP port for media.
for (const [type, first, protocols] of [['HostPort', 44220, ['udp', 'tcp']], ['HostNetwork', 44240, ['udp']]]) {
  describe(`a pool with ${type}`, () => {
    const ports = { min: first, max: first + 7 };
    const room = clusterRoom({ replicas: 1, ports, exposure: { type }, family: 'IPv6' });

    it('the media node has an address of each family', options, async () => {
      const [node] = await get('sfunodes', '-n', room.namespace);
      const pod = await get('pod', node.metadata.name, '-n', room.namespace);
      const addresses = await addressesOf(pod);
      assert.deepEqual(addresses.map(familyOf), both);
      assert.deepEqual(node.status.addresses, addresses);
    });

    for (const [family, blocked] of [['IPv6', 'IPv4'], ['IPv4', 'IPv6']]) {
      it(`a call works over ${family} where ${blocked} does not get through to media nodes`, options, async t => {
        await withoutPorts({ ...ports, protocols, families: [blocked] }, () => meet(room, async (meeting, ada, bob) => {
          const figures = await Promise.all([ada, bob].map(person => waitForVideoAndSound(person)));
          const remotes = new Set(figures.flatMap(({ remotes }) => remotes));
          t.diagnostic([...remotes].join());
          const pod = await get('pod', await room.nodeOf(meeting), '-n', room.namespace);
          const address = (await addressesOf(pod)).find(one => familyOf(one) === family);
          assert.ok(remotes.size > 0);
          for (const remote of remotes) assert.equal(remote.slice(0, remote.lastIndexOf(':')), address);
        }));
      });
    }
  });
}

describe('relays', () => {
  const port = 44260;
  const room = clusterRoom({ replicas: 1, ports: { min: 44270, max: 44277 }, family: 'IPv6' });

  before(async () => {
    await apply({
      apiVersion: 'meetoperator.io/v1alpha1', kind: 'TurnPool', metadata: { name: 'relays', namespace: room.namespace },
      spec: { exposure: { addressSource: 'NodeInternalIP' }, listeners: ['UDP', 'TCP'].map(protocol => ({ protocol, port })) },
    });
    await ready('turnpool', 'relays', room.namespace);
  }, { timeout: 180_000 });

  it('participants get URLs with addresses of both families', options, async () => {
    const [pod] = await get('pods', '-n', room.namespace, '-l', 'meetoperator.io/turnpool=relays');
    const addresses = await addressesOf(pod);
    const { endpoints } = (await get('turnpool', 'relays', '-n', room.namespace)).status;
    assert.deepEqual(endpoints, ['udp', 'tcp'].flatMap(transport => addresses.map(address => `turn:${inUrl(address)}:${port}?transport=${transport}`)));
  });

  for (const transport of ['udp', 'tcp']) {
    it(`somebody whom only a relay over ${transport} and IPv6 lets through sees and hears others`, options, async () => {
      await withoutPorts({ min: port, families: ['IPv4'] }, () => meet(room, async (meeting, ada) => {
        const [pod] = await get('pods', '-n', room.namespace, '-l', 'meetoperator.io/turnpool=relays');
        const [, address] = await addressesOf(pod);
        assert.deepEqual(await relaysInUse(ada), [`turn:${inUrl(address)}:${port}?transport=${transport}`]);
      }, person => (person.name === 'Ada' ? relayed('Ada', transport).prepare(person.page) : null)));
    });
  }
});
