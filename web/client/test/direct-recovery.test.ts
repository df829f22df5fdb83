import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Meeting } from '../src/meeting.js';
import { connect, direct, flow } from './direct-meeting.js';
import { participant, settle, track, type FakePeerConnection, type ScriptedServer } from './fakes.js';
import { joinedMeeting } from './join.js';
import { answerOf, connectedMeeting, meetingWithZoe, mode, offers, rejoin, tell, unavailable, untilOffer } from './p2p-meeting.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

/** Counts what a browser counts on the path, to which packets arrive while `isUp` is true. */
function count(connection: FakePeerConnection): { isUp: boolean } {
  const path = { isUp: true };
  let [received, checks] = [0, 0];
  connection.getStats = async () => {
    checks++;
    if (path.isUp) received += 1_000;
    return new Map<string, unknown>([
      ['pair', { type: 'candidate-pair', responsesReceived: received / 1_000, bytesReceived: received, requestsSent: checks }],
      ['transport', { type: 'transport', selectedCandidatePairId: 'pair' }],
    ]);
  };
  return path;
}

describe('an offer in a meeting with mode P2P', () => {
  it('without an answer is repeated soon, before anybody is named', async () => {
    const { server, meeting, connection } = await meetingWithZoe();
    expect(await untilOffer(server)).toBeLessThan(5_000);
    expect(connection.connectionState).toBe('closed');
    await answerOf(server);
    connect(direct(server), []);
    await vi.advanceTimersByTimeAsync(20_000);
    expect([offers(server).length, meeting.snapshot.unconnected]).toEqual([2, []]);
  });

  it('that is not delivered is repeated at once, as often as it takes, and nobody is named', async () => {
    const { server, meeting } = await meetingWithZoe();
    const problem = vi.fn();
    meeting.on('problem', problem);
    const waits: number[] = [];
    for (let round = 0; round < 10; round++) {
      await unavailable(server);
      waits.push(await untilOffer(server));
    }
    expect(Math.max(...waits)).toBeLessThan(1_600);
    expect([meeting.snapshot.unconnected, problem.mock.calls]).toEqual([[], []]);
  });

  it('is not repeated because a message to somebody else was not delivered', async () => {
    const { server, meeting } = await connectedMeeting();
    const problem = vi.fn();
    meeting.on('problem', problem);
    await unavailable(server);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([offers(server).length, problem.mock.calls.length]).toEqual([1, 1]);
  });

  it('is not repeated when it may be another one that was not delivered', async () => {
    const { server } = await joinedMeeting([participant('yin'), participant('zoe')], mode);
    await settle();
    await unavailable(server);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(offers(server)).toHaveLength(2);
  });

  it('whose answer takes 5 s connects too, although an earlier answer arrives first', async () => {
    const { server, meeting } = await meetingWithZoe();
    let answered = 0;
    for (let time = 0; time < 40_000; time += 100) {
      await vi.advanceTimersByTimeAsync(100);
      for (const index of offers(server).keys()) {
        if (index < answered || time < offeredAt(server, index, time) + 5_000) continue;
        answered = index + 1;
        const { signalingState } = direct(server);
        await answerOf(server, `answer ${index}`);
        const isOfThis = signalingState === 'have-local-offer' && index === offers(server).length - 1;
        if (isOfThis) connect(direct(server), []);
      }
    }
    expect(direct(server).connectionState).toBe('connected');
    expect(meeting.snapshot.unconnected).toEqual([]);
  });

  const seen = new WeakMap<ScriptedServer, number[]>();
  /** When the offer was first seen. */
  function offeredAt(server: ScriptedServer, index: number, time: number): number {
    const times = seen.get(server) ?? [];
    seen.set(server, times);
    return times[index] ??= time;
  }

  it('is made again when no connection can be created', async () => {
    const { server } = await joinedMeeting([], mode);
    const { createPeerConnection } = server.environment;
    Object.assign(server.environment, { createPeerConnection: () => { throw new DOMException('too many', 'UnknownError'); } });
    server.socket.receive({ type: 'participant-joined', participant: participant('zoe') });
    server.socket.receive({ type: 'participant-joined', participant: participant('ann') });
    server.socket.receive({ type: 'offer', from: 'ann', sdp: 'a=mid:0 audio sendrecv' });
    await settle();
    Object.assign(server.environment, { createPeerConnection });
    expect(await untilOffer(server)).toBeLessThan(2_000);
  });

  it('is not answered any more after a later one', async () => {
    const { server } = await joinedMeeting([participant('ann')], mode);
    const { createPeerConnection } = server.environment;
    Object.assign(server.environment, {
      createPeerConnection: (configuration: RTCConfiguration) => Object.defineProperty(createPeerConnection(configuration), 'iceGatheringState', { value: 'gathering' }),
    });
    for (const sdp of ['a=mid:0 audio sendrecv', 'a=mid:0 audio sendrecv\nb=']) {
      server.socket.receive({ type: 'offer', from: 'ann', sdp });
      await vi.advanceTimersByTimeAsync(600);
    }
    await vi.advanceTimersByTimeAsync(3_000);
    expect(server.socket.sentOf('answer').map(({ sdp }) => sdp.includes('b='))).toEqual([true]);
  });
});

