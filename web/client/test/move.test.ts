import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { participant, settle, track, type FakePeerConnection, type FakeTransceiver, type ScriptedServer } from './fakes.js';
import { joinedMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const camera = { mid: '0', participantId: 'bob', kind: 'video', source: 'camera' } as const;
const voice = { mid: '1', participantId: 'bob', kind: 'audio', source: 'microphone' } as const;

/** Lets packets arrive from now on, or no longer. */
function flow(transceiver: FakeTransceiver, isFlowing = true): void {
  const stoppedAt = Date.now();
  transceiver.receiver.getSynchronizationSources = () => [{ audioLevel: 0.25, timestamp: isFlowing ? Date.now() : stoppedAt }];
}

const move = (server: ScriptedServer, deadline = 60_000, generation = 2) => server.socket.receive({ type: 'media-move', generation, deadline });
const states = (...connections: FakePeerConnection[]) => connections.map(({ connectionState }) => connectionState);

/** A meeting that receives a camera and a microphone, and is told to move. The next connection is connected, and nothing arrives on it yet. */
async function receiving(deadline?: number) {
  const { server, meeting } = await joinedMeeting([participant('bob')]);
  server.offer('a', 1, [camera, voice], 's1');
  await settle();
  const old = server.connections[0]!;
  old.setConnectionState('connected');
  for (const transceiver of old.transceivers) flow(transceiver);
  move(server, deadline);
  server.offer('b', 1, [camera, voice], 's2');
  await settle();
  const next = server.connections[1]!;
  for (const transceiver of next.transceivers) flow(transceiver, false);
  next.setConnectionState('connected');
  const shown = () => meeting.snapshot.participants[0]!.tracks.camera as unknown;
  return { server, meeting, old, next, shown, oldTrack: old.transceivers[0]!.receiver.track, nextTrack: next.transceivers[0]!.receiver.track };
}

/** A meeting that publishes sound and a picture, and is told to move. The next connection is connected, and has sent nothing yet. */
async function publishing(deadline?: number) {
  const { server, meeting } = await joinedMeeting();
  await meeting.publish(track('audio'), 'microphone');
  await meeting.publish(track('video'), 'camera');
  await settle();
  server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one', sessionId: 'p1' });
  await settle();
  const old = server.connections[0]!;
  old.setConnectionState('connected');
  move(server, deadline);
  await settle();
  return { server, meeting, old };
}

async function answered(server: ScriptedServer): Promise<FakePeerConnection> {
  server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'two', sessionId: 'p2' });
  await settle();
  const next = server.connections[1]!;
  next.setConnectionState('connected');
  await settle();
  return next;
}

const send = (connection: FakePeerConnection) => { for (const transceiver of connection.transceivers) transceiver.packetsSent = 1; };

