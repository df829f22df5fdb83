// Connections that never connect, and steps that never end: each has a limit, so that media comes back while signaling works.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConnectTime } from '../src/features/media/connect-time.js';
import { watchConnection } from '../src/features/media/connection-watch.js';
import { FakePeerConnection, participant, settle, track, type ScriptedServer } from './fakes.js';
import { joinedMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const camera = { mid: '0', participantId: 'bob', kind: 'video', source: 'camera' } as const;
const never = new Promise<never>(() => {});

describe('a connection that does not connect', () => {
  /** Watches a connection, for which both sides are described now. */
  const opening = async (connectTime = new ConnectTime(() => 0, Date.now), overdue = () => false) => {
    const connection = new FakePeerConnection({}, 0);
    const lost = vi.fn();
    watchConnection(connection as unknown as RTCPeerConnection, { patience: () => 0, now: Date.now, connectTime }, { connected: () => undefined, steady: () => undefined, overdue, lost });
    await connection.setRemoteDescription({ type: 'offer', sdp: 'a=mid:0 video sendonly' });
    await connection.setLocalDescription(await connection.createAnswer());
    return { connection, lost };
  };
  /** How long a connection that never connects is waited for, in seconds. */
  const waited = async (connectTime: ConnectTime) => {
    const { lost } = await opening(connectTime);
    const since = Date.now();
    while (lost.mock.calls.length === 0 && Date.now() - since < 60_000) await vi.advanceTimersByTimeAsync(100);
    return (Date.now() - since) / 1_000;
  };

  it.each(['new', 'connecting'])('in the state %s is lost six seconds after both sides are described', async state => {
    const { connection, lost } = await opening(new ConnectTime(() => 0, Date.now));
    connection.setConnectionState(state);
    await vi.advanceTimersByTimeAsync(5_900);
    expect(lost).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(200);
    expect(lost).toHaveBeenCalledExactlyOnceWith('silent');
  });

  it('is not lost while one side is not described', async () => {
    const connection = new FakePeerConnection({}, 0);
    const lost = vi.fn();
    watchConnection(connection as unknown as RTCPeerConnection, { patience: () => 0, now: Date.now, connectTime: new ConnectTime(() => 0, Date.now) }, { connected: () => undefined, steady: () => undefined, lost });
    connection.addTransceiver('video', { direction: 'sendonly' });
    await connection.setLocalDescription(await connection.createOffer());
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lost).not.toHaveBeenCalled();
  });

  it('is not lost when it has no sections', async () => {
    const connection = new FakePeerConnection({}, 0);
    const lost = vi.fn();
    watchConnection(connection as unknown as RTCPeerConnection, { patience: () => 0, now: Date.now, connectTime: new ConnectTime(() => 0, Date.now) }, { connected: () => undefined, steady: () => undefined, lost });
    await connection.setLocalDescription(await connection.createOffer());
    await connection.setRemoteDescription({ type: 'answer', sdp: '' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lost).not.toHaveBeenCalled();
  });

  it('gets no more time from another negotiation', async () => {
    const { connection, lost } = await opening(new ConnectTime(() => 0, Date.now));
    await vi.advanceTimersByTimeAsync(4_000);
    await connection.setRemoteDescription({ type: 'offer', sdp: 'a=mid:0 video sendonly' });
    await connection.setLocalDescription(await connection.createAnswer());
    await vi.advanceTimersByTimeAsync(2_100);
    expect(lost).toHaveBeenCalledTimes(1);
  });

  it('is waited for longer each time, up to 30 s, and from the beginning after one has connected at once', async () => {
    const connectTime = new ConnectTime(() => 0, Date.now);
    const times: number[] = [];
    for (let attempt = 0; attempt < 6; attempt++) times.push(Math.floor(await waited(connectTime)));
    (await opening(connectTime)).connection.setConnectionState('connected');
    times.push(Math.floor(await waited(connectTime)));
    expect(times).toEqual([6, 9, 13, 20, 30, 30, 6]);
  });

  it.each([[1_000, 6], [8_000, 16], [29_000, 30]])('is waited for up to twice as long as one of the last three took (%i ms): %i s', async (took, limit) => {
    const connectTime = new ConnectTime(() => 0, Date.now);
    const connect = async (milliseconds: number) => {
      const { connection } = await opening(connectTime, () => true);
      await vi.advanceTimersByTimeAsync(milliseconds);
      connection.setConnectionState('connected');
    };
    await connect(took);
    await connect(100);
    await connect(100);
    expect(Math.floor(await waited(connectTime))).toBe(limit);
    await connect(100);
    expect(Math.floor(await waited(connectTime))).toBe(6);
  });

  it('gives the next one more time although another one was interrupted meanwhile', async () => {
    const connectTime = new ConnectTime(() => 0, Date.now);
    const { connection } = await opening(connectTime);
    connection.setConnectionState('connected');
    await waited(connectTime);
    connection.setConnectionState('disconnected');
    connection.setConnectionState('connected');
    expect(Math.floor(await waited(connectTime))).toBe(9);
  });

  it.each([['connected', 12], ['completed', 12], ['checking', 6]])('while ICE is %s is lost after %i s', async (state, seconds) => {
    const { connection, lost } = await opening();
    connection.iceConnectionState = state;
    await vi.advanceTimersByTimeAsync(seconds * 1_000 - 100);
    expect(lost).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(200);
    expect(lost).toHaveBeenCalledTimes(1);
  });

  it('is waited for up to a quarter longer, so that clients do not come back at the same moment', async () => {
    expect(await waited(new ConnectTime(() => 0.999, Date.now))).toBeCloseTo(7.5, 0);
  });

  it('but connects in time is not lost, also when it is negotiated again', async () => {
    const { connection, lost } = await opening();
    await vi.advanceTimersByTimeAsync(5_900);
    connection.setConnectionState('connected');
    await connection.setRemoteDescription({ type: 'offer', sdp: 'a=mid:0 video sendonly' });
    await connection.setLocalDescription(await connection.createAnswer());
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lost).not.toHaveBeenCalled();
  });

  it('for a page that was busy is not lost when its events come late', async () => {
    const { connection, lost } = await opening();
    connection.getStats = async () => {
      connection.setConnectionState('connected');
      return new Map();
    };
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lost).not.toHaveBeenCalled();
  });
});

