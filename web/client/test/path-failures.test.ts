import { describe, expect, it } from 'vitest';
import type { Environment } from '../src/core/environment.js';
import { noEvidence, type PathAttempt, type PathEvidence, type PathKind } from '../src/features/stats/path-evidence.js';
import { failedPaths, PathFailures, reasonOf, wayTo, type Findings, type TriedPath } from '../src/features/stats/path-failures.js';

/** What was tried, each `way outcome`, or `way outcome port`. */
function evidence(...tried: string[]): PathEvidence {
  const attempts = tried.map((one): [string, PathAttempt] => {
    const [kind, outcome, port = '1'] = one.split(' ') as [PathKind, PathAttempt['outcome'], string?];
    return [one, { kind, outcome, destination: { protocol: 'udp', address: '203.0.113.7', port: Number(port) } }];
  });
  return { ...noEvidence, attempts: new Map(attempts), gathered: new Set(attempts.map(([, { kind }]) => kind)) };
}

function failures(tried: PathEvidence, more: Partial<Findings> = {}) {
  const paths = failedPaths({ before: tried, now: tried, relays: new Set(), errors: new Map(), hasGathered: true, ...more });
  return [...paths].map(([path, reason]) => `${path} ${reason}`);
}

const relays = (...ways: TriedPath[]) => ({ relays: new Set(ways) });

describe('a way that does not work', () => {
  it('is one whose checks get no response', () => {
    expect(failures(evidence('udp unanswered', 'tcp failed'))).toEqual(['udp unanswered', 'tcp unanswered']);
    expect(failures(evidence('udp unanswered', 'tcp answered'))).toEqual(['udp unanswered']);
    expect(failures(evidence('udp pending', 'tcp answered'))).toEqual([]);
  });

  it('is not one with another address that answers, or may answer', () => {
    expect(failures(evidence('udp unanswered 1', 'udp answered 2'))).toEqual([]);
    expect(failures(evidence('udp unanswered 1', 'udp pending 2'))).toEqual([]);
  });

  it('is not one that had no time to answer', () => {
    expect(failures(evidence('udp unanswered', 'tcp answered'), { before: noEvidence })).toEqual([]);
  });

  it('is not one that is not needed, because a better one works', () => {
    expect(failures(evidence('udp answered', 'tcp unanswered', 'relay-udp failed'), relays('relay-udp', 'relay-tls'))).toEqual([]);
  });

  it('is one whose relay gives no address, and says why', () => {
    const cutOff = evidence('udp unanswered');
    expect(failures(cutOff, relays('relay-udp', 'relay-tls'))).toEqual(['udp unanswered', 'relay-udp unreachable', 'relay-tls unreachable']);
    expect(failures(cutOff, { ...relays('relay-udp'), errors: new Map([['relay-udp', 'credentials']]) })).toEqual(['udp unanswered', 'relay-udp credentials']);
    expect(failures(cutOff, { ...relays('relay-udp'), hasGathered: false })).toEqual(['udp unanswered']);
  });

  it('is one whose relay refuses, also where a better one works, unless it gives an address on another network', () => {
    const errors = { errors: new Map([['relay-udp', 'quota']] as const) };
    expect(failures(evidence('udp answered'), { ...relays('relay-udp'), ...errors })).toEqual(['relay-udp quota']);
    expect(failures(evidence('udp answered', 'relay-udp answered'), { ...relays('relay-udp'), ...errors })).toEqual([]);
  });

  it('is one whose relay works and does not reach the media node', () => {
    expect(failures(evidence('relay-tls failed'), relays('relay-tls'))).toEqual(['relay-tls unanswered']);
  });
});

it.each([
  ['turn:203.0.113.9:3478', 'relay-udp'], ['turn:203.0.113.9:3478?transport=udp', 'relay-udp'], ['turn:203.0.113.9:3478?transport=tcp', 'relay-tcp'],
  ['turns:relay.example.com:443?transport=tcp', 'relay-tls'], ['stun:203.0.113.9:3478', null], ['', null],
])('the way to %s is %s', (url, way) => {
  expect(wayTo(url)).toBe(way);
});

it.each([[401, 'credentials'], [438, 'credentials'], [441, 'credentials'], [486, 'quota'], [403, 'refused'], [508, 'refused'], [701, 'unreachable']])('the code %i means %s', (code, reason) => {
  expect(reasonOf(code)).toBe(reason);
});

describe('the ways that do not work for the connections of a meeting', () => {
  class Connection extends EventTarget {
    iceGatheringState = 'gathering';
    readonly #urls: readonly string[];

    constructor(urls: readonly string[]) {
      super();
      this.#urls = urls;
    }

    getConfiguration(): RTCConfiguration {
      return { iceServers: this.#urls.map(urls => ({ urls })) };
    }

    refuse(url: string, errorCode: number): void {
      this.dispatchEvent(Object.assign(new Event('icecandidateerror'), { url, errorCode }));
    }
  }

  function meeting(...urls: string[]) {
    const clock = { now: 0 };
    const failures = new PathFailures(() => clock.now);
    const environment = failures.watch({ createPeerConnection: () => new Connection(urls) as unknown as RTCPeerConnection } as unknown as Environment);
    const open = () => environment.createPeerConnection({}) as unknown as Connection;
    const read = (connection: Connection, tried: PathEvidence, before = tried) => failures.read(connection as unknown as RTCPeerConnection, before, tried);
    return { failures, clock, open, read };
  }

  it('are counted once for each connection, until they are reported', () => {
    const { failures, open, read } = meeting();
    const [one, other] = [open(), open()];
    for (const connection of [one, one, other]) read(connection, evidence('udp unanswered', 'tcp answered'));
    expect(failures.counted).toEqual([{ path: 'udp', reason: 'unanswered', count: 2 }]);
    failures.clear();
    read(one, evidence('udp unanswered', 'tcp answered'));
    expect(failures.counted).toEqual([]);
  });

  it('have the reason of the relay, not that another network of the browser does not reach it', () => {
    const url = 'turn:203.0.113.9:3478?transport=tcp';
    const { failures, open, read } = meeting(url);
    const connection = open();
    connection.refuse(url, 401);
    connection.refuse(url, 701);
    connection.refuse('stun:203.0.113.9:3478', 701);
    read(connection, noEvidence);
    expect(failures.counted).toEqual([{ path: 'relay-tcp', reason: 'credentials', count: 1 }]);
  });

  it('include a relay that a browser still waits for after ten seconds', () => {
    const { failures, clock, open, read } = meeting('turns:relay.example.com:443?transport=tcp');
    const connection = open();
    for (clock.now = 0; clock.now < 10_000; clock.now += 2_000) read(connection, noEvidence);
    expect(failures.counted).toEqual([]);
    read(connection, noEvidence);
    expect(failures.counted).toEqual([{ path: 'relay-tls', reason: 'unreachable', count: 1 }]);
  });

  it('are not more than a report may have', () => {
    const { failures, open, read } = meeting();
    for (let connection = 0; connection < 100; connection++) read(open(), evidence('udp failed'));
    expect(failures.counted).toEqual([{ path: 'udp', reason: 'unanswered', count: 64 }]);
  });
});
