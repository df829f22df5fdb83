import { describe, expect, it } from 'vitest';
import { collectEvidence, noEvidence } from '../src/features/stats/path-evidence.js';
import { PathMemory } from '../src/features/stats/path-memory.js';
import { pathsInUse, pathsOf, worstPath, type MediaPath } from '../src/features/stats/path.js';
import type { StatsRecord } from '../src/features/stats/records.js';

/** Local candidates as Chromium reports them: those over TCP are active ones, with port 9, and those of a relay name the protocol to it. */
const locals: readonly StatsRecord[] = [
  { id: 'udp', type: 'local-candidate', candidateType: 'host', protocol: 'udp', address: '10.0.0.5', port: 51111 },
  { id: 'tcp', type: 'local-candidate', candidateType: 'host', protocol: 'tcp', tcpType: 'active', address: '10.0.0.5', port: 9 },
  ...['udp', 'tcp', 'tls'].map(relayProtocol => ({ id: `relay-${relayProtocol}`, type: 'local-candidate', candidateType: 'relay', protocol: 'udp', relayProtocol, address: '198.51.100.1', port: 60000 })),
  { id: 'translated', type: 'local-candidate', candidateType: 'prflx', protocol: 'udp', relayProtocol: 'tcp', address: '198.51.100.9', port: 60000 },
];
const node = '203.0.113.7';
const remotes: readonly StatsRecord[] = [
  { id: 'node-udp', type: 'remote-candidate', candidateType: 'host', protocol: 'udp', address: node, port: 42000 },
  { id: 'node-udp6', type: 'remote-candidate', candidateType: 'host', protocol: 'udp', address: '2001:db8::7', port: 42000 },
  { id: 'node-tcp', type: 'remote-candidate', candidateType: 'host', protocol: 'tcp', tcpType: 'passive', address: node, port: 42001 },
];

type Outcome = 'selected' | 'answered' | 'unanswered' | 'failed' | 'pending' | 'untried';
const counters: Record<Outcome, object> = {
  selected: { state: 'succeeded', nominated: true, requestsSent: 20, responsesReceived: 19, currentRoundTripTime: 0.02 },
  answered: { state: 'succeeded', nominated: false, requestsSent: 5, responsesReceived: 5 },
  unanswered: { state: 'in-progress', nominated: false, requestsSent: 3, responsesReceived: 0 },
  failed: { state: 'failed', nominated: false, requestsSent: 0, responsesReceived: 0 },
  pending: { state: 'in-progress', nominated: false, requestsSent: 2, responsesReceived: 0 },
  untried: { state: 'waiting', nominated: false, requestsSent: 0, responsesReceived: 0 },
};

/** One reading of a connection with these pairs, each `local candidate, remote candidate, outcome`. */
function reading(pairs: readonly (readonly [string, string, Outcome])[], gathered = pairs.map(([local]) => local)): StatsRecord[] {
  const records = pairs.map(([local, remote, outcome]) => ({ id: `${local}-${remote}`, type: 'candidate-pair', localCandidateId: local, remoteCandidateId: remote, ...counters[outcome] }));
  const selected = pairs.find(([, , outcome]) => outcome === 'selected');
  const transport = { id: 'transport', type: 'transport', ...(selected === undefined ? {} : { selectedCandidatePairId: `${selected[0]}-${selected[1]}` }) };
  return [transport, ...records, ...locals.filter(({ id }) => gathered.includes(id)), ...remotes];
}

const pathOf = (...input: Parameters<typeof reading>): MediaPath => pathsOf(reading(...input), 'send')[0]!;
const udp = { protocol: 'udp', address: node, port: 42000 } as const;
const tcp = { protocol: 'tcp', address: node, port: 42001 } as const;

