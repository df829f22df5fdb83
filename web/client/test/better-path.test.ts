import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Environment } from '../src/core/environment.js';
import { BetterPath } from '../src/features/better-path/better-path.js';
import { participant, settle, track, type FakePeerConnection, type ScriptedServer } from './fakes.js';
import { joinedMeeting } from './join.js';

/** Makes the connection use a path of this kind. */
function use(connection: FakePeerConnection, protocol: 'udp' | 'tcp', relayProtocol?: string): void {
  connection.stats = new Map<string, unknown>([
    ['T', { type: 'transport', selectedCandidatePairId: 'P' }],
    ['P', { type: 'candidate-pair', localCandidateId: 'L' }],
    ['L', { type: 'local-candidate', candidateType: relayProtocol === undefined ? 'host' : 'relay', protocol, relayProtocol }],
  ]);
}

/** A call in which both connections use TCP, or nothing is sent. */
async function callOverTcp({ isSending = true } = {}) {
  const { server, meeting } = await joinedMeeting([participant('bob')]);
  if (isSending) await meeting.publish(track('video'), 'camera');
  server.offer('s1', 1, [{ mid: '0', participantId: 'bob', kind: 'video', source: 'camera' }], 's1');
  await settle();
  if (isSending) await answer(server);
  for (const connection of server.connections) {
    use(connection, 'tcp');
    connection.setConnectionState('connected');
  }
  return { server, meeting };
}

async function answer(server: ScriptedServer): Promise<void> {
  server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'answer', sessionId: 'p1', reference: server.socket.sentOf('offer').at(-1)!.reference });
  await settle();
}

const publishOf = (server: ScriptedServer): FakePeerConnection => server.connections.find(one => one.transceivers.some(({ direction }) => direction === 'sendonly'))!;

/** The first look begins after 22.5 s, because the randomness of the tests is the middle. */
const untilFirstLook = async () => {
  await vi.advanceTimersByTimeAsync(22_700);
  await settle();
};
const untilCompared = async () => {
  await vi.advanceTimersByTimeAsync(8_000);
  await settle();
};

