import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Environment } from '../src/core/environment.js';
import { Relays } from '../src/features/relays/relays.js';
import { ScriptedServer, participant, settle, track } from './fakes.js';
import { joinMeeting } from './join.js';

const relay = (username: string): RTCIceServer => ({ urls: ['turn:192.0.2.1:3478?transport=udp', 'turn:192.0.2.1:3478?transport=tcp'], username, credential: 'secret' });

async function joinedWith(iceServers: RTCIceServer[]) {
  const server = new ScriptedServer();
  server.respond = call => {
    const response = server.defaultResponse(call);
    return typeof response === 'object' && call.path.endsWith('/join') ? { ...response, body: { ...response.body as object, iceServers } } : response;
  };
  const { meeting } = await joinMeeting({}, server);
  server.acceptJoin([participant('bob')]);
  await meeting.publish(track('video'), 'camera');
  server.offer('s1', 1, [{ mid: '0', participantId: 'bob', kind: 'video', source: 'camera' }], 's1');
  await settle();
  return { server, meeting };
}

describe('relays', () => {
  it('of the join are used by both connections', async () => {
    const { server } = await joinedWith([relay('1:m1:me')]);
    expect(server.connections).toHaveLength(2);
    for (const { configuration } of server.connections) expect(configuration.iceServers).toEqual([relay('1:m1:me')]);
  });

  it('that the server sends before it accepts the join are used by the first connections', async () => {
    const server = new ScriptedServer();
    const { meeting } = await joinMeeting({}, server);
    server.socket.receive({ type: 'ice-servers', iceServers: [relay('1:m1:me')] });
    server.acceptJoin([participant('bob')]);
    await meeting.publish(track('video'), 'camera');
    server.offer('s1', 1, [{ mid: '0', participantId: 'bob', kind: 'video', source: 'camera' }], 's1');
    await settle();
    expect(server.connections).toHaveLength(2);
    for (const { configuration } of server.connections) expect(configuration.iceServers).toEqual([relay('1:m1:me')]);
  });

  it('of the first join do not make its connections begin again', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    try {
      const server = new ScriptedServer();
      const { meeting } = await joinMeeting({}, server);
      server.socket.receive({ type: 'ice-servers', iceServers: [relay('1:m1:me')] });
      server.acceptJoin([participant('bob')]);
      await meeting.publish(track('video'), 'camera');
      server.offer('s1', 1, [{ mid: '0', participantId: 'bob', kind: 'video', source: 'camera' }], 's1');
      await settle();
      for (const connection of server.connections) Object.assign(connection, { connectionState: 'connecting', iceConnectionState: 'checking' });
      await vi.advanceTimersByTimeAsync(600);
      expect(server.connections).toHaveLength(2);
      expect(server.sockets).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('that the server sends later are used by connections that exist, and by new ones', async () => {
    const { server } = await joinedWith([]);
    server.connections[0]!.close();
    server.socket.receive({ type: 'ice-servers', iceServers: [relay('2:m1:me')] });
    expect(server.connections.map(one => one.configuration.iceServers)).toEqual([[], [relay('2:m1:me')]]);
    expect(server.connections[1]!.configuration.bundlePolicy).toBe('max-bundle');
    server.offer('s2', 1, [{ mid: '0', participantId: 'bob', kind: 'video', source: 'camera' }], 's2');
    await settle();
    expect(server.connections.at(-1)!.configuration.iceServers).toEqual([relay('2:m1:me')]);
  });

  it('alone are used when the server says so, until it says otherwise', async () => {
    const { server } = await joinedWith([]);
    const policies = () => server.connections.map(one => one.configuration.iceTransportPolicy);
    expect(policies()).toEqual(['all', 'all']);
    server.socket.receive({ type: 'ice-servers', iceServers: [relay('2:m1:me')], iceTransportPolicy: 'relay' });
    expect(policies()).toEqual(['relay', 'relay']);
    server.offer('s2', 1, [{ mid: '0', participantId: 'bob', kind: 'video', source: 'camera' }], 's2');
    await settle();
    expect(policies()).toEqual(['relay', 'relay', 'relay']);
    server.socket.receive({ type: 'ice-servers', iceServers: [relay('3:m1:me')] });
    expect(policies()).toEqual(['all', 'all', 'all']);
  });

  it('with a URL that the browser does not accept change nothing', async () => {
    const { server } = await joinedWith([relay('1:m1:me')]);
    server.connections[0]!.setConfiguration = () => { throw new DOMException('unknown scheme', 'SyntaxError'); };
    server.socket.receive({ type: 'ice-servers', iceServers: [relay('2:m1:me')] });
    expect(server.connections.map(one => one.configuration.iceServers![0]!.username)).toEqual(['1:m1:me', '2:m1:me']);
  });

  describe('that the server does not name any more', () => {
    const other: RTCIceServer = { urls: ['turn:192.0.2.2:3478?transport=udp'], username: '1:m1:me', credential: 'secret' };

    /** A call whose connections use the relay with this URL. With another type, the relay only told the address of this browser. */
    async function callOver(url: string | undefined, candidateType = 'relay', relayProtocol: string | undefined = undefined) {
      const joined = await joinedWith([relay('1:m1:me'), other]);
      joined.server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'answer', reference: joined.server.socket.sentOf('offer').at(-1)!.reference });
      await settle();
      for (const connection of joined.server.connections) {
        connection.stats = new Map<string, unknown>([
          ['T', { type: 'transport', selectedCandidatePairId: 'P' }],
          ['P', { type: 'candidate-pair', localCandidateId: 'L' }],
          ['L', { type: 'local-candidate', candidateType, relayProtocol, url }],
        ]);
        connection.setConnectionState('connected');
      }
      return joined;
    }

    const name = async (server: ScriptedServer, ...iceServers: RTCIceServer[]) => {
      const sockets = server.sockets.length;
      server.socket.receive({ type: 'ice-servers', iceServers });
      await vi.advanceTimersByTimeAsync(4_100); // half of the time in which people leave
      return server.sockets.length - sockets;
    };

    beforeEach(() => { vi.useFakeTimers({ shouldAdvanceTime: true }); });
    afterEach(() => { vi.useRealTimers(); });

    it('are left: both connections are opened again', async () => {
      const { server } = await callOver('turn:192.0.2.1:3478?transport=udp');
      expect(await name(server, other)).toBe(1);
      const before = server.connections.length;
      server.acceptJoin([participant('bob')]);
      expect(server.socket.sentOf('join')[0]!.capabilities['resume']).toBeUndefined();
      server.offer('s2', 1, [{ mid: '0', participantId: 'bob', kind: 'video', source: 'camera' }], 's2');
      await settle();
      const added = server.connections.slice(before);
      expect(added).toHaveLength(2);
      for (const { configuration } of added) expect(configuration.iceServers).toEqual([other]);
    });

    it('are left if the media node sees another address than that of the relay', async () => {
      const { server } = await callOver('turn:192.0.2.1:3478?transport=udp', 'prflx', 'udp');
      expect(await name(server, other)).toBe(1);
    });

    it('are kept if there is no other one', async () => {
      const { server } = await callOver('turn:192.0.2.1:3478?transport=udp');
      expect(await name(server)).toBe(0);
    });

    it('do not matter to a connection that uses another one, or none', async () => {
      for (const [url, type] of [['turn:192.0.2.2:3478?transport=udp', 'relay'], ['turn:192.0.2.1:3478?transport=udp', 'srflx'], [undefined, 'host']] as const) {
        const { server } = await callOver(url, type);
        expect(await name(server, other)).toBe(0);
      }
    });

    it('are kept if the others are reached in another way, which the network may not let through', async () => {
      const { server } = await callOver('turns:relay.example.com:443?transport=tcp');
      expect(await name(server, relay('1:m1:me'), other)).toBe(0);
    });

    it('are left once, although a connection stays on one', async () => {
      const stats = new Map<string, unknown>([
        ['T', { type: 'transport', selectedCandidatePairId: 'P' }],
        ['P', { type: 'candidate-pair', localCandidateId: 'L' }],
        ['L', { type: 'local-candidate', candidateType: 'relay', url: 'turn:192.0.2.1:3478?transport=udp' }],
      ]);
      const connection = { connectionState: 'connected', getStats: async () => stats, getConfiguration: () => ({}), setConfiguration: () => undefined };
      const onWithdrawn = vi.fn(() => true);
      const relays = new Relays({ random: () => 0.5, createPeerConnection: () => connection } as unknown as Environment, [relay('1:m1:me'), other], { onWithdrawn, onNamed: () => undefined, onEnded: () => undefined });
      relays.environment.createPeerConnection({});
      for (let socket = 0; socket < 3; socket++) {
        relays.handlers['ice-servers']({ iceServers: [other] });
        await vi.advanceTimersByTimeAsync(4_100);
      }
      expect(onWithdrawn).toHaveBeenCalledTimes(1);
    });

    it('are left as soon as nothing else replaces connections', async () => {
      const { server } = await callOver('turn:192.0.2.1:3478?transport=udp');
      server.offer('s2', 1, [{ mid: '0', participantId: 'bob', kind: 'video', source: 'camera' }], 's2'); // a move to another media node
      await settle();
      expect(await name(server, other)).toBe(0);
      for (const connection of server.connections) connection.setConnectionState('connected');
      expect(await name(server, other)).toBe(1);
    });

    it('for a moment only are kept', async () => {
      const { server } = await callOver('turn:192.0.2.1:3478?transport=udp');
      server.socket.receive({ type: 'ice-servers', iceServers: [other] });
      expect(await name(server, relay('1:m1:me'), other)).toBe(0);
    });

    it('have an IPv6 address without brackets in what a browser reports', async () => {
      const { server } = await callOver('turn:2001:db8::1:3478?transport=udp');
      expect(await name(server, { ...other, urls: 'turn:[2001:db8::1]:3478?transport=udp' })).toBe(0);
    });
  });

  describe('whose Pod was killed', () => {
    const other: RTCIceServer = { urls: ['turn:192.0.2.2:3478?transport=udp'], username: '1:m1:me', credential: 'secret' };
    const bob = { mid: '0', participantId: 'bob', kind: 'video', source: 'camera' } as const;

    /** A call whose connections have carried media over the first relay for ten seconds; `kill` ends that. */
    async function callOverRelay(iceServers: RTCIceServer[]) {
      const joined = await joinedWith(iceServers);
      joined.server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'answer', reference: joined.server.socket.sentOf('offer').at(-1)!.reference });
      await settle();
      let endedAt = Infinity;
      for (const connection of joined.server.connections) {
        connection.getStats = async () => new Map<string, unknown>([
          ['T', { type: 'transport', selectedCandidatePairId: 'P' }],
          ['P', { type: 'candidate-pair', localCandidateId: 'L', bytesReceived: 1_000 * Math.min(Date.now(), endedAt), responsesReceived: 1, requestsSent: 1 }],
          ['L', { type: 'local-candidate', candidateType: 'relay', url: 'turn:192.0.2.1:3478?transport=udp' }],
        ]);
        connection.setConnectionState('connected');
      }
      await vi.advanceTimersByTimeAsync(10_000);
      return { ...joined, kill: () => { endedAt = Date.now(); } };
    }

    const name = (server: ScriptedServer, ...iceServers: RTCIceServer[]) => server.socket.receive({ type: 'ice-servers', iceServers });

    beforeEach(() => { vi.useFakeTimers(); });
    afterEach(() => { vi.useRealTimers(); });

    it('are left as soon as there is another one, long before silence alone would show it', async () => {
      const { server, kill } = await callOverRelay([relay('1:m1:me')]);
      kill();
      name(server);
      await vi.advanceTimersByTimeAsync(1_800);
      expect(server.sockets).toHaveLength(1);
      name(server, other);
      await vi.advanceTimersByTimeAsync(500);
      expect(server.sockets).toHaveLength(2);
      const before = server.connections.length;
      server.acceptJoin([participant('bob')]);
      server.offer('s2', 1, [bob], 's2');
      await vi.advanceTimersByTimeAsync(10);
      const added = server.connections.slice(before);
      expect(added).toHaveLength(2);
      for (const { configuration } of added) expect(configuration.iceServers).toEqual([other]);
    });

    it('are left for another Pod with the same address, but not if they were missing for a moment only', async () => {
      for (const isKilled of [true, false]) {
        const { server, kill } = await callOverRelay([relay('1:m1:me')]);
        if (isKilled) kill();
        name(server);
        await vi.advanceTimersByTimeAsync(100);
        name(server, relay('1:m1:me'));
        await vi.advanceTimersByTimeAsync(2_300);
        expect(server.sockets).toHaveLength(isKilled ? 2 : 1);
      }
    });

    it('are left for one that was known already', async () => {
      const { server, kill } = await callOverRelay([relay('1:m1:me'), other]);
      kill();
      name(server, other);
      await vi.advanceTimersByTimeAsync(2_300);
      expect(server.sockets).toHaveLength(2);
    });

    it('are left for one that is reached in another way', async () => {
      const { server, kill } = await callOverRelay([relay('1:m1:me')]);
      kill();
      name(server, { ...other, urls: 'turns:relay.example.com:443?transport=tcp' });
      await vi.advanceTimersByTimeAsync(2_300);
      expect(server.sockets).toHaveLength(2);
    });

    it('are told from those that are drained, which carry media and are left one after another', async () => {
      const { server } = await callOverRelay([relay('1:m1:me'), other]);
      name(server, other);
      await vi.advanceTimersByTimeAsync(3_900);
      expect(server.sockets).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(200);
      expect(server.sockets).toHaveLength(2);
    });
  });

  describe('that the server names for the first time, or again', () => {
    const bob = { mid: '0', participantId: 'bob', kind: 'video', source: 'camera' } as const;

    /** A call whose connections were made without a relay, and have this state. */
    async function callIn(connectionState: RTCPeerConnectionState, iceConnectionState: RTCIceConnectionState) {
      const joined = await joinedWith([]);
      joined.server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'answer', reference: joined.server.socket.sentOf('offer').at(-1)!.reference });
      await settle();
      for (const connection of joined.server.connections) Object.assign(connection, { connectionState, iceConnectionState });
      return joined;
    }

    /** Names these servers; returns how many connections exist after the time in which people come to a relay, when the server has accepted whoever reconnects. */
    async function name(server: ScriptedServer, ...iceServers: RTCIceServer[]) {
      const sockets = server.sockets.length;
      server.socket.receive({ type: 'ice-servers', iceServers });
      await vi.advanceTimersByTimeAsync(500);
      if (server.sockets.length === sockets) return server.connections.length;
      server.acceptJoin([participant('bob')]);
      server.offer('s2', 1, [bob], 's2');
      await settle();
      return server.connections.length;
    }

    beforeEach(() => { vi.useFakeTimers({ shouldAdvanceTime: true }); });
    afterEach(() => { vi.useRealTimers(); });

    it('are used at once by connections that look for a path', async () => {
      const { server } = await callIn('connecting', 'checking');
      expect(await name(server, relay('1:m1:me'))).toBe(4);
      for (const { configuration } of server.connections.slice(2)) expect(configuration.iceServers).toEqual([relay('1:m1:me')]);
    });

    it('are used at once by the one connection that looks for a path', async () => {
      const { server } = await callIn('connecting', 'checking');
      Object.assign(server.connections[1]!, { connectionState: 'connected', iceConnectionState: 'connected' }); // that of the pictures of others
      const [own] = server.connections;
      expect(await name(server, relay('1:m1:me'))).toBe(3);
      expect(own!.configuration.iceServers).toEqual([relay('1:m1:me')]);
      expect(server.sockets).toHaveLength(1);
    });

    it('do not matter to connections that have a path, or are about to be connected', async () => {
      for (const [state, ice] of [['connected', 'connected'], ['disconnected', 'disconnected'], ['connecting', 'connected']] as const) {
        const { server } = await callIn(state, ice);
        expect(await name(server, relay('1:m1:me'))).toBe(2);
      }
    });

    it('do not disturb those who know them', async () => {
      const { server } = await callIn('connecting', 'checking');
      await name(server, relay('1:m1:me'));
      for (const connection of server.connections) Object.assign(connection, { connectionState: 'connecting', iceConnectionState: 'checking' });
      expect(await name(server, relay('2:m1:me'))).toBe(4);
    });
  });
});
