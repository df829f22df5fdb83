import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Environment } from '../../src/core/environment.js';
import { Tunnel, type TunnelHost, type TunnelState } from '../../src/features/tunnel/tunnel.js';
import { isTunnelled } from '../../src/features/tunnel/tunnelled.js';

class Connection extends EventTarget {
  connectionState = 'new';
  iceConnectionState = 'checking';
  signalingState = 'new';
  getTransceivers(): unknown[] {
    return [{}];
  }

  describe(): void {
    this.signalingState = 'stable';
    this.dispatchEvent(new Event('signalingstatechange'));
  }

  setIce(state: string, { isSecured = true } = {}): void {
    this.iceConnectionState = state;
    this.dispatchEvent(new Event('iceconnectionstatechange'));
    if (!isSecured) return;
    this.connectionState = state === 'completed' ? 'connected' : state;
    this.dispatchEvent(new Event('connectionstatechange'));
  }
}

const asPeer = (connection: Connection): RTCPeerConnection => connection as unknown as RTCPeerConnection;

function open(more: Partial<TunnelHost> = {}) {
  const calls: string[] = [];
  const states: TunnelState[] = [];
  let publishing: RTCPeerConnection | null = null;
  const environment = { createPeerConnection: () => new Connection() as unknown as RTCPeerConnection, monotonicNow: () => Date.now(), now: () => Date.now() } as unknown as Environment;
  const tunnel = new Tunnel(environment, {
    isSupported: true,
    publishing: () => publishing,
    urlOf: sessionId => sessionId,
    ticket: () => 'ticket',
    isEncrypted: () => false,
    replaceConnections: () => {
      calls.push('replace');
      return true;
    },
    replacePublishing: () => { calls.push('publish'); },
    onChange: state => { states.push(state); },
    ...more,
  });
  const connect = (): Connection => {
    const connection = tunnel.environment.createPeerConnection({}) as unknown as Connection;
    if (!isTunnelled(asPeer(connection))) connection.describe();
    return connection;
  };
  /** Opens the connection that sends. */
  const publish = (): Connection => {
    const connection = connect();
    publishing = asPeer(connection);
    return connection;
  };
  const say = (isAllowed: boolean) => { tunnel.handlers['ice-servers']({ ...(isAllowed ? { tunnel: true } : {}) }); };
  /** What a socket begins with. Returns what the client says about tunnels. */
  const join = ({ isAllowed = true } = {}) => {
    const fields = tunnel.joinFields();
    say(isAllowed);
    tunnel.handleJoined();
    return fields;
  };
  /** Neither connection has found a path, so both are tunnels. */
  const fallBack = () => {
    join();
    publish();
    connect();
    vi.advanceTimersByTime(6_000);
    join();
    calls.splice(0);
    publish();
    return { receiving: connect() };
  };
  return { tunnel, calls, states, connect, publish, say, join, fallBack };
}

const isTunnel = (connection: Connection): boolean => isTunnelled(asPeer(connection));