describe('publishing', () => {
  const reference = (server: ScriptedServer) => server.socket.sentOf('offer').at(-1)!.reference!;
  const answer = async (server: ScriptedServer) => {
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'answer', sessionId: `s${server.connections.length}`, reference: reference(server) });
    await settle();
  };
  const refuse = async (server: ScriptedServer) => {
    server.socket.receive({ type: 'error', code: 'media-failed', message: 'The media node is unreachable.', reference: reference(server) });
    await settle();
  };
  const publishing = async (...kinds: ('audio' | 'video')[]) => {
    const { server, meeting } = await joinedMeeting();
    for (const kind of kinds) await meeting.publish(track(kind), kind === 'audio' ? 'microphone' : 'camera');
    await settle();
    await answer(server);
    return { server, meeting };
  };
  const offers = (server: ScriptedServer) => server.socket.sentOf('offer').length;
  /** The milliseconds until the next offer. */
  const untilOffer = async (server: ScriptedServer) => {
    const [before, since] = [offers(server), Date.now()];
    while (offers(server) === before && Date.now() - since < 60_000) await vi.advanceTimersByTimeAsync(10);
    return Date.now() - since;
  };

  it('a connection that is answered and does not connect is replaced within 7 s', async () => {
    const { server, meeting } = await publishing('audio');
    await vi.advanceTimersByTimeAsync(5_900);
    expect(offers(server)).toBe(1);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(server.socket.sentOf('offer')[1]).toMatchObject({ restart: true, tracks: [{ source: 'microphone' }] });
    expect(meeting.snapshot.connection).toMatchObject({ phase: 'reconnecting', waitingFor: 'media' });
    await answer(server);
    server.connections[1]!.setConnectionState('connected');
    expect(meeting.snapshot.connection.phase).toBe('connected');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(offers(server)).toBe(2);
  });

  it('a line that needs 9 s to connect connects on the second connection', async () => {
    const { server } = await publishing('audio');
    await vi.advanceTimersByTimeAsync(7_000);
    await answer(server);
    await vi.advanceTimersByTimeAsync(9_000);
    server.connections[1]!.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(offers(server)).toBe(2);
  });

  it('during a move, a connection that does not connect is replaced beside the old one', async () => {
    const { server, meeting } = await publishing('audio');
    server.connections[0]!.setConnectionState('connected');
    server.socket.receive({ type: 'media-move', generation: 2, deadline: 60_000 });
    await settle();
    await answer(server);
    await vi.advanceTimersByTimeAsync(7_000);
    expect(offers(server)).toBe(3);
    expect([server.connections[0]!.connectionState, meeting.snapshot.connection.phase]).toEqual(['connected', 'connected']);
  });

  it.each([['media-restart', { reason: 'moved' }], ['media-move', { deadline: 0 }]])('after %s, the old connection goes on until the second new one sends, if the first one does not connect', async (type, more) => {
    const { server } = await publishing('audio');
    const old = server.connections[0]!;
    old.setConnectionState('connected');
    server.socket.receive({ type, generation: 2, ...more });
    await settle();
    await answer(server);
    await vi.advanceTimersByTimeAsync(7_000);
    await answer(server);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([offers(server), old.connectionState]).toEqual([3, 'connected']);
    server.connections[2]!.transceivers[0]!.packetsSent = 1;
    server.connections[2]!.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(old.connectionState).toBe('closed');
  });

  it.each([[0, 2_000], [2_500, 0]])('the old connection goes on for 20 s when the first new one does not connect, so that a second one can that is answered after %i ms', async (answerMs, spareMs) => {
    const { server } = await publishing('audio');
    const old = server.connections[0]!;
    old.setConnectionState('connected');
    server.socket.receive({ type: 'media-restart', generation: 2, reason: 'moved' });
    await settle();
    await answer(server);
    await untilOffer(server);
    await vi.advanceTimersByTimeAsync(answerMs);
    await answer(server);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(old.connectionState).toBe('connected');
    await vi.advanceTimersByTimeAsync(spareMs);
    expect(old.connectionState).toBe('connected');
    await vi.advanceTimersByTimeAsync(3_000);
    expect(old.connectionState).toBe('closed');
  });

  it.each(['ends', 'fails'])('when the old connection %s, which sent in the place of those that do not connect, the phase says so', async what => {
    const { server, meeting } = await publishing('audio');
    const old = server.connections[0]!;
    old.setConnectionState('connected');
    server.socket.receive({ type: 'media-restart', generation: 2, reason: 'moved' });
    await settle();
    await answer(server);
    await untilOffer(server);
    await answer(server);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(meeting.snapshot.connection.phase).toBe('connected');
    if (what === 'fails') old.setConnectionState('failed');
    else {
      await untilOffer(server);
      await answer(server);
      expect([old.connectionState, meeting.snapshot.connection.phase]).toEqual(['connected', 'connected']);
      await vi.advanceTimersByTimeAsync(3_500);
      expect([offers(server), old.connectionState]).toEqual([4, 'closed']);
    }
    expect(meeting.snapshot.connection).toMatchObject({ phase: 'reconnecting', waitingFor: 'media' });
  });

  it('an old connection that was lost counts as one that sends only when it has recovered', async () => {
    const { server, meeting } = await publishing('audio');
    const old = server.connections[0]!;
    old.setConnectionState('connected');
    old.setConnectionState('disconnected');
    for (const expected of ['the same connection', 'another connection']) {
      await untilOffer(server);
      await answer(server);
      expect(server.connections.length).toBe(expected === 'the same connection' ? 1 : 2);
    }
    expect([old.connectionState, meeting.snapshot.connection.phase]).toEqual(['disconnected', 'reconnecting']);
    old.setConnectionState('connected');
    expect(meeting.snapshot.connection.phase).toBe('connected');
  });

  it('after a move to another media node, connections have the first limit again', async () => {
    const { server } = await publishing('audio');
    for (let attempt = 0; attempt < 3; attempt++) {
      await untilOffer(server);
      await answer(server);
    }
    server.socket.receive({ type: 'media-move', generation: 2, deadline: 60_000 });
    await settle();
    await answer(server);
    expect(await untilOffer(server)).toBeLessThan(7_500);
  });

  it('a lost connection is replaced although an offer that changes it is not answered', async () => {
    const { server, meeting } = await publishing('audio');
    server.connections[0]!.setConnectionState('connected');
    await meeting.publish(track('video'), 'camera');
    await settle();
    expect(offers(server)).toBe(2);
    server.connections[0]!.setConnectionState('failed');
    await vi.advanceTimersByTimeAsync(300);
    expect(server.socket.sentOf('offer')[2]).toMatchObject({ restart: true, tracks: [{ source: 'microphone' }, { source: 'camera' }] });
    await answer(server);
    server.connections[1]!.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(offers(server)).toBe(3);
  });

  it('an offer that changes a lost connection and is answered in time does not lead to two new connections', async () => {
    const { server, meeting } = await publishing('audio');
    server.connections[0]!.setConnectionState('connected');
    await meeting.publish(track('video'), 'camera');
    await settle();
    server.connections[0]!.setConnectionState('failed');
    await answer(server);
    expect(offers(server)).toBe(3);
    await vi.advanceTimersByTimeAsync(1_000);
    await answer(server);
    server.connections[1]!.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(1_000);
    expect([offers(server), server.connections.length]).toEqual([3, 2]);
  });

  it('a connection that is lost while its answer is applied is replaced', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    let apply = () => {};
    server.connections[0]!.applying = new Promise(resolve => { apply = resolve; });
    await answer(server);
    server.connections[0]!.setConnectionState('failed');
    apply();
    await vi.advanceTimersByTimeAsync(300);
    expect(offers(server)).toBe(2);
  });

  it('a change of layers that never ends holds up no new connection', async () => {
    const { server } = await publishing('video');
    const stalled = server.connections[0]!;
    stalled.setConnectionState('connected');
    stalled.transceivers[0]!.sender.setParameters = () => never;
    for (const rids of [['q'], ['h'], ['f']]) server.socket.receive({ type: 'layers', source: 'camera', rids });
    await settle();
    stalled.setConnectionState('failed');
    await vi.advanceTimersByTimeAsync(300);
    await answer(server);
    server.socket.receive({ type: 'layers', source: 'camera', rids: ['q'] });
    await settle();
    expect(server.connections[1]!.transceivers[0]!.encodings.filter(({ active }) => active).map(({ rid }) => rid)).toEqual(['q']);
    server.connections[1]!.setConnectionState('failed');
    await vi.advanceTimersByTimeAsync(600);
    expect(offers(server)).toBe(3);
  });

  it('an offer that is not answered for 10 s is followed by another one at once, however many failed before', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    for (let attempt = 0; attempt < 8; attempt++) {
      await refuse(server);
      await untilOffer(server);
    }
    expect(await untilOffer(server)).toBeLessThan(10_100);
  });

  it('offers that the server cannot pass on are repeated at least every 4 s', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 12; attempt++) {
      await refuse(server);
      waits.push(await untilOffer(server));
    }
    expect(waits[11]! > 4 * waits[0]!).toBe(true);
    expect(Math.max(...waits)).toBeLessThanOrEqual(4_000);
  });

  it.each([['media-restart', 'moved', true], ['media-restart', 'lost', false], ['media-move', undefined, true]])('after %s (%s), back-off starts over: %s', async (type, reason, isReset) => {
    const { server } = await publishing('audio');
    for (let attempt = 0; attempt < 6; attempt++) {
      server.connections.at(-1)!.setConnectionState('connected');
      server.connections.at(-1)!.setConnectionState('failed');
      await untilOffer(server);
      await answer(server);
    }
    server.socket.receive({ type, generation: 2, ...(reason === undefined ? { deadline: 60_000 } : { reason }) });
    await settle();
    await refuse(server);
    expect(await untilOffer(server) < 300).toBe(isReset);
  });

  it('a lost connection on which nothing is sent any more is not opened again before the next track', async () => {
    const { server, meeting } = await publishing('audio');
    server.connections[0]!.setConnectionState('connected');
    meeting.unpublish('microphone');
    await settle();
    await answer(server);
    expect(offers(server)).toBe(2);
    server.connections[0]!.setConnectionState('failed');
    await vi.advanceTimersByTimeAsync(60_000);
    expect([offers(server), server.connections[0]!.connectionState, meeting.snapshot.connection.phase]).toEqual([2, 'closed', 'connected']);
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    expect([offers(server), server.connections.length]).toEqual([3, 2]);
  });
});

