import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { participant, settle } from './fakes.js';
import { joinedMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const camera = { mid: '0', participantId: 'bob', kind: 'video', source: 'camera' } as const;
const voice = { mid: '1', participantId: 'bob', kind: 'audio', source: 'microphone' } as const;
const screen = { mid: '2', participantId: 'bob', kind: 'video', source: 'screen' } as const;

describe('subscribing', () => {
  it('the answer repeats the revision, and each participant has their tracks', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    server.offer('a', 1, [camera, voice, screen]);
    await settle();
    expect(server.socket.sentOf('answer')).toMatchObject([{ to: 'sfu', revision: 1 }]);
    const [bob] = meeting.snapshot.participants;
    expect(Object.keys(bob!.tracks).sort()).toEqual(['camera', 'microphone', 'screen']);
    expect(bob!.tracks.camera!.kind).toBe('video');
  });

  it('only the latest of several waiting offers is answered', async () => {
    const { server } = await joinedMeeting([participant('bob')]);
    server.offer('a', 1, [camera]);
    server.offer('a', 2, [camera, voice]);
    server.offer('a', 3, [camera, voice, screen]);
    await settle();
    expect(server.socket.sentOf('answer').map(message => message.revision)).toEqual([1, 3]);
    expect(server.connections).toHaveLength(1);
  });

  it('an inactive media section removes the track of the participant', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    server.offer('a', 1, [camera, screen]);
    await settle();
    server.offer('a', 2, [camera, { ...screen, inactive: true }]);
    await settle();
    expect(Object.keys(meeting.snapshot.participants[0]!.tracks)).toEqual(['camera']);
  });

  it('a track that arrives before its participant is kept', async () => {
    const { server, meeting } = await joinedMeeting();
    server.offer('a', 1, [camera]);
    await settle();
    expect(meeting.snapshot.participants).toEqual([]);
    server.socket.receive({ type: 'participant-joined', participant: participant('bob') });
    expect(meeting.snapshot.participants[0]!.tracks.camera).toBeDefined();
  });

  it('the old session stays visible until the new one receives video', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    server.offer('a', 1, [camera]);
    await settle();
    server.connections[0]!.setConnectionState('connected');
    const before = meeting.snapshot.participants[0]!.tracks.camera;
    server.socket.receive({ type: 'media-restart', reason: 'moved', generation: 2 });
    server.offer('b', 1, [camera]);
    await settle();
    expect(server.connections).toHaveLength(2);
    const next = server.connections[1]!.transceivers[0]!.receiver.track;
    next.muted = true;
    server.connections[1]!.setConnectionState('connected');
    expect(meeting.snapshot.participants[0]!.tracks.camera).toBe(before);
    expect(server.connections[0]!.connectionState).toBe('connected');
    next.muted = false;
    next.dispatchEvent(new Event('unmute'));
    expect(meeting.snapshot.participants[0]!.tracks.camera).toBe(next);
    await vi.advanceTimersByTimeAsync(500);
    expect(server.connections[0]!.connectionState).toBe('closed');
  });

  it('a new session without video takes over after a timeout', async () => {
    const { server } = await joinedMeeting([participant('bob')]);
    server.offer('a', 1, [camera]);
    await settle();
    server.connections[0]!.setConnectionState('connected');
    server.offer('b', 1, [camera]);
    await settle();
    server.connections[1]!.transceivers[0]!.receiver.track.muted = true;
    server.connections[1]!.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(2_500);
    expect(server.connections[0]!.connectionState).toBe('closed');
  });

  it('a failed session leads to a new WebSocket and a new session', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    server.offer('a', 1, [camera]);
    await settle();
    server.connections[0]!.setConnectionState('connected');
    server.connections[0]!.setConnectionState('failed');
    await vi.advanceTimersByTimeAsync(1_250);
    await settle();
    expect(server.socket.protocols).toEqual(['meet.v1', 'ticket.ticket-1']);
    server.acceptJoin([participant('bob')]);
    expect(server.socket.sent[0]).toMatchObject({ type: 'join', capabilities: {} });
    server.offer('b', 1, [camera]);
    await settle();
    server.connections[1]!.setConnectionState('connected');
    expect(meeting.snapshot.connection.phase).toBe('connected');
    expect(meeting.snapshot.participants[0]!.tracks.camera).toBe(server.connections[1]!.transceivers[0]!.receiver.track);
  });

  it('an offer that the browser cannot parse leads to a new WebSocket', async () => {
    const { server } = await joinedMeeting([participant('bob')]);
    server.socket.receive({ type: 'offer', from: 'sfu', revision: 1, sdp: 'broken', tracks: [] });
    await settle();
    await vi.advanceTimersByTimeAsync(1_500);
    expect(server.sockets).toHaveLength(2);
  });

  it('audio levels are available without statistics', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    server.offer('a', 1, [voice]);
    await settle();
    expect(meeting.audioLevels()).toEqual(new Map([['bob', 0.25]]));
  });

  it('an answer names the session of its offer', async () => {
    const { server } = await joinedMeeting([participant('bob')]);
    server.offer('a', 1, [camera], 's1');
    await settle();
    server.offer('b', 1, [camera], 's2');
    await settle();
    expect(server.socket.sentOf('answer').map(answer => answer.sessionId)).toEqual(['s1', 's2']);
    expect(server.connections).toHaveLength(2);
    server.offer('b', 2, [camera, voice], 's2');
    await settle();
    expect(server.connections).toHaveLength(2);
  });

  it('a session that the server closes over DTLS is renewed before ICE fails', async () => {
    const { server } = await joinedMeeting([participant('bob')]);
    server.offer('a', 1, [camera]);
    await settle();
    server.connections[0]!.setConnectionState('connected');
    server.connections[0]!.closeByServer();
    await vi.advanceTimersByTimeAsync(1_250);
    expect(server.sockets).toHaveLength(2);
    server.acceptJoin([participant('bob')]);
    expect(server.socket.sentOf('join')[0]!.capabilities['resume']).not.toBe(true);
  });

  it('another tab that takes over keeps the meeting even if this tab loses its media first', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    server.offer('a', 1, [camera]);
    await settle();
    server.connections[0]!.setConnectionState('connected');
    server.connections[0]!.closeByServer();
    await vi.advanceTimersByTimeAsync(900);
    server.socket.disconnect(4000);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.sockets).toHaveLength(1);
    expect(meeting.snapshot.connection).toMatchObject({ phase: 'failed', code: 'replaced' });
  });

  it('a session that the server does not know is renewed', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    const problems: string[] = [];
    meeting.on('problem', ({ code }) => problems.push(code));
    server.offer('a', 1, [camera], 's1');
    await settle();
    server.connections[0]!.setConnectionState('connected');
    server.socket.receive({ type: 'error', code: 'unknown-session', sessionId: 's1' });
    await vi.advanceTimersByTimeAsync(1_250);
    expect(server.sockets).toHaveLength(2);
    expect(problems).toEqual([]);
  });

  it('an answer requests stereo where the offer has it', async () => {
    const { server } = await joinedMeeting([participant('bob')]);
    server.offer('a', 1, [camera]);
    await settle();
    const [connection] = server.connections;
    connection!.answerLines = ['a=fmtp:111 minptime=10;useinbandfec=1', 'a=fmtp:112 minptime=10', 'a=fmtp:113 stereo=1'];
    server.socket.receive({
      type: 'offer', from: 'sfu', revision: 2, tracks: [voice],
      sdp: 'a=ice-ufrag:a\na=ice-pwd:a\na=fmtp:111 useinbandfec=1;stereo=1;sprop-stereo=1\na=fmtp:112 minptime=10\na=fmtp:113 sprop-stereo=1',
    });
    await settle();
    expect(server.socket.sentOf('answer').at(-1)!.sdp.split('\n').slice(0, 3)).toEqual(['a=fmtp:111 minptime=10;useinbandfec=1;stereo=1', 'a=fmtp:112 minptime=10', 'a=fmtp:113 stereo=1']);
  });
});