describe('a better path', () => {
  beforeEach(() => { vi.useFakeTimers({ shouldAdvanceTime: true }); });
  afterEach(() => { vi.useRealTimers(); });

  it('is looked for by a restart of ICE on the connection that sends', async () => {
    const { server } = await callOverTcp();
    await untilFirstLook();
    expect(server.socket.sentOf('offer').map(({ sessionId, restart }) => ({ sessionId, restart }))).toEqual([{ sessionId: undefined, restart: undefined }, { sessionId: 'p1', restart: undefined }]);
    expect(publishOf(server).iceRestarts).toBe(1);
    expect(server.connections).toHaveLength(2);
  });

  it('makes both connections begin again', async () => {
    const { server } = await callOverTcp();
    await untilFirstLook();
    await answer(server);
    use(publishOf(server), 'udp');
    await untilCompared();
    expect(server.sockets).toHaveLength(2); // with a new socket comes a new subscription
    server.acceptJoin([participant('bob')]);
    await settle();
    expect(server.socket.sentOf('join')[0]!.capabilities['resume']).toBeUndefined();
    expect(server.connections).toHaveLength(3);
  });

  it('that is not found changes nothing, and the time to each next look doubles', async () => {
    const { server } = await callOverTcp();
    const looks: number[] = [];
    for (let second = 0, seen = 0; second < 400; second++) {
      await vi.advanceTimersByTimeAsync(1_000);
      await settle();
      if (publishOf(server).iceRestarts === seen) continue;
      seen = publishOf(server).iceRestarts;
      looks.push(second);
      await answer(server);
    }
    expect(server.sockets).toHaveLength(1);
    expect(server.connections).toHaveLength(2);
    expect(looks.length).toBe(4);
    expect(looks[3]! - looks[2]!).toBeGreaterThan(1.5 * (looks[2]! - looks[1]!));
  });

  it('is not looked for where media flows over UDP', async () => {
    const { server } = await callOverTcp();
    for (const connection of server.connections) use(connection, 'udp');
    await vi.advanceTimersByTimeAsync(200_000);
    expect(server.socket.sentOf('offer')).toHaveLength(1);
    expect(server.sockets).toHaveLength(1);
  });

  it('of relays is found too', async () => {
    const { server } = await callOverTcp();
    for (const connection of server.connections) use(connection, 'udp', 'tls');
    await untilFirstLook();
    await answer(server);
    use(publishOf(server), 'udp', 'udp');
    await untilCompared();
    expect(server.sockets).toHaveLength(2);
  });

  it('is looked for with new connections by somebody who sends nothing', async () => {
    const { server } = await callOverTcp({ isSending: false });
    await untilFirstLook();
    expect(server.sockets).toHaveLength(2);
  });

  it('is looked for ever less often by somebody who sends nothing, although each look opens a new socket', async () => {
    const { server } = await callOverTcp({ isSending: false });
    await untilFirstLook();
    expect(server.sockets).toHaveLength(2);
    server.acceptJoin([participant('bob')]);
    await vi.advanceTimersByTimeAsync(40_000); // the second look begins after 45 s
    expect(server.sockets).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(server.sockets.length).toBeGreaterThan(2);
  });

  it('is not looked for on the best relay where only relays may be used', async () => {
    const { server } = await callOverTcp();
    for (const connection of server.connections) {
      connection.configuration.iceTransportPolicy = 'relay';
      use(connection, 'udp', 'udp');
    }
    await vi.advanceTimersByTimeAsync(200_000);
    expect(publishOf(server).iceRestarts).toBe(0);
    expect(server.sockets).toHaveLength(1);
  });

  it('is taken by the other connection when one has it', async () => {
    const { server } = await callOverTcp();
    use(publishOf(server), 'udp');
    await untilFirstLook();
    expect(publishOf(server).iceRestarts).toBe(0);
    expect(server.sockets).toHaveLength(2);
  });

  it('is not looked for without a socket, nor after the meeting', async () => {
    const { server, meeting } = await callOverTcp();
    await meeting.leave();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.socket.sentOf('offer')).toHaveLength(1);
    expect(server.sockets).toHaveLength(1);
  });

  it('does not wait for an offer that is never answered', async () => {
    const { server } = await callOverTcp();
    await untilFirstLook();
    await vi.advanceTimersByTimeAsync(11_000);
    await settle();
    expect(publishOf(server).signalingState).toBe('stable');
    expect(server.connections).toHaveLength(2);
  });

  /** The seconds in which a look began, of the next ones. `act` runs at the beginning of each. */
  const looksWithin = async (server: ScriptedServer, seconds: number, act: (second: number) => void = () => {}) => {
    const looks: number[] = [];
    for (let second = 0, seen = publishOf(server).iceRestarts; second < seconds; second++) {
      act(second);
      await vi.advanceTimersByTimeAsync(1_000);
      await settle();
      if (publishOf(server).iceRestarts === seen) continue;
      seen = publishOf(server).iceRestarts;
      looks.push(second);
      await answer(server);
    }
    return looks;
  };

  it('is looked for soon after a sign that the network is another one, and then as after the join', async () => {
    const { server } = await callOverTcp();
    expect(await looksWithin(server, 300)).toHaveLength(3); // the next one would follow after 180 s
    const looks = await looksWithin(server, 100, second => { if (second < 2) server.networkSign(); });
    expect(looks).toHaveLength(3);
    expect(looks[0]).toBeLessThanOrEqual(4);
    expect(looks[1]! - looks[0]!).toBeGreaterThanOrEqual(20);
    expect(looks[1]! - looks[0]!).toBeLessThanOrEqual(25 + 8);
  });

  it('is looked for soon after the browser is online again, with the socket that it opens', async () => {
    const { server } = await callOverTcp();
    expect(await looksWithin(server, 300)).toHaveLength(3);
    server.networkSign();
    server.network(true);
    await settle();
    server.acceptJoin([participant('bob')]);
    await settle();
    const looks = await looksWithin(server, 10);
    expect(looks).toHaveLength(1);
    expect(looks[0]).toBeLessThanOrEqual(4);
  });

  it('is looked for once in five minutes at most where signs come all the time', async () => {
    const { server } = await callOverTcp();
    const looks = await looksWithin(server, 1_300, () => server.networkSign());
    expect(looks.length).toBeLessThan(10);
    expect(looks.at(-1)! - looks.at(-2)!).toBeGreaterThan(290);
    await looksWithin(server, 301);
    expect(await looksWithin(server, 10, second => { if (second === 0) server.networkSign(); })).toHaveLength(1); // after quiet, a sign says something again
  }, 30_000);

  it('is not looked for after a sign where media flows over UDP, however many signs there are', async () => {
    const { server } = await callOverTcp();
    for (const connection of server.connections) use(connection, 'udp');
    expect(await looksWithin(server, 600, () => server.networkSign())).toEqual([]);
    for (const connection of server.connections) use(connection, 'tcp');
    expect(await looksWithin(server, 10, second => { if (second === 0) server.networkSign(); })).toHaveLength(1);
  });

  it('is looked for soon after ICE has taken another path for a connection, but not because it looks itself', async () => {
    const { server } = await callOverTcp();
    expect(await looksWithin(server, 300)).toHaveLength(3);
    const changePath = () => publishOf(server).transport.iceTransport.dispatchEvent(new Event('selectedcandidatepairchange'));
    const looks = await looksWithin(server, 40, second => { if (second === 0 || second === 6) changePath(); });
    expect(looks).toHaveLength(2);
    expect(looks[0]).toBeLessThanOrEqual(4);
    expect(looks[1]! - looks[0]!).toBeGreaterThan(25);
  });

  it('is not looked for because a new connection tries its paths', async () => {
    const { server } = await callOverTcp();
    const changePath = () => publishOf(server).transport.iceTransport.dispatchEvent(new Event('selectedcandidatepairchange'));
    expect(await looksWithin(server, 20, second => { if (second < 4) changePath(); })).toEqual([]);
  });

  const on = (protocol: string) => ({
    connectionState: 'connected',
    getConfiguration: () => ({}),
    getStats: async () => new Map<string, unknown>([
      ['T', { type: 'transport', selectedCandidatePairId: 'P' }],
      ['P', { type: 'candidate-pair', localCandidateId: 'L' }],
      ['L', { type: 'local-candidate', candidateType: 'host', protocol }],
    ]),
  }) as unknown as RTCPeerConnection;
  const environment = { random: () => 0.5, monotonicNow: () => Date.now(), watchNetworkSigns: () => () => {} } as unknown as Environment;

  /** A call over TCP in which a look finds UDP. `end` says how UDP ends, some seconds after each move. Returns the seconds of the moves. */
  const movesWithin = async (seconds: number, lastsSeconds: (move: number) => number, end: (betterPath: BetterPath) => void) => {
    const moves: number[] = [];
    const connections = { publish: on('tcp'), subscribe: on('tcp') };
    let [second, isReplacing, endsAt] = [0, false, Infinity];
    const betterPath = new BetterPath(environment, {
      connections,
      restartIce: () => {
        connections.publish = on('udp');
        return true;
      },
      replaceConnections: () => {
        moves.push(second);
        endsAt = second + lastsSeconds(moves.length);
        return isReplacing = true;
      },
    });
    betterPath.handleJoined();
    for (; second < seconds; second++) {
      if (isReplacing) {
        isReplacing = false;
        betterPath.handleOffline();
        [connections.publish, connections.subscribe] = [on('udp'), on('udp')];
        betterPath.handleJoined();
      }
      if (second >= endsAt) {
        endsAt = Infinity;
        [connections.publish, connections.subscribe] = [on('tcp'), on('tcp')];
        end(betterPath);
      }
      await vi.advanceTimersByTimeAsync(1_000);
      await settle();
    }
    betterPath.close();
    return moves;
  };
  const rejoin = (betterPath: BetterPath) => {
    betterPath.handleOffline();
    betterPath.handleJoined();
  };

  it.each<[string, (betterPath: BetterPath) => void]>([['with the socket', rejoin], ['unnoticed', () => {}]])('that ends again and again after ten seconds, %s, is taken less and less often', async (_, end) => {
    const moves = await movesWithin(3_600, () => 10, end);
    expect(moves.length).toBeGreaterThan(3);
    expect(moves.length).toBeLessThan(10);
    expect(moves.at(-1)! - moves.at(-2)!).toBeGreaterThan(600);
  }, 30_000);

  it('that ends again and again, which ICE notices, is taken once in five minutes at most', async () => {
    const moves = await movesWithin(3_600, () => 10, betterPath => betterPath.handlePathChange());
    expect(moves.length).toBeLessThan(16);
    expect(moves.at(-1)! - moves.at(-2)!).toBeGreaterThan(290);
  }, 30_000);

  it('that has lasted is looked for again soon after it has ended', async () => {
    const moves = await movesWithin(3_600, move => (move < 4 ? 10 : 400), rejoin);
    const later = moves.slice(3);
    expect(later.length).toBeGreaterThan(2);
    expect(later[1]! - later[0]! - 400).toBeLessThan(60);
  }, 30_000);

  it('is not opened again when a move has brought both connections there during the look', async () => {
    const calls: string[] = [];
    const connections = { publish: on('tcp'), subscribe: on('tcp') };
    const betterPath = new BetterPath(environment, { connections, restartIce: () => calls.push('look') > 0, replaceConnections: () => calls.push('replace') > 0 });
    betterPath.handleJoined();
    await untilFirstLook();
    await vi.advanceTimersByTimeAsync(3_000);
    [connections.publish, connections.subscribe] = [on('udp'), on('udp')];
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls).toEqual(['look']);
    betterPath.close();
  });

  it('is looked for from a tunnel, and both connections begin again when what sends has found one', async () => {
    const calls: string[] = [];
    const connections = { publish: on('tunnel'), subscribe: on('tunnel') };
    const betterPath = new BetterPath(environment, {
      connections,
      restartIce: () => calls.push('look') > 0,
      replaceConnections: () => calls.push('replace') > 0,
    });
    betterPath.handleJoined();
    await untilFirstLook();
    expect(calls).toEqual(['look']);
    connections.publish = on('tcp');
    await untilCompared();
    expect(calls).toEqual(['look', 'replace']);
    betterPath.close();
  });
});