describe('the path of a connection', () => {
  it('over UDP needs no reason, even if TCP got no answer', () => {
    expect(pathOf([['udp', 'node-udp', 'selected'], ['tcp', 'node-tcp', 'unanswered']])).toEqual({
      isDirect: false, use: 'send', kind: 'udp', reason: null, blocked: [], type: 'host', protocol: 'udp', family: 'ipv4', rttMs: 20,
    });
  });

  it.each(['unanswered', 'failed'] as const)('over TCP names what is blocked when UDP is %s', outcome => {
    const path = pathOf([['tcp', 'node-tcp', 'selected'], ['udp', 'node-udp', outcome], ['udp', 'node-udp6', outcome]]);
    expect(path).toMatchObject({ kind: 'tcp', reason: 'udp-unanswered', blocked: [udp, { ...udp, address: '2001:db8::7' }] });
  });

  it.each(['answered', 'pending', 'untried'] as const)('over TCP has no reason when UDP is %s', outcome => {
    expect(pathOf([['tcp', 'node-tcp', 'selected'], ['udp', 'node-udp', outcome]])).toMatchObject({ kind: 'tcp', reason: null, blocked: [] });
  });

  it('one answered destination is enough: UDP works then', () => {
    expect(pathOf([['tcp', 'node-tcp', 'selected'], ['udp', 'node-udp', 'answered'], ['udp', 'node-udp6', 'unanswered']])).toMatchObject({ reason: null, blocked: [] });
  });

  it('over TCP says that the browser has no UDP', () => {
    expect(pathOf([['tcp', 'node-tcp', 'selected']])).toMatchObject({ kind: 'tcp', reason: 'udp-not-gathered', blocked: [] });
    expect(pathOf([['tcp', 'node-tcp', 'selected']], ['tcp', 'udp'])).toMatchObject({ reason: null });
  });

  it.each(['udp', 'tcp', 'tls'] as const)('through a relay over %s says that no direct one gets through, and how UDP would', protocol => {
    const path = pathOf([[`relay-${protocol}`, 'node-udp', 'selected'], ['udp', 'node-udp', 'unanswered'], ['tcp', 'node-tcp', 'pending']]);
    expect(path).toMatchObject({ kind: `relay-${protocol}`, reason: 'direct-unanswered', blocked: [udp] });
  });

  it('through a relay names TCP where UDP was not tried', () => {
    expect(pathOf([['relay-tls', 'node-udp', 'selected'], ['tcp', 'node-tcp', 'failed']])).toMatchObject({ reason: 'direct-unanswered', blocked: [tcp] });
  });

  it('through a relay has the reason that nothing else is allowed, also when no relay gets through', () => {
    const onlyRelays = (records: readonly StatsRecord[]) => pathsOf(records, 'send', { ...collectEvidence(noEvidence, records), isRelayOnly: true })[0];
    expect(onlyRelays(reading([['relay-udp', 'node-udp', 'selected']]))).toMatchObject({ kind: 'relay-udp', reason: 'relay-only', blocked: [] });
    expect(onlyRelays(reading([['relay-udp', 'node-udp', 'failed']]))).toMatchObject({ kind: 'none', reason: 'relay-only', blocked: [] });
  });

  it('through a relay has no reason when nothing else was tried, or something else works', () => {
    expect(pathOf([['relay-udp', 'node-udp', 'selected']])).toMatchObject({ kind: 'relay-udp', reason: null, blocked: [] });
    expect(pathOf([['relay-udp', 'node-udp', 'selected'], ['udp', 'node-udp', 'unanswered'], ['tcp', 'node-tcp', 'answered']])).toMatchObject({ reason: null, blocked: [] });
  });

  it('between participants has no reason, and no addresses', () => {
    const [path] = pathsOf(reading([['tcp', 'node-tcp', 'selected'], ['udp', 'node-udp', 'unanswered']]), 'both');
    expect(path).toMatchObject({ isDirect: true, kind: 'p2p', reason: null, blocked: [] });
    expect(pathsOf(reading([['relay-udp', 'node-udp', 'selected']]), 'both')[0]!.kind).toBe('relay-udp');
  });

  it('over a relay whose address is translated on the way to the media node is one over a relay', () => {
    expect(pathOf([['translated', 'node-udp', 'selected'], ['udp', 'node-udp', 'unanswered'], ['tcp', 'node-tcp', 'unanswered']])).toMatchObject({ kind: 'relay-tcp', type: 'prflx' });
    expect(pathsOf(reading([['translated', 'node-udp', 'selected']]), 'both')[0]!.kind).toBe('relay-tcp');
  });

  it('is the selected one, although a pair that was used before is still there', () => {
    const records = reading([['tcp', 'node-tcp', 'selected'], ['udp', 'node-udp', 'answered']]);
    const former = records.map(record => (record.id === 'udp-node-udp' ? { ...record, nominated: true } : record));
    expect(pathsOf(former, 'send').map(({ kind }) => kind)).toEqual(['tcp']);
  });

  it('is none when no destination answers', () => {
    const cutOff = reading([['udp', 'node-udp', 'unanswered'], ['tcp', 'node-tcp', 'pending']])
      .map(record => (record.id === 'udp-node-udp' ? { ...record, requestsSent: 20 } : record));
    expect(pathsOf(cutOff, 'receive')).toEqual([{
      isDirect: false, use: 'receive', kind: 'none', reason: 'direct-unanswered', blocked: [udp], type: 'unknown', protocol: 'unknown', family: null, rttMs: null,
    }]);
    expect(pathsOf(cutOff, 'both')).toEqual([]);
  });

  it('is none because the organization uses all its relays, and a firewall could let the rest through', () => {
    const records = reading([['udp', 'node-udp', 'failed']]);
    const memory = new PathMemory({ read: () => {} }, () => true);
    const collect = (policy: RTCIceTransportPolicy) => memory.collect({ getConfiguration: () => ({ iceTransportPolicy: policy }) } as RTCPeerConnection, records);
    expect(pathsOf(records, 'send', collect('all'))[0]).toMatchObject({ kind: 'none', reason: 'relay-refused', blocked: [udp] });
    expect(pathsOf(records, 'send', collect('relay'))[0]).toMatchObject({ kind: 'none', reason: 'relay-refused', blocked: [] });
    const working = reading([['tcp', 'node-tcp', 'selected'], ['udp', 'node-udp', 'unanswered']]);
    expect(pathsOf(working, 'send', memory.collect({ getConfiguration: () => ({}) } as RTCPeerConnection, working))[0]).toMatchObject({ kind: 'tcp', reason: 'udp-unanswered' });
  });

  it.each([['few checks were sent', 'unanswered'], ['one destination has answered', 'answered']] as const)('is not known yet when %s', (_, outcome) => {
    expect(pathsOf(reading([['udp', 'node-udp', outcome], ['tcp', 'node-tcp', outcome === 'answered' ? 'failed' : 'pending']]), 'send')).toEqual([]);
  });

  it('is unknown where the browser hides its candidates', () => {
    const [path] = pathsOf([{ id: 'pair', type: 'candidate-pair', nominated: true, state: 'succeeded' }], 'send');
    expect(path).toMatchObject({ kind: null, reason: null, blocked: [], family: null });
  });
});

