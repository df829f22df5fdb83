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

  setIce(state: string): void {
    this.iceConnectionState = state;
    this.dispatchEvent(new Event('iceconnectionstatechange'));
  }
}

function open(more: Partial<TunnelHost> = {}) {
  const calls: string[] = [];
  const states: TunnelState[] = [];
  const environment = { createPeerConnection: () => new Connection() as unknown as RTCPeerConnection, monotonicNow: () => Date.now(), now: () => Date.now() } as unknown as Environment;
  const tunnel = new Tunnel(environment, {
    isSupported: true,
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
    if (!isTunnelled(connection as unknown as RTCPeerConnection)) connection.describe();
    return connection;
  };
  return { tunnel, calls, states, connect };
}

describe('the last resort', () => {
  beforeEach(() => { vi.useFakeTimers(); });
  afterEach(() => { vi.useRealTimers(); });

  it('begins when no pair of candidates works after a second', () => {
    const { tunnel, calls, states, connect } = open();
    tunnel.handleJoined({ tunnel: true });
    connect();
    connect();
    vi.advanceTimersByTime(999);
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(calls).toEqual(['replace']);
    expect(states).toEqual([]); // until one has opened
    expect(tunnel.joinFields(false)).toEqual({ tunnel: true });
    expect(isTunnelled(connect() as unknown as RTCPeerConnection)).toBe(true);
  });

  it.each([
    ['the server does not allow it', {}, false],
    ['the browser cannot do it', { isSupported: false }, true],
  ])('is not used when %s', (_, more, tunnelAllowed) => {
    const { tunnel, calls, states, connect } = open(more);
    tunnel.handleJoined(tunnelAllowed ? { tunnel: true } : {});
    connect();
    vi.advanceTimersByTime(60_000);
    expect([calls, states]).toEqual([[], []]);
    expect(tunnel.joinFields(false)).toEqual({});
  });

  it('is not used while a connection has a path', () => {
    const { tunnel, calls, connect } = open();
    tunnel.handleJoined({ tunnel: true });
    connect().setIce('connected');
    connect();
    vi.advanceTimersByTime(60_000);
    expect(calls).toEqual([]);
  });

  it('is refused in a meeting that is encrypted', () => {
    const { tunnel, calls, states, connect } = open({ isEncrypted: () => true });
    tunnel.handleJoined({ tunnel: true });
    connect();
    vi.advanceTimersByTime(60_000);
    expect([calls, states]).toEqual([[], ['refused']]);
    expect(isTunnelled(connect() as unknown as RTCPeerConnection)).toBe(false);
  });

  it('never sends what would have to be encrypted, also when that turns out later', () => {
    let isEncrypted = false;
    const { tunnel, connect } = open({ isEncrypted: () => isEncrypted });
    tunnel.handleJoined({ tunnel: true });
    connect();
    vi.advanceTimersByTime(1_000);
    isEncrypted = true;
    expect(isTunnelled(connect() as unknown as RTCPeerConnection)).toBe(false);
    tunnel.handleJoined({ tunnel: true });
    expect(tunnel.joinFields(true)).toEqual({});
  });

  it('waits until the connections can be replaced', () => {
    let isPossible = false;
    const { states, tunnel, connect } = open({ replaceConnections: () => isPossible });
    tunnel.handleJoined({ tunnel: true });
    connect();
    vi.advanceTimersByTime(1_000);
    isPossible = true;
    vi.advanceTimersByTime(200);
    expect(tunnel.joinFields(false)).toEqual({ tunnel: true });
    expect(states).toEqual([]);
  });

  it('ends with the next reconnect, unless the session is resumed', () => {
    const { tunnel, calls, states, connect } = open();
    tunnel.handleJoined({ tunnel: true });
    connect();
    vi.advanceTimersByTime(1_000);
    tunnel.joinFields(false);
    connect();
    expect(tunnel.joinFields(true)).toEqual({ tunnel: true });
    expect(tunnel.joinFields(false)).toEqual({});
    expect(states).toEqual(['off']);
    connect().setIce('connected');
    expect(calls).toEqual(['replace', 'publish']);
  });
});