describe('a connection in a meeting with mode P2P', () => {
  it('goes on when its path was dead for a moment', async () => {
    const { server, connection } = await meetingWithZoe();
    const path = count(connection);
    await answerOf(server);
    connect(connection, []);
    await vi.advanceTimersByTimeAsync(12_000);
    path.isUp = false;
    await vi.advanceTimersByTimeAsync(5_500);
    path.isUp = true;
    await vi.advanceTimersByTimeAsync(20_000);
    expect([server.connections.length, connection.connectionState]).toEqual([1, 'connected']);
  });

  it('is opened again when its path stays dead', async () => {
    const { server, connection } = await meetingWithZoe();
    const path = count(connection);
    await answerOf(server);
    connect(connection, []);
    await vi.advanceTimersByTimeAsync(12_000);
    path.isUp = false;
    expect(await untilOffer(server)).toBeLessThan(10_000);
  });

  it('that is lost soon again and again is opened ever less often, until it has worked for a while', async () => {
    const { server } = await meetingWithZoe();
    const loseAfter = async (ms: number): Promise<number> => {
      const connection = direct(server);
      count(connection);
      await answerOf(server);
      connect(connection, []);
      await vi.advanceTimersByTimeAsync(ms);
      connection.setConnectionState('failed');
      return untilOffer(server);
    };
    const [first, second, third, later] = [await loseAfter(2_000), await loseAfter(2_000), await loseAfter(2_000), await loseAfter(15_000)];
    expect([second > 1.5 * first, third > 1.5 * second, later < 1.5 * first]).toEqual([true, true, true]);
  });
});

describe('without signaling, a meeting with mode P2P', () => {
  it('makes no attempts and names nobody, and connects soon when signaling is back', async () => {
    const { server, meeting, connection } = await connectedMeeting();
    server.socket.disconnect();
    connection.setConnectionState('failed');
    await vi.advanceTimersByTimeAsync(40_000);
    expect([server.connections.length, meeting.snapshot.unconnected]).toEqual([1, []]);
    server.acceptJoin([participant('zoe')], mode);
    await settle();
    expect([offers(server).length, meeting.snapshot.unconnected]).toEqual([2, []]);
  });

  it('ends an attempt that nobody has answered, and one after a long back-off begins again when signaling is back', async () => {
    const { server } = await meetingWithZoe();
    await vi.advanceTimersByTimeAsync(70_000);
    const before = offers(server).length;
    await rejoin(server);
    expect(offers(server).length).toBe(before + 1);
    expect(server.connections.filter(({ connectionState }) => connectionState !== 'closed')).toHaveLength(1);
  });

  it('ends its connections after a minute, and not when signaling is back before', async () => {
    const { server, connection } = await connectedMeeting();
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(50_000);
    server.acceptJoin([participant('zoe')], mode);
    await vi.advanceTimersByTimeAsync(70_000);
    expect(connection.connectionState).toBe('connected');
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(58_000);
    expect(connection.connectionState).toBe('connected');
    await vi.advanceTimersByTimeAsync(3_000);
    expect(connection.connectionState).toBe('closed');
    server.acceptJoin([participant('zoe')], mode);
    await settle();
    expect(offers(server)).toHaveLength(2);
    expect(await untilOffer(server)).toBeLessThan(5_000);
  });
});