describe('what a connection has tried', () => {
  const failing = reading([['tcp', 'node-tcp', 'selected'], ['udp', 'node-udp', 'unanswered']]);
  const later = reading([['tcp', 'node-tcp', 'selected']], ['tcp', 'udp']);

  it('is remembered when the browser has forgotten the pairs', () => {
    const [connection, other] = [{ getConfiguration: () => ({}) }, { getConfiguration: () => ({}) }] as RTCPeerConnection[];
    const memory = new PathMemory({ read: () => {} });
    memory.collect(connection!, failing);
    expect(pathsOf(later, 'send', memory.collect(connection!, later))[0]).toMatchObject({ reason: 'udp-unanswered', blocked: [udp] });
    expect(pathsOf(later, 'send', memory.collect(other!, later))[0]).toMatchObject({ reason: null });
  });

  it('is corrected by a late answer', () => {
    const answered = reading([['tcp', 'node-tcp', 'selected'], ['udp', 'node-udp', 'answered']]);
    expect(pathsOf(answered, 'send', [failing, answered].reduce(collectEvidence, noEvidence))[0]!.reason).toBeNull();
  });

  it('stays small, however often it is read and however often candidates change', () => {
    const readings = Array.from({ length: 1_000 }, (_, index) => failing.map(record => (record.type === 'candidate-pair' ? { ...record, id: `${record.id} ${index}` } : record)));
    expect(readings.reduce(collectEvidence, noEvidence).attempts.size).toBe(2);
  });
});

