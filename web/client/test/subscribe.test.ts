import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { person, settle } from './fakes.js';
import { inMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const camera = { mid: '0', participantId: 'bob', kind: 'video', source: 'camera' } as const;
const voice = { mid: '1', participantId: 'bob', kind: 'audio', source: 'microphone' } as const;
const screen = { mid: '2', participantId: 'bob', kind: 'video', source: 'screen' } as const;

describe('subscribing', () => {
  it('answers with the revision and gives each participant their tracks', async () => {
    const { server, meeting } = await inMeeting([person('bob')]);
    server.offer('a', 1, [camera, voice, screen]);
    await settle();
    expect(server.socket.of('answer')).toMatchObject([{ to: 'sfu', revision: 1 }]);
    const [bob] = meeting.snapshot.participants;
    expect(Object.keys(bob!.tracks).sort()).toEqual(['camera', 'microphone', 'screen']);
    expect(bob!.tracks.camera!.kind).toBe('video');
  });

  it('answers only the newest of the offers that wait', async () => {
    const { server } = await inMeeting([person('bob')]);
    server.offer('a', 1, [camera]);
    server.offer('a', 2, [camera, voice]);
    server.offer('a', 3, [camera, voice, screen]);
    await settle();
    expect(server.socket.of('answer').map(message => message.revision)).toEqual([1, 3]);
    expect(server.connections).toHaveLength(1);
  });

  it('takes the screen away when its section becomes inactive', async () => {
    const { server, meeting } = await inMeeting([person('bob')]);
    server.offer('a', 1, [camera, screen]);
    await settle();
    server.offer('a', 2, [camera, { ...screen, gone: true }]);
    await settle();
    expect(Object.keys(meeting.snapshot.participants[0]!.tracks)).toEqual(['camera']);
  });

  it('keeps tracks that come before their participant is announced', async () => {
    const { server, meeting } = await inMeeting();
    server.offer('a', 1, [camera]);
    await settle();
    expect(meeting.snapshot.participants).toEqual([]);
    server.socket.say({ type: 'participant-joined', participant: person('bob') });
    expect(meeting.snapshot.participants[0]!.tracks.camera).toBeDefined();
  });

  it('shows the old pictures until the new session carries some', async () => {
    const { server, meeting } = await inMeeting([person('bob')]);
    server.offer('a', 1, [camera]);
    await settle();
    server.connections[0]!.become('connected');
    const before = meeting.snapshot.participants[0]!.tracks.camera;
    server.socket.say({ type: 'media-restart', reason: 'moved', generation: 2 });
    server.offer('b', 1, [camera]);
    await settle();
    expect(server.connections).toHaveLength(2);
    const next = server.connections[1]!.transceivers[0]!.receiver.track;
    next.muted = true;
    server.connections[1]!.become('connected');
    expect(meeting.snapshot.participants[0]!.tracks.camera).toBe(before);
    expect(server.connections[0]!.connectionState).toBe('connected');
    next.muted = false;
    next.dispatchEvent(new Event('unmute'));
    expect(meeting.snapshot.participants[0]!.tracks.camera).toBe(next);
    expect(server.connections[0]!.connectionState).toBe('closed');
  });

  it('does not wait forever for pictures of the new session', async () => {
    const { server } = await inMeeting([person('bob')]);
    server.offer('a', 1, [camera]);
    await settle();
    server.connections[0]!.become('connected');
    server.offer('b', 1, [camera]);
    await settle();
    server.connections[1]!.transceivers[0]!.receiver.track.muted = true;
    server.connections[1]!.become('connected');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(server.connections[0]!.connectionState).toBe('closed');
  });

  it('opens another socket for another session when the present one fails', async () => {
    const { server, meeting } = await inMeeting([person('bob')]);
    server.offer('a', 1, [camera]);
    await settle();
    server.connections[0]!.become('connected');
    server.connections[0]!.become('failed');
    await vi.advanceTimersByTimeAsync(1_250);
    await settle();
    expect(server.socket.protocols).toEqual(['meet.v1', 'ticket.ticket-1']);
    server.welcome([person('bob')]);
    expect(server.socket.sent[0]).toMatchObject({ type: 'join', capabilities: {} });
    server.offer('b', 1, [camera]);
    await settle();
    server.connections[1]!.become('connected');
    expect(meeting.snapshot.connection.phase).toBe('connected');
    expect(meeting.snapshot.participants[0]!.tracks.camera).toBe(server.connections[1]!.transceivers[0]!.receiver.track);
  });

  it('does the same for an offer that this browser cannot read', async () => {
    const { server } = await inMeeting([person('bob')]);
    server.socket.say({ type: 'offer', from: 'sfu', revision: 1, sdp: 'broken', tracks: [] });
    await settle();
    await vi.advanceTimersByTimeAsync(1_500);
    expect(server.sockets).toHaveLength(2);
  });

  it('reports levels without waiting for statistics', async () => {
    const { server, meeting } = await inMeeting([person('bob')]);
    server.offer('a', 1, [voice]);
    await settle();
    expect(meeting.audioLevels()).toEqual(new Map([['bob', 0.25]]));
  });

  it('answers for the session that offered', async () => {
    const { server } = await inMeeting([person('bob')]);
    server.offer('a', 1, [camera], 's1');
    await settle();
    server.offer('b', 1, [camera], 's2');
    await settle();
    expect(server.socket.of('answer').map(answer => answer.sessionId)).toEqual(['s1', 's2']);
    expect(server.connections).toHaveLength(2);
    server.offer('b', 2, [camera, voice], 's2');
    await settle();
    expect(server.connections).toHaveLength(2);
  });

  it('comes back for a new session when the server ends its own, without waiting for ICE', async () => {
    const { server } = await inMeeting([person('bob')]);
    server.offer('a', 1, [camera]);
    await settle();
    server.connections[0]!.become('connected');
    server.connections[0]!.endedByServer();
    await vi.advanceTimersByTimeAsync(1_250);
    expect(server.sockets).toHaveLength(2);
    server.welcome([person('bob')]);
    expect(server.socket.of('join')[0]!.capabilities['resume']).not.toBe(true);
  });

  it('leaves the meeting to another tab that took over, when it hears by media first', async () => {
    const { server, meeting } = await inMeeting([person('bob')]);
    server.offer('a', 1, [camera]);
    await settle();
    server.connections[0]!.become('connected');
    server.connections[0]!.endedByServer();
    await vi.advanceTimersByTimeAsync(900);
    server.socket.drop(4000);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.sockets).toHaveLength(1);
    expect(meeting.snapshot.connection).toMatchObject({ phase: 'failed', code: 'replaced' });
  });

  it('comes back for a new session when the server does not know its own', async () => {
    const { server, meeting } = await inMeeting([person('bob')]);
    const problems: string[] = [];
    meeting.on('problem', ({ code }) => problems.push(code));
    server.offer('a', 1, [camera], 's1');
    await settle();
    server.connections[0]!.become('connected');
    server.socket.say({ type: 'error', code: 'unknown-session', sessionId: 's1' });
    await vi.advanceTimersByTimeAsync(1_250);
    expect(server.sockets).toHaveLength(2);
    expect(problems).toEqual([]);
  });

  it('asks for stereo where it is offered', async () => {
    const { server } = await inMeeting([person('bob')]);
    server.offer('a', 1, [camera]);
    await settle();
    const [connection] = server.connections;
    connection!.answerLines = ['a=fmtp:111 minptime=10;useinbandfec=1', 'a=fmtp:112 minptime=10', 'a=fmtp:113 stereo=1'];
    server.socket.say({
      type: 'offer', from: 'sfu', revision: 2, tracks: [voice],
      sdp: 'a=ice-ufrag:a\na=ice-pwd:a\na=fmtp:111 useinbandfec=1;stereo=1;sprop-stereo=1\na=fmtp:112 minptime=10\na=fmtp:113 sprop-stereo=1',
    });
    await settle();
    expect(server.socket.of('answer').at(-1)!.sdp.split('\n').slice(0, 3)).toEqual(['a=fmtp:111 minptime=10;useinbandfec=1;stereo=1', 'a=fmtp:112 minptime=10', 'a=fmtp:113 stereo=1']);
  });
});