describe('a list of participants without one who is connected', () => {
  it('ends no connection if the participant is named soon afterwards', async () => {
    const { server, meeting, connection } = await connectedMeeting();
    count(connection);
    await vi.advanceTimersByTimeAsync(8_000);
    await rejoin(server, []);
    await vi.advanceTimersByTimeAsync(3_000);
    server.socket.receive({ type: 'participant-joined', participant: participant('zoe') });
    await vi.advanceTimersByTimeAsync(20_000);
    expect([connection.connectionState, offers(server).length, Object.keys(meeting.snapshot.participants[0]!.tracks)]).toEqual(['connected', 1, ['microphone', 'camera']]);
    expect(meeting.snapshot.unconnected).toEqual([]);
  });

  it('ends the connection after some seconds', async () => {
    const { server, connection } = await connectedMeeting();
    await rejoin(server, []);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(connection.connectionState).toBe('connected');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(connection.connectionState).toBe('closed');
  });

  it('is no reason to keep the connection to a participant who leaves', async () => {
    const { server, connection } = await connectedMeeting();
    await rejoin(server, []);
    server.socket.receive({ type: 'participant-left', participantId: 'zoe' });
    expect(connection.connectionState).toBe('closed');
  });
});

describe('a change of the mode', () => {
  const sources = [{ mid: '0', participantId: 'zoe', kind: 'audio', source: 'microphone' }, { mid: '1', participantId: 'zoe', kind: 'video', source: 'camera' }] as const;
  const playedTracks = (meeting: Meeting) => Object.values(meeting.snapshot.participants[0]?.tracks ?? {});
  const tracksOf = (connection: FakePeerConnection) => connection.transceivers.map(({ receiver }) => receiver.track);
  const isPlayedFrom = (meeting: Meeting, connection: FakePeerConnection) => playedTracks(meeting).every(one => (tracksOf(connection) as unknown[]).includes(one)) && playedTracks(meeting).length > 0;

  /** A meeting that uses the SFU, over which `zoe` is played. */
  async function forwardedMeeting() {
    const { server, meeting } = await joinedMeeting([participant('zoe')]);
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'answer', sessionId: 'p' });
    server.offer('s', 1, [...sources], 's1');
    await settle();
    const [publish, subscribe] = server.connections as [FakePeerConnection, FakePeerConnection];
    for (const connection of [publish, subscribe]) connection.setConnectionState('connected');
    flow(subscribe);
    return { server, meeting, publish, subscribe };
  }

  /** `zoe` sends microphone and camera directly. */
  async function connectToZoe(server: ScriptedServer): Promise<FakePeerConnection> {
    const connection = direct(server);
    await answerOf(server);
    connect(connection, []);
    await tell(connection, ['microphone', 'camera']);
    return connection;
  }

  it('from P2P plays a participant directly until the SFU carries all of it, and closes the direct connection some seconds later', async () => {
    const { server, meeting, connection } = await connectedMeeting();
    flow(connection);
    await rejoin(server, [participant('zoe')], { topology: 'sfu' });
    expect(server.socket.sentOf('offer')).toMatchObject([{ to: 'sfu', tracks: [{ source: 'microphone' }] }]);
    server.offer('s', 1, [...sources], 's1');
    await settle();
    const subscribe = server.connections.at(-1)!;
    subscribe.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(3_000);
    expect([isPlayedFrom(meeting, connection), connection.connectionState]).toEqual([true, 'connected']);
    flow(subscribe);
    await vi.advanceTimersByTimeAsync(1_500);
    expect([isPlayedFrom(meeting, subscribe), connection.connectionState]).toEqual([true, 'connected']);
    await vi.advanceTimersByTimeAsync(3_000);
    expect([playedTracks(meeting).length, connection.connectionState, meeting.snapshot.connection.phase]).toEqual([2, 'closed', 'connected']);
  });

  it('from P2P closes the direct connections after some time without the SFU too, and back opens them again', async () => {
    const { server, connection } = await connectedMeeting();
    await rejoin(server, [participant('zoe')], { topology: 'sfu' });
    await vi.advanceTimersByTimeAsync(9_000);
    expect(connection.connectionState).toBe('connected');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(connection.connectionState).toBe('closed');
    const others = () => offers(server).filter(({ to }) => to === 'zoe').length;
    expect(others()).toBe(1);
    await rejoin(server);
    expect(others()).toBe(2);
  });

  it('from P2P and back within seconds keeps the direct connection', async () => {
    const { server, meeting, connection } = await connectedMeeting();
    flow(connection);
    await rejoin(server, [participant('zoe')], { topology: 'sfu' });
    await vi.advanceTimersByTimeAsync(2_000);
    await rejoin(server);
    await vi.advanceTimersByTimeAsync(20_000);
    expect([isPlayedFrom(meeting, connection), connection.connectionState, offers(server).filter(({ to }) => to === 'zoe').length]).toEqual([true, 'connected', 1]);
  });

  it('from P2P ends the attempts, and names nobody any more', async () => {
    const { server, meeting } = await meetingWithZoe();
    await vi.advanceTimersByTimeAsync(12_000);
    expect(meeting.snapshot.unconnected).toEqual(['zoe']);
    await rejoin(server, [participant('zoe')], { topology: 'sfu' });
    expect(meeting.snapshot.unconnected).toEqual([]);
  });

  it('to P2P plays a participant through the SFU until all of it arrives directly, and ends the connections to the SFU some seconds later', async () => {
    const { server, meeting, publish, subscribe } = await forwardedMeeting();
    await rejoin(server);
    const connection = await connectToZoe(server);
    await vi.advanceTimersByTimeAsync(3_000);
    expect([isPlayedFrom(meeting, subscribe), publish.connectionState, subscribe.connectionState]).toEqual([true, 'connected', 'connected']);
    flow(connection);
    await vi.advanceTimersByTimeAsync(1_500);
    expect([isPlayedFrom(meeting, connection), playedTracks(meeting).length, publish.connectionState]).toEqual([true, 2, 'connected']);
    await vi.advanceTimersByTimeAsync(4_000);
    expect([isPlayedFrom(meeting, connection), publish.connectionState, subscribe.connectionState]).toEqual([true, 'closed', 'closed']);
    await rejoin(server, [participant('zoe')], { topology: 'sfu' });
    expect(server.socket.sentOf('offer')).toMatchObject([{ to: 'sfu', tracks: [{ source: 'microphone' }] }]);
  });

  it('to P2P ends the connections to the SFU after ten seconds if nobody can be reached directly', async () => {
    const { server, publish, subscribe } = await forwardedMeeting();
    await rejoin(server);
    await vi.advanceTimersByTimeAsync(9_500);
    expect([publish.connectionState, subscribe.connectionState]).toEqual(['connected', 'connected']);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([publish.connectionState, subscribe.connectionState]).toEqual(['closed', 'closed']);
  });

  it('to P2P does not wait for a media node that is gone', async () => {
    const { server, meeting, publish, subscribe } = await forwardedMeeting();
    await rejoin(server);
    subscribe.setConnectionState('failed');
    await vi.advanceTimersByTimeAsync(1_500);
    expect([publish.connectionState, subscribe.connectionState, meeting.snapshot.connection.phase]).toEqual(['closed', 'closed', 'connected']);
    const sockets = server.sockets.length;
    await connectToZoe(server);
    await vi.advanceTimersByTimeAsync(30_000);
    expect([meeting.snapshot.connection.phase, server.sockets.length]).toEqual(['connected', sockets]);
    expect(Object.keys(meeting.snapshot.participants[0]!.tracks)).toEqual(['microphone', 'camera']);
  });

  it('to P2P, found when the media node is already gone, ends the connections to it at once', async () => {
    const { server, publish, subscribe } = await forwardedMeeting();
    server.socket.disconnect();
    for (const connection of [publish, subscribe]) connection.setConnectionState('failed');
    await server.nextSocket();
    server.acceptJoin([participant('zoe')], mode);
    await settle();
    expect([publish.connectionState, subscribe.connectionState]).toEqual(['closed', 'closed']);
  });
});