describe('subscribing', () => {
  const subscribing = async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    server.offer('a', 1, [camera], 's1');
    await settle();
    return { server, meeting };
  };
  const answers = (server: ScriptedServer) => server.socket.sentOf('answer').map(({ sessionId, revision }) => `${sessionId} ${revision}`);

  it('a connection that is answered and does not connect leads to a new socket within 7 s, and the next one gets more time', async () => {
    const { server } = await subscribing();
    await vi.advanceTimersByTimeAsync(5_900);
    expect(server.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(server.sockets).toHaveLength(2);
    server.acceptJoin([participant('bob')]);
    expect(server.socket.sentOf('join')[0]!.capabilities['resume']).not.toBe(true);
    server.offer('b', 1, [camera], 's2');
    await settle();
    await vi.advanceTimersByTimeAsync(9_000);
    server.connections[1]!.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.sockets).toHaveLength(2);
  });

  it('after a move to another media node, connections have the first limit again', async () => {
    const { server } = await subscribing();
    await server.nextSocket();
    server.acceptJoin([participant('bob')]);
    server.offer('b', 1, [camera], 's2');
    await settle();
    await server.nextSocket();
    server.acceptJoin([participant('bob')]);
    server.socket.receive({ type: 'media-restart', reason: 'moved', generation: 2 });
    server.offer('c', 1, [camera], 's3');
    await settle();
    await vi.advanceTimersByTimeAsync(7_200);
    expect(server.sockets).toHaveLength(4);
  });

  /** A subscription that moves to another media node, where it does not connect. */
  const moving = async () => {
    const { server, meeting } = await subscribing();
    server.connections[0]!.setConnectionState('connected');
    server.socket.receive({ type: 'media-move', generation: 2, deadline: 60_000 });
    server.offer('b', 1, [camera], 's2');
    await settle();
    return { server, meeting };
  };

  it('during a move, a line that needs 8 s connects while the old connection goes on', async () => {
    const { server, meeting } = await moving();
    await vi.advanceTimersByTimeAsync(8_000);
    expect(server.connections.map(({ connectionState }) => connectionState)).toEqual(['connected', 'new']);
    server.connections[1]!.setConnectionState('connected');
    server.connections[0]!.setConnectionState('failed');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.connections.map(({ connectionState }) => connectionState)).toEqual(['closed', 'connected']);
    expect([server.sockets.length, meeting.snapshot.connection.phase]).toEqual([1, 'connected']);
  });

  it('during a move, a connection that is overdue is given up when the old one is lost', async () => {
    const { server, meeting } = await moving();
    await vi.advanceTimersByTimeAsync(20_000);
    expect([server.sockets.length, meeting.snapshot.connection.phase]).toEqual([1, 'connected']);
    server.connections[0]!.setConnectionState('failed');
    expect([server.connections[1]!.connectionState, meeting.snapshot.connection.phase]).toEqual(['closed', 'reconnecting']);
    await vi.advanceTimersByTimeAsync(1_300);
    expect(server.sockets).toHaveLength(2);
  });

  it('a session that replaces another one without a move is waited for while the other one is up, too', async () => {
    const { server } = await subscribing();
    server.connections[0]!.setConnectionState('connected');
    server.offer('b', 1, [camera], 's2');
    await settle();
    await vi.advanceTimersByTimeAsync(8_000);
    expect(server.connections[1]!.connectionState).toBe('new');
    server.connections[0]!.closeByServer();
    await vi.advanceTimersByTimeAsync(1_300);
    expect([server.connections[1]!.connectionState, server.sockets.length]).toEqual(['closed', 2]);
  });

  it('during a move, a new socket is opened when the old connection is lost and the new one does not connect', async () => {
    const { server } = await moving();
    server.connections[0]!.setConnectionState('failed');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(server.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(server.sockets).toHaveLength(2);
  });

  it('an offer whose connection is closed while it is applied does not hold up later offers', async () => {
    const { server } = await moving();
    const [old, next] = server.connections;
    for (const [index, connection] of [old!, next!].entries()) {
      connection.transceivers[0]!.receiver.getSynchronizationSources = () => [{ audioLevel: 0.25, timestamp: index === 0 ? 1 : Date.now() }];
    }
    old!.applying = never;
    server.offer('a', 2, [camera], 's1');
    await settle();
    next!.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(2_000);
    expect([old!.connectionState, next!.connectionState]).toEqual(['closed', 'connected']);
    server.offer('b', 2, [camera], 's2');
    await settle();
    expect(answers(server)).toEqual(['s1 1', 's2 1', 's2 2']);
    expect(server.sockets).toHaveLength(1);
  });

  it.each(['media-failed', 'rate-limited'])('an answer that the server cannot pass on (%s) is sent again with growing delays, until there is a newer one', async code => {
    const { server } = await subscribing();
    server.connections[0]!.setConnectionState('connected');
    const refuse = () => server.socket.receive({ type: 'error', code, message: 'The media node does not respond.', sessionId: 's1' });
    refuse();
    await vi.advanceTimersByTimeAsync(250);
    expect(answers(server)).toEqual(['s1 1', 's1 1']);
    refuse();
    await vi.advanceTimersByTimeAsync(250);
    expect(answers(server)).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(250);
    expect(answers(server)).toHaveLength(3);
    refuse();
    server.offer('a', 2, [camera], 's1');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(answers(server)).toEqual(['s1 1', 's1 1', 's1 1', 's1 2']);
    refuse();
    await vi.advanceTimersByTimeAsync(250);
    expect(answers(server)).toHaveLength(5);
  });

  it('an answer that the server cannot pass on keeps no timer after the participant has left', async () => {
    const timers = async (isRefused: boolean) => {
      const { server, meeting } = await subscribing();
      server.connections[0]!.setConnectionState('connected');
      if (isRefused) server.socket.receive({ type: 'error', code: 'media-failed', message: 'The media node does not respond.', sessionId: 's1' });
      meeting.leave();
      await settle();
      const count = vi.getTimerCount();
      vi.clearAllTimers();
      return count;
    };
    expect(await timers(true)).toBe(await timers(false));
  });

  it('an error about an offer does not repeat an answer', async () => {
    const { server } = await subscribing();
    server.connections[0]!.setConnectionState('connected');
    server.socket.receive({ type: 'error', code: 'media-failed', message: 'unreachable', reference: 'offer-9', sessionId: 's1' });
    server.socket.receive({ type: 'error', code: 'too-many-tracks', message: 'full', sessionId: 's1' });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(answers(server)).toEqual(['s1 1']);
  });

  it('a session that the server does not know any more is renewed once, however often it says so', async () => {
    const { server } = await subscribing();
    server.connections[0]!.setConnectionState('connected');
    for (let time = 0; time < 4; time++) {
      server.socket.receive({ type: 'error', code: 'unknown-session', sessionId: 's1' });
      await vi.advanceTimersByTimeAsync(400);
    }
    expect(server.sockets).toHaveLength(2);
  });
});
