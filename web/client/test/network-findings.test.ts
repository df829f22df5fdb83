import { describe, expect, it } from 'vitest';
import { findingsOf, portsText } from '../src/features/network-check/findings.js';
import type { Bandwidth, RungResult } from '../src/features/network-check/results.js';
import { rungsOf, tunnelRung, type DeniedWay } from '../src/features/network-check/rungs.js';

const rungs = rungsOf({
  checkId: 'c', seconds: 30, connections: 13, addresses: ['203.0.113.5', '2001:db8::5'], udpPorts: [40_000, 40_001], tcpPort: 40_100,
  iceServers: [{ urls: ['turn:198.51.100.9:3478?transport=udp', 'turn:198.51.100.9:3478?transport=tcp', 'turns:relay.example.com:443?transport=tcp'], username: 'u', credential: 'c' }],
});

/** The results when these ways work, with what else is known about single ones. */
const results = (working: readonly string[], more: Readonly<Record<string, Partial<RungResult>>> = {}): RungResult[] => rungs.map(rung => {
  const isConnected = working.includes(rung.name);
  return { rung, state: isConnected ? 'connected' : 'failed', connectMs: isConnected ? 80 : null, rttMs: isConnected ? 20 : null, sendLoss: isConnected ? 0 : null, refusal: null, isAllocated: false, ...more[rung.name] };
});
const findings = (working: readonly string[], more: Readonly<Record<string, Partial<RungResult>>> = {}, bandwidth: Partial<Bandwidth> | null = null, denied: readonly DeniedWay[] = []) =>
  findingsOf({ results: results(working, more), denied, bandwidth: bandwidth === null ? null : { rung: rungs[0]!, sendBitrate: 2_000_000, isSendLimited: false, largestSentBitrate: 1_500_000, receiveBitrate: 1_700_000, sendLoss: 0, receiveLoss: 0, ...bandwidth }, isDone: true });
const ruleText = (finding: ReturnType<typeof findingsOf>[number]): string => (finding.kind === 'blocked' ? `${finding.rule.protocol} ${finding.rule.hosts.join()} ${portsText(finding.rule.ports)}` : finding.kind);

const all = rungs.map(({ name }) => name);
const ipv4 = rungs.filter(({ family }) => family === 'ipv4').map(({ name }) => name);