describe('the last resort', () => {
  beforeEach(() => { vi.useFakeTimers(); });
  afterEach(() => { vi.useRealTimers(); });

  it('begins soon after the join when no pair of candidates works', () => {
    const { calls, states, connect, join } = open();
    join();
    connect();
    connect();
    vi.advanceTimersByTime(1_199);
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(calls).toEqual(['replace']);
    expect(states).toEqual([]); // until one has opened
    expect(join()).toEqual({ tunnel: true });
    expect(isTunnel(connect())).toBe(true);
  });

  it('begins when pairs of candidates work and secure connections do not', () => {
    const { calls, connect, join } = open();
    join();
    connect().setIce('connected', { isSecured: false });
    vi.advanceTimersByTime(2_500);
    connect().setIce('connected', { isSecured: false });
    vi.advanceTimersByTime(500);
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(2_500);
    expect(calls).toEqual(['replace']);
  });

  it('does not begin while a secure connection is made, slowly', () => {
    const { calls, connect, join } = open();
    join();
    const connection = connect();
    connection.setIce('connected', { isSecured: false });
    vi.advanceTimersByTime(2_900);
    connection.setIce('connected');
    vi.advanceTimersByTime(60_000);
    expect(calls).toEqual([]);
  });

  it('goes on when a look finds a pair of candidates and no secure connection', () => {
    const { tunnel, calls, states, publish, fallBack } = open();
    fallBack();
    expect(tunnel.look()).toBe(true);
    publish().setIce('connected', { isSecured: false });
    states.splice(0);
    vi.advanceTimersByTime(6_000);
    expect(calls).toEqual(['publish', 'publish']); // once for the look, and once for the tunnel again
    expect(tunnel.isOn).toBe(true);
    expect(states).not.toContain('off');
  });

  it('begins when several connections have found none, one after the other', () => {
    const { calls, connect, join } = open();
    join();
    const first = connect();
    vi.advanceTimersByTime(1_000);
    first.connectionState = 'closed';
    connect();
    vi.advanceTimersByTime(200);
    expect(calls).toEqual(['replace']);
  });

  it('begins after six seconds in a call in which media had a path', () => {
    const { calls, connect, join } = open();
    join();
    const former = connect();
    former.setIce('connected');
    former.connectionState = 'closed';
    connect();
    vi.advanceTimersByTime(5_999);
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(calls).toEqual(['replace']);
  });

  it.each([
    ['the server does not allow it', {}, false],
    ['the browser cannot do it', { isSupported: false }, true],
  ])('is not used when %s', (_, more, isAllowed) => {
    const { calls, states, connect, join } = open(more);
    join({ isAllowed });
    connect();
    vi.advanceTimersByTime(60_000);
    expect([calls, states]).toEqual([[], []]);
    expect(join({ isAllowed })).toEqual({});
    expect(isTunnel(connect())).toBe(false);
  });

  it('is not used while a connection has a path, nor for one that has lost its path', () => {
    const { calls, connect, join } = open();
    join();
    const first = connect();
    first.setIce('connected');
    connect();
    vi.advanceTimersByTime(60_000);
    expect(calls).toEqual([]);
    const { calls: others, connect: reconnect, join: rejoin } = open();
    rejoin();
    const lost = reconnect();
    lost.setIce('connected');
    lost.setIce('failed');
    vi.advanceTimersByTime(60_000);
    expect(others).toEqual([]);
  });

  it('never sends what would have to be encrypted, also when that turns out later', () => {
    let isEncrypted = false;
    const { connect, join, fallBack } = open({ isEncrypted: () => isEncrypted });
    const { receiving } = fallBack();
    expect(receiving).toMatchObject({ isEncrypted: false });
    isEncrypted = true;
    const next = connect();
    expect(next).toMatchObject({ isEncrypted: true });
    join();
    expect(receiving.connectionState).toBe('closed');
    expect(next.connectionState).toBe('new');
  });

  it('waits until the connections can be replaced', () => {
    let isPossible = false;
    const { states, connect, join } = open({ replaceConnections: () => isPossible });
    join();
    connect();
    vi.advanceTimersByTime(6_000);
    isPossible = true;
    vi.advanceTimersByTime(200);
    expect(join()).toEqual({ tunnel: true });
    expect(states).toEqual([]);
  });

  it('goes on with the next socket', () => {
    const { states, join, fallBack } = open();
    fallBack();
    expect(join()).toEqual({ tunnel: true });
    expect(states).toEqual([]);
  });

  it('ends when the server denies it, and begins again when it allows it', () => {
    const { calls, states, connect, say, fallBack } = open();
    fallBack();
    say(false);
    expect([calls, states]).toEqual([['replace'], ['off']]);
    connect();
    vi.advanceTimersByTime(60_000);
    expect(calls).toEqual(['replace']);
    say(true);
    expect(calls).toEqual(['replace', 'replace']);
  });

  it('ends when the server does not say any more that it is allowed', () => {
    const { tunnel, states, fallBack } = open();
    fallBack();
    tunnel.joinFields();
    tunnel.handleJoined();
    expect(states).toEqual(['off']);
    expect(tunnel.joinFields()).toEqual({});
  });

  it('is left by what sends when another path is found, and the receiving connection may follow', () => {
    const { tunnel, calls, publish, join, fallBack } = open();
    fallBack();
    expect(tunnel.look()).toBe(true);
    expect(calls).toEqual(['publish']);
    const found = publish();
    expect(isTunnel(found)).toBe(false);
    vi.advanceTimersByTime(1_000);
    found.setIce('connected');
    vi.advanceTimersByTime(60_000);
    expect(calls).toEqual(['publish']);
    expect(join()).toEqual({});
  });

  it('is used again by what sends when a look finds nothing', () => {
    const { tunnel, calls, publish, join, fallBack } = open();
    fallBack();
    tunnel.look();
    publish();
    expect(join()).toEqual({ tunnel: true }); // the other one still is on a tunnel
    vi.advanceTimersByTime(6_000);
    expect(calls).toEqual(['publish', 'publish']);
    expect(isTunnel(publish())).toBe(true);
  });

  it('opens what the server says during a look, and after it; an earlier server says nothing', () => {
    const { tunnel, calls, connect, publish, fallBack } = open();
    fallBack();
    const receive = (isTunnel?: boolean) => isTunnel === undefined ? connect() : tunnel.environment.createPeerConnection({}, isTunnel) as unknown as Connection;
    tunnel.look();
    const found = publish();
    expect([receive(true), receive(false), receive()].map(isTunnel)).toEqual([true, false, false]);
    found.setIce('connected');
    expect([receive(true), receive(false), receive()].map(isTunnel)).toEqual([true, false, false]);
    vi.advanceTimersByTime(1_000);
    expect(calls).toEqual(['publish']);
  });

  it('ends for a minute when the server offers another session than it was asked for', () => {
    const { tunnel, calls, states, connect, join, fallBack } = open();
    fallBack();
    expect(isTunnel(tunnel.environment.createPeerConnection({}, false) as unknown as Connection)).toBe(false);
    vi.advanceTimersByTime(0);
    expect([calls, states]).toEqual([['replace'], ['off']]);
    expect(join()).toEqual({});
    connect();
    vi.advanceTimersByTime(59_000);
    expect(calls).toEqual(['replace']);
    vi.advanceTimersByTime(1_000);
    expect(calls).toEqual(['replace', 'replace']);
  });

  it('does not end because of an offer from before it was asked for', () => {
    const { tunnel, calls, connect, join } = open();
    join();
    connect();
    vi.advanceTimersByTime(6_000);
    tunnel.environment.createPeerConnection({}, false);
    vi.advanceTimersByTime(0);
    tunnel.joinFields();
    tunnel.environment.createPeerConnection({}, false);
    vi.advanceTimersByTime(0);
    expect(calls).toEqual(['replace']);
    expect(join()).toEqual({ tunnel: true });
  });

  it('is left by both when the receiving connection finds another path', () => {
    const { tunnel, calls, states, connect, join, fallBack } = open();
    fallBack();
    expect(tunnel.leave(() => true)).toBe(true);
    expect(join()).toEqual({});
    connect().setIce('connected');
    expect(states).toEqual(['off']);
    expect(calls).toEqual(['publish']); // what sends is on a tunnel still
  });

  it('is used again by both when the receiving connection finds none', () => {
    const { tunnel, calls, states, connect, join, fallBack } = open();
    fallBack();
    tunnel.leave(() => true);
    join();
    connect();
    vi.advanceTimersByTime(6_000);
    expect(calls).toEqual(['replace']);
    expect(join()).toEqual({ tunnel: true });
    expect(states).toEqual([]);
  });

  it('stays as it is when the connections cannot be replaced', () => {
    const { tunnel, connect, fallBack } = open();
    fallBack();
    expect(tunnel.leave(() => false)).toBe(false);
    expect(isTunnel(connect())).toBe(true);
  });
});