describe('an answer of a path that worked before', () => {
  const named = (records: readonly StatsRecord[], ...ids: string[]) => records.filter(({ id }) => ids.includes(id));
  const change = (records: readonly StatsRecord[], pair: object) => records.map(record => (record.type === 'candidate-pair' ? { ...record, ...pair } : record));
  /** A pair with a media node, with so many checks and responses. */
  const counting = (local: string, remote: string, requestsSent: number, responsesReceived: number, isSelected = false): StatsRecord[] =>
    change(reading([[local, remote, isSelected ? 'selected' : 'answered']]), { requestsSent, responsesReceived });
  /** The readings of a connection whose direct pair has counted this, while it uses a relay. */
  const onRelay = (requestsSent: number, responsesReceived: number): StatsRecord[] =>
    [...counting('relay-udp', 'node-udp', 50, 50, true), ...named(counting('udp', 'node-udp', requestsSent, responsesReceived), 'udp', 'udp-node-udp')];
  const relayAlone = reading([['relay-udp', 'node-udp', 'selected']]);
  const explain = (...readings: StatsRecord[][]) => pathsOf(readings.at(-1)!, 'send', readings.reduce(collectEvidence, noEvidence))[0];

  it('counts as long as checks are answered, single ones of which may get lost', () => {
    expect(explain(onRelay(10, 10), onRelay(12, 10))).toMatchObject({ kind: 'relay-udp', reason: null, blocked: [] });
    expect(explain(onRelay(10, 10), onRelay(12, 10), onRelay(15, 12))).toMatchObject({ reason: null });
  });

  it('is forgotten when checks are not answered any more, also when the browser has given the pair up', () => {
    expect(explain(onRelay(10, 10), onRelay(13, 10))).toMatchObject({ kind: 'relay-udp', reason: 'direct-unanswered', blocked: [udp] });
    expect(explain(onRelay(10, 10), onRelay(13, 10), relayAlone)).toMatchObject({ reason: 'direct-unanswered', blocked: [udp] });
    expect(explain(onRelay(10, 10), onRelay(13, 10), onRelay(14, 11))).toMatchObject({ reason: null });
  });

  it('is forgotten with its pair, and the reason is that of other destinations', () => {
    const blocked = reading([['relay-udp', 'node-udp', 'selected'], ['tcp', 'node-tcp', 'unanswered']]);
    expect(explain(onRelay(10, 10), relayAlone)).toMatchObject({ kind: 'relay-udp', reason: null });
    expect(explain(onRelay(10, 10), blocked)).toMatchObject({ kind: 'relay-udp', reason: 'direct-unanswered', blocked: [tcp] });
  });

  it('is forgotten when another network or another look brings new pairs, which say whether the path works', () => {
    const next = (outcome: Outcome) => [...relayAlone, ...change(named(reading([['udp', 'node-udp', outcome]]), 'udp', 'udp-node-udp'), { id: 'next' })];
    expect(explain(onRelay(10, 10), next('pending'))).toMatchObject({ reason: null });
    expect(explain(onRelay(10, 10), next('pending'), next('unanswered'))).toMatchObject({ reason: 'direct-unanswered', blocked: [udp] });
    expect(explain(onRelay(10, 10), next('pending'), next('answered'))).toMatchObject({ reason: null });
  });

  it('is kept while the connection has no pairs', () => {
    const closed = relayAlone.filter(({ type }) => type !== 'candidate-pair');
    expect([onRelay(10, 10), closed].reduce(collectEvidence, noEvidence).attempts.get(`udp ${node} 42000`)?.outcome).toBe('answered');
  });

  it('leaves no path when it is lost, once destinations have failed since then', () => {
    const direct = (requestsSent: number) => change(counting('udp', 'node-udp', requestsSent, 10), { nominated: requestsSent === 10 });
    const failedBefore = [...direct(10), ...named(reading([['tcp', 'node-tcp', 'failed']]), 'tcp', 'tcp-node-tcp')];
    expect(explain(failedBefore, direct(13))).toBeUndefined();
    expect(explain(failedBefore, direct(13), direct(30))).toMatchObject({ kind: 'none', reason: 'direct-unanswered', blocked: [udp] });
  });
});