describe('moving', () => {
  it('the client says that it can move', async () => {
    const { server } = await joinedMeeting();
    expect(server.socket.sentOf('join')[0]!.capabilities['move']).toBe(true);
  });

  it('the new connection takes over when everything that arrives on the old one arrives on it', async () => {
    const { old, next, shown, oldTrack, nextTrack } = await receiving();
    await vi.advanceTimersByTimeAsync(8_000);
    expect([shown(), states(old)]).toEqual([oldTrack, ['connected']]);
    flow(next.transceivers[0]!); // the picture alone is not enough
    await vi.advanceTimersByTimeAsync(5_000);
    expect(shown()).toBe(oldTrack);
    flow(next.transceivers[1]!);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(shown()).toBe(nextTrack);
    expect(states(old, next)).toEqual(['closed', 'connected']);
  });

  it('a track that has become silent on the old connection is not waited for', async () => {
    const { old, next, shown, nextTrack } = await receiving();
    flow(next.transceivers[0]!);
    await vi.advanceTimersByTimeAsync(1_500);
    flow(old.transceivers[1]!, false);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(shown()).toBe(nextTrack);
  });

  it.each([[0.0001, true], [0.25, false]])('a microphone with the level %f that the new media node does not send is ignored: %s', async (audioLevel, isIgnored) => {
    const { old, next, shown, nextTrack } = await receiving();
    flow(next.transceivers[0]!);
    old.transceivers[1]!.receiver.getSynchronizationSources = () => [{ audioLevel, timestamp: Date.now() }];
    await vi.advanceTimersByTimeAsync(4_000);
    expect(shown() === nextTrack).toBe(isIgnored);
  });

  it('the new connection takes over at the deadline at the latest', async () => {
    const { old, shown, oldTrack, nextTrack } = await receiving(20_000);
    await vi.advanceTimersByTimeAsync(19_900);
    expect(shown()).toBe(oldTrack);
    await vi.advanceTimersByTimeAsync(200);
    expect(shown()).toBe(nextTrack);
    await vi.advanceTimersByTimeAsync(500);
    expect(states(old)).toEqual(['closed']);
  });

  it('the old connection receives for half a second more, so that an app can play the new sound before it stops the old one', async () => {
    const { old, next, shown, nextTrack } = await receiving();
    for (const transceiver of next.transceivers) flow(transceiver);
    await vi.advanceTimersByTimeAsync(100);
    expect([shown(), states(old, next)]).toEqual([nextTrack, ['connected', 'connected']]);
    await vi.advanceTimersByTimeAsync(300);
    expect(states(old, next)).toEqual(['connected', 'connected']);
    await vi.advanceTimersByTimeAsync(200);
    expect(states(old, next)).toEqual(['closed', 'connected']);
  });

  it('a former connection that is lost changes nothing, and leaving closes it', async () => {
    const { server, meeting, old, next, shown, nextTrack } = await receiving();
    for (const transceiver of next.transceivers) flow(transceiver);
    await vi.advanceTimersByTimeAsync(100);
    old.setConnectionState('failed');
    await vi.advanceTimersByTimeAsync(100);
    expect([shown(), server.sockets.length, meeting.snapshot.connection.phase]).toEqual([nextTrack, 1, 'connected']);
    meeting.leave();
    expect(states(old, next)).toEqual(['closed', 'closed']);
  });

  it('a new connection that is lost changes nothing, and the one after it takes over', async () => {
    const { server, meeting, old, next, shown, oldTrack } = await receiving();
    const phases: string[] = [];
    meeting.on('connection', ({ phase }) => phases.push(phase));
    next.setConnectionState('failed');
    await vi.advanceTimersByTimeAsync(5_000);
    expect([shown(), states(old), server.sockets.length, phases]).toEqual([oldTrack, ['connected'], 1, []]);

    server.offer('c', 1, [camera, voice], 's3');
    await settle();
    const last = server.connections[2]!;
    for (const transceiver of last.transceivers) flow(transceiver);
    last.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(200);
    expect(shown()).toBe(last.transceivers[0]!.receiver.track);
    await vi.advanceTimersByTimeAsync(500);
    expect(states(old, last)).toEqual(['closed', 'connected']);
  });

  it('the new connection takes over at once when the old one is lost', async () => {
    const { server, old, shown, nextTrack } = await receiving();
    old.setConnectionState('failed');
    await vi.advanceTimersByTimeAsync(100);
    expect(shown()).toBe(nextTrack);
    expect(server.sockets).toHaveLength(1);
  });

  it('offers for both connections that arrive together are both answered', async () => {
    const { server } = await receiving();
    server.offer('a', 2, [camera, voice], 's1');
    server.offer('b', 2, [camera, voice], 's2');
    server.offer('a', 3, [camera, voice], 's1');
    await settle();
    expect(server.socket.sentOf('answer').slice(-3).map(({ sessionId, revision }) => [sessionId, revision])).toEqual([['s1', 2], ['s2', 2], ['s1', 3]]);
    expect(server.connections).toHaveLength(2);
  });

  it('slots of both connections are applied', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob'), participant('carol')]);
    server.offer('a', 1, [camera], 's1', 1);
    await settle();
    server.connections[0]!.setConnectionState('connected');
    move(server);
    server.offer('b', 1, [camera], 's2', 1);
    server.socket.receive({ type: 'slots', sessionId: 's2', version: 2, slots: [{ ...camera, participantId: 'carol' }] });
    server.socket.receive({ type: 'slots', sessionId: 's1', version: 2, slots: [] });
    await settle();
    expect(server.socket.sentOf('slots').map(({ sessionId, version }) => `${sessionId} ${version}`)).toEqual(expect.arrayContaining(['s1 2', 's2 2']));
    expect(meeting.snapshot.participants.map(({ tracks }) => tracks.camera)).toEqual([undefined, undefined]); // of the old connection, which is shown
  });

  it('a socket that is lost during the move resumes the old subscription', async () => {
    const { server } = await receiving();
    server.socket.disconnect();
    await server.nextSocket();
    server.acceptJoin([participant('bob')]);
    expect(server.socket.sentOf('join')[0]!.capabilities['resume']).toBe(true);
  });

  it('the old connection sends until the new one has sent everything, and a moment longer', async () => {
    const { server, old } = await publishing();
    expect(server.socket.sentOf('offer').at(-1)).toMatchObject({ restart: true });
    const next = await answered(server);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(states(old, next)).toEqual(['connected', 'connected']);
    send(next);
    await vi.advanceTimersByTimeAsync(900);
    expect(states(old)).toEqual(['connected']);
    await vi.advanceTimersByTimeAsync(300);
    expect(states(old, next)).toEqual(['closed', 'connected']);
  });

  it('the old connection ends at the deadline', async () => {
    const { server, old } = await publishing(20_000);
    await answered(server);
    await vi.advanceTimersByTimeAsync(19_900);
    expect(states(old)).toEqual(['connected']);
    await vi.advanceTimersByTimeAsync(200);
    expect(states(old)).toEqual(['closed']);
  });

  it('the old connection goes on when the new one cannot be opened', async () => {
    const { server, meeting, old } = await publishing();
    for (let attempt = 0; attempt < 3; attempt++) {
      server.socket.receive({ type: 'error', code: 'media-failed', reference: server.socket.sentOf('offer').at(-1)!.reference });
      await vi.advanceTimersByTimeAsync(3_000);
    }
    expect(states(old)).toEqual(['connected']);
    expect(server.socket.sentOf('offer').length).toBeGreaterThan(3);
    expect(meeting.snapshot.connection.phase).toBe('connected');
  });

  it('a restart after a move keeps the old connection no longer than any restart', async () => {
    const { server } = await publishing();
    const next = await answered(server);
    send(next);
    await vi.advanceTimersByTimeAsync(1_000);
    server.socket.receive({ type: 'media-restart', reason: 'lost', generation: 2 });
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'three', sessionId: 'p3' });
    await settle();
    server.connections[2]!.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(2_100);
    expect(states(next, server.connections[2]!)).toEqual(['closed', 'connected']);
  });

  it('the snapshot has when it moved, why, and how long it took', async () => {
    const { server, meeting, next } = await receiving();
    const [before] = meeting.snapshot.moves;
    expect(before).toMatchObject({ reason: 'leaving', durationMs: null });
    for (const transceiver of next.transceivers) flow(transceiver);
    await vi.advanceTimersByTimeAsync(1_500);
    const [after] = meeting.snapshot.moves;
    expect(after!.at).toBe(before!.at);
    expect(after!.durationMs).toBeGreaterThan(0);
    expect(after!.durationMs).toBeLessThan(1_500);

    server.socket.receive({ type: 'media-restart', reason: 'lost', generation: 2 });
    expect(meeting.snapshot.moves.map(({ reason }) => reason)).toEqual(['leaving', 'lost']);
  });

  it.each([
    ['region', 'region'], ['standby', 'standby'], ['unreachable', 'unreachable'], ['returned', 'returned'], ['leaving', 'leaving'],
    [undefined, 'leaving'], ['of-a-later-version', 'leaving'], ['lost', 'leaving'], [5, 'leaving'],
  ])('the reason %o of the server is %s in the snapshot', async (told, expected) => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    server.socket.receive({ type: 'media-move', generation: 2, deadline: 60_000, reason: told });
    expect(meeting.snapshot.moves.map(({ reason }) => reason)).toEqual([expected]);
  });

  it('a move is not done while the old publish connection still sends', async () => {
    const { server, meeting, next: subscribe } = await receiving();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    server.connections[2]!.setConnectionState('connected');
    server.socket.receive({ type: 'media-move', generation: 3, deadline: 60_000 });
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'two' });
    await settle();
    const next = server.connections[3]!;
    next.setConnectionState('connected');
    for (const transceiver of subscribe.transceivers) flow(transceiver);
    await vi.advanceTimersByTimeAsync(1_600);
    expect(states(server.connections[0]!, subscribe, server.connections[2]!)).toEqual(['closed', 'connected', 'connected']);
    expect(meeting.snapshot.moves[0]!.durationMs).toBeNull();
    send(next);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(meeting.snapshot.moves[0]!.durationMs).toBeGreaterThanOrEqual(2_500);
  });
});