describe('the findings of a network check', () => {
  it.each<[string, readonly string[], string[]]>([
    ['everything works', all, ['works']],
    ['a network without IPv6', [...ipv4, 'relay-tls-3'], ['works', 'no-ipv6']],
    ['UDP is blocked', all.filter(name => !name.startsWith('udp') && name !== 'relay-udp-1'), ['works', 'udp 203.0.113.5,2001:db8::5 40000–40001']],
    ['UDP is blocked in a network without IPv6', ['tcp-ipv4', 'relay-tcp-2', 'relay-tls-3'], ['works', 'udp 203.0.113.5 40000–40001', 'no-ipv6']],
    ['only a relay over TCP works', ['relay-tcp-2'], ['works', 'udp 203.0.113.5 40000–40001', 'tcp 203.0.113.5 40100', 'udp 198.51.100.9 3478']],
    ['only a relay over TLS works, whose name has any family', ['relay-tls-3'],
      ['works', 'udp 203.0.113.5,2001:db8::5 40000–40001', 'tcp 203.0.113.5,2001:db8::5 40100', 'udp 198.51.100.9 3478', 'tcp 198.51.100.9 3478']],
    ['nothing works', [], ['nothing-works', 'udp 203.0.113.5,2001:db8::5 40000–40001', 'tcp 203.0.113.5,2001:db8::5 40100', 'udp 198.51.100.9 3478', 'tcp 198.51.100.9 3478', 'tcp relay.example.com 443']],
  ])('when %s', (_, working, expected) => {
    expect(findings(working).map(ruleText)).toEqual(expected);
  });

  it('say nothing about ways that could not be tried, and not that nothing works', () => {
    const untried = { state: 'untried' } as const;
    expect(findings([], { 'udp-ipv4': untried, 'udp-ipv6': untried, 'relay-udp-1': untried }).map(ruleText)).toEqual([
      'incomplete', 'tcp 203.0.113.5,2001:db8::5 40100', 'tcp 198.51.100.9 3478', 'tcp relay.example.com 443',
    ]);
  });

  it('say what the settings deny, and name no firewall for it', () => {
    const relays = results(['relay-tls-3']).filter(({ rung }) => rung.relay !== null);
    expect(findingsOf({ results: relays, denied: ['direct'], bandwidth: null, isDone: true }).map(ruleText)).toEqual(['works', 'udp 198.51.100.9 3478', 'tcp 198.51.100.9 3478', 'denied']);
    expect(findings(all, {}, null, ['tcp', 'relay']).slice(1)).toEqual([{ kind: 'denied', way: 'tcp' }, { kind: 'denied', way: 'relay' }]);
  });

  it('say that no path is left when the settings allow relays only and there is none', () => {
    expect(findingsOf({ results: [], denied: ['direct'], bandwidth: null, isDone: true })).toEqual([{ kind: 'no-path' }, { kind: 'denied', way: 'direct' }]);
  });

  const withTunnel = (state: RungResult['state'], working: readonly string[] = [], denied: readonly DeniedWay[] = []) =>
    findingsOf({ results: [...results(working), { ...results([])[0]!, rung: tunnelRung('wss://meet.example.com/meetings/m1/tunnel?check=c'), state }], denied, bandwidth: null, isDone: true });

  it('name a tunnel only where nothing else works, with all rules that would give a better path', () => {
    expect(withTunnel('connected', all)).toEqual([{ kind: 'works', path: 'udp' }]);
    expect(withTunnel('connected').map(ruleText)).toEqual(['works', 'udp 203.0.113.5,2001:db8::5 40000–40001', 'tcp 203.0.113.5,2001:db8::5 40100', 'udp 198.51.100.9 3478', 'tcp 198.51.100.9 3478', 'tcp relay.example.com 443']);
    expect(withTunnel('connected')[0]).toEqual({ kind: 'works', path: 'tunnel' });
  });

  it('say that nobody can join where no WebSocket gets through, and name no rule for the address of the page', () => {
    expect(withTunnel('failed')[0]).toEqual({ kind: 'no-web-socket', host: 'meet.example.com' });
    expect(withTunnel('failed').map(ruleText)).not.toContain('tcp meet.example.com 443');
    expect(withTunnel('failed', all)).toEqual([{ kind: 'works', path: 'udp' }]);
    expect(withTunnel('untried').map(({ kind }) => kind)).not.toContain('nothing-works');
  });

  it.each(['tunnel', 'tunnel-browser'] as const)('say that there are no tunnels only where nothing works: %s', way => {
    expect(findings(all, {}, null, [way])).toEqual([{ kind: 'works', path: 'udp' }]);
    expect(findings([], {}, null, [way]).at(-1)).toEqual({ kind: 'denied', way });
  });

  it('name the path that calls take, and not a worse one that also works', () => {
    expect(findings(['tcp-ipv4', 'relay-tls-3'])[0]).toEqual({ kind: 'works', path: 'tcp' });
  });

  it('say that a relay is full or refuses, and name no firewall for it', () => {
    expect(findings(['relay-tls-3'], { 'relay-udp-1': { refusal: 486 }, 'relay-tcp-2': { refusal: 401 } }).slice(3)).toEqual([
      { kind: 'relay-full', host: '198.51.100.9', code: 486 }, { kind: 'relay-refused', host: '198.51.100.9', code: 401 },
    ]);
  });

  it('say that a relay is full when it is at its capacity', () => {
    expect(findings(['tcp-ipv4'], { 'relay-udp-1': { refusal: 508 } })).toContainEqual({ kind: 'relay-full', host: '198.51.100.9', code: 508 });
  });

  it('say that a relay does not reach the media node, once for its ways, and name no firewall for it', () => {
    expect(findings([], { 'relay-udp-1': { isAllocated: true }, 'relay-tcp-2': { isAllocated: true } }).map(ruleText)).toEqual([
      'nothing-works', 'udp 203.0.113.5,2001:db8::5 40000–40001', 'tcp 203.0.113.5,2001:db8::5 40100', 'tcp relay.example.com 443', 'relay-cut-off',
    ]);
  });

  it.each<[string, Partial<RungResult>, Partial<Bandwidth> | null, object[]]>([
    ['loses what it sends', {}, { sendLoss: 0.05 }, [{ kind: 'loss', direction: 'send', fraction: 0.05 }]],
    ['loses what it receives', {}, { receiveLoss: 0.05 }, [{ kind: 'loss', direction: 'receive', fraction: 0.05 }]],
    ['loses sound before the bandwidth is known', { sendLoss: 0.04 }, null, [{ kind: 'loss', direction: 'send', fraction: 0.04 }]],
    ['responds slowly', { rttMs: 450 }, {}, [{ kind: 'delay', rttMs: 450 }]],
    ['sends little, so that little comes back', {}, { sendBitrate: 200_000, isSendLimited: true, largestSentBitrate: 150_000, receiveBitrate: 150_000 }, [{ kind: 'slow', direction: 'send', bitrate: 200_000 }]],
    ['receives little', {}, { receiveBitrate: 150_000 }, [{ kind: 'slow', direction: 'receive', bitrate: 150_000 }]],
    ['may be good, where most of what was sent comes back', {}, { largestSentBitrate: 600_000, receiveBitrate: 456_000 }, []],
    ['may be good, where something else limits what is sent', {}, { sendBitrate: 200_000, largestSentBitrate: 150_000, receiveBitrate: 150_000 }, []],
    ['is good', {}, {}, []],
  ])('say that a line %s', (_, more, bandwidth, expected) => {
    expect(findings(all, { 'udp-ipv4': more, 'udp-ipv6': { state: 'failed' } }, bandwidth).slice(1)).toEqual(expected);
  });
});

describe('ports in a rule', () => {
  it.each([[[443], '443'], [[40_001, 40_000, 40_002, 41_000], '40000–40002, 41000'], [[], '']])('%j', (ports, text) => {
    expect(portsText(ports)).toBe(text);
  });
});