describe('a call of Chromium 156 in a network without UDP, as it was recorded', () => {
  /** Local and remote address, protocol, state, checks and responses of each pair. Chromium tries UDP from loopback too, and has a reflexive candidate over TCP. */
  type Pair = readonly [string, string, 'udp' | 'tcp', string, number, number];
  const toNode6: Pair = ['fd77:152::2', 'fd77:152::1', 'tcp', 'waiting', 0, 0];
  const overUdp: readonly Pair[] = [
    ['127.0.0.1', '10.203.152.1', 'udp', 'in-progress', 20, 0], ['fd77:152::2', 'fd77:152::1', 'udp', 'in-progress', 21, 0], ['10.203.152.2', '10.203.152.1', 'udp', 'in-progress', 20, 0],
  ];
  const recorded = (pairs: readonly Pair[]): StatsRecord[] => [
    { id: 'T01', type: 'transport', selectedCandidatePairId: '10.203.152.2-10.203.152.1-tcp', iceState: 'connected' },
    ...pairs.flatMap(([local, remote, protocol, state, requestsSent, responsesReceived]) => [
      {
        id: `${local}-${remote}-${protocol}`, type: 'candidate-pair', localCandidateId: `L ${local} ${protocol}`, remoteCandidateId: `R ${remote} ${protocol}`, state, nominated: state === 'succeeded',
        requestsSent, responsesReceived, ...(state === 'succeeded' ? { currentRoundTripTime: 0.001 } : {}),
      },
      { id: `R ${remote} ${protocol}`, type: 'remote-candidate', candidateType: 'host', protocol, address: remote, port: 24929 },
    ]),
    ...overUdp.map(([local]) => ({ id: `L ${local} udp`, type: 'local-candidate', candidateType: 'host', protocol: 'udp', address: local, port: 40001 })),
    { id: 'L fd77:152::2 tcp', type: 'local-candidate', candidateType: 'host', protocol: 'tcp', address: 'fd77:152::2', port: 9, tcpType: 'active' },
    { id: 'L 10.203.152.2 tcp', type: 'local-candidate', candidateType: 'prflx', protocol: 'tcp', address: '10.203.152.2', port: 38662, tcpType: 'active' },
  ];
  const overTcp = (checks: number): Pair => ['10.203.152.2', '10.203.152.1', 'tcp', 'succeeded', checks, checks];
  const after3Seconds = recorded([toNode6, ...overUdp, overTcp(5)]);
  const after20Seconds = recorded([toNode6, overTcp(12)]);
  const expected = {
    kind: 'tcp', type: 'prflx', protocol: 'tcp', family: 'ipv4', reason: 'udp-unanswered',
    blocked: [{ protocol: 'udp', address: '10.203.152.1', port: 24929 }, { protocol: 'udp', address: 'fd77:152::1', port: 24929 }],
  };

  it('says why it uses TCP, also when Chromium has given up UDP', () => {
    const evidence = collectEvidence(noEvidence, after3Seconds);
    expect(pathsOf(after3Seconds, 'send', evidence)).toMatchObject([expected]);
    expect(pathsOf(after20Seconds, 'send', collectEvidence(evidence, after20Seconds))).toMatchObject([expected]);
  });

  it('gives no reason to who looks only then', () => {
    expect(pathsOf(after20Seconds, 'send')).toMatchObject([{ kind: 'tcp', reason: null, blocked: [] }]);
  });
});

describe('the path that is reported', () => {
  const [send] = pathsOf(reading([['udp', 'node-udp', 'selected']]), 'send');
  const [receive] = pathsOf(reading([['tcp', 'node-tcp', 'selected'], ['udp', 'node-udp', 'unanswered']]), 'receive');
  const [direct] = pathsOf(reading([['udp', 'node-udp', 'selected']]), 'both');

  it('is the worst one, with its reason', () => {
    expect(worstPath([send!, receive!])).toEqual({ kind: 'tcp', reason: 'udp-unanswered' });
    expect(worstPath([receive!, { ...receive!, reason: null }])).toEqual({ kind: 'tcp', reason: 'udp-unanswered' });
    expect(worstPath([send!])).toEqual({ kind: 'udp', reason: null });
    expect(worstPath([])).toEqual({ kind: null, reason: null });
  });

  it('is a direct one while there is one', () => {
    expect(pathsInUse([send!, receive!, direct!])).toEqual([direct]);
    expect(worstPath([send!, receive!, direct!])).toEqual({ kind: 'p2p', reason: null });
  });
});
