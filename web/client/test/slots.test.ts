import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { participant, settle, type FakeTrack, type ScriptedServer } from './fakes.js';
import { joinedMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const sections = [{ mid: '0', kind: 'video' }, { mid: '1', kind: 'video' }, { mid: '2', kind: 'audio' }] as const;
const carried = (mid: string, participantId: string, source: 'camera' | 'screen' = 'camera') => ({ mid, participantId, kind: 'video', source } as const);

/** Offers two slots for pictures and one for sound, which carry nothing yet. */
async function offerSlots(server: ScriptedServer, sessionId = 's1'): Promise<void> {
  server.offer(sessionId, 1, sections.map(section => ({ ...section, participantId: '', source: '' })), sessionId, 1);
  await settle();
}

const slots = (server: ScriptedServer, version: number, ...tracks: ReturnType<typeof carried>[]) =>
  server.socket.receive({ type: 'slots', sessionId: 's1', version, slots: tracks });

const confirmed = (server: ScriptedServer) => server.socket.sentOf('slots').map(message => message.version);

describe('slots', () => {
  it('the client says that it can use slots', async () => {
    const { server } = await joinedMeeting();
    expect(server.socket.sentOf('join')[0]!.capabilities['slots']).toBe(true);
  });

  it('a track appears, moves and disappears without an answer', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob'), participant('carol')]);
    await offerSlots(server);
    slots(server, 2, carried('0', 'bob'));
    expect(meeting.snapshot.participants[0]!.tracks.camera).toBeDefined();
    slots(server, 3, carried('0', 'bob'), carried('1', 'carol', 'screen'));
    expect(meeting.snapshot.participants[1]!.tracks.screen).toBeDefined();
    slots(server, 4, carried('1', 'carol', 'screen'));
    expect(meeting.snapshot.participants[0]!.tracks.camera).toBeUndefined();
    expect(server.socket.sentOf('answer')).toHaveLength(1);
    expect(confirmed(server)).toEqual([1, 2, 3, 4]);
  });

  it('a page that keeps the track of a former participant does not show the next one in its place', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob'), participant('carol')]);
    await offerSlots(server);
    slots(server, 2, carried('0', 'bob'));
    const bobs = meeting.snapshot.participants[0]!.tracks.camera as unknown as FakeTrack;
    slots(server, 3);
    expect(bobs.readyState).toBe('ended');
    slots(server, 4, carried('0', 'carol'));
    const carols = meeting.snapshot.participants[1]!.tracks.camera as unknown as FakeTrack;
    expect(carols).not.toBe(bobs);
    expect(carols.original).toBe(bobs.original);
    expect(carols.original!.readyState).toBe('live');
  });

  it('a change that does not concern a track keeps it', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob'), participant('carol')]);
    await offerSlots(server);
    slots(server, 2, carried('0', 'bob'));
    const before = meeting.snapshot.participants[0]!.tracks.camera;
    slots(server, 3, carried('0', 'bob'), carried('1', 'carol'));
    expect(meeting.snapshot.participants[0]!.tracks.camera).toBe(before);
  });

  it('an older version and another session change nothing', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob'), participant('carol')]);
    await offerSlots(server);
    slots(server, 5, carried('0', 'bob'));
    slots(server, 4, carried('0', 'carol'));
    server.socket.receive({ type: 'slots', sessionId: 's0', version: 9, slots: [carried('0', 'carol')] });
    expect(meeting.snapshot.participants.map(one => one.tracks.camera !== undefined)).toEqual([true, false]);
  });

  it('a message that overtakes its offer is applied with it', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    server.offer('s1', 1, sections.map(section => ({ ...section, participantId: '', source: '' })), 's1', 1);
    slots(server, 2, carried('1', 'bob'));
    await settle();
    expect(meeting.snapshot.participants[0]!.tracks.camera).toBeDefined();
    expect(confirmed(server)).toEqual([2]);
  });

  it('an offer with more slots keeps the tracks', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    await offerSlots(server);
    slots(server, 2, carried('0', 'bob'));
    const before = meeting.snapshot.participants[0]!.tracks.camera;
    server.offer('s1', 2, [carried('0', 'bob'), { ...carried('3', 'bob', 'screen') }], 's1', 3);
    await settle();
    expect(meeting.snapshot.participants[0]!.tracks.camera).toBe(before);
    expect(meeting.snapshot.participants[0]!.tracks.screen).toBeDefined();
    expect(server.connections).toHaveLength(1);
  });

  it('a server that does not know slots takes over: the client asks for a new session', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    await offerSlots(server);
    slots(server, 2, carried('0', 'bob'));
    server.offer('s1', 1, [carried('0', 'bob')], 's1');
    await settle();
    await server.nextSocket();
    server.acceptJoin([participant('bob')]);
    expect(server.socket.sentOf('join')[0]!.capabilities['resume']).toBeUndefined();
    server.offer('s2', 1, [{ mid: '0', participantId: 'bob', kind: 'video', source: 'camera' }], 's2');
    await settle();
    expect(meeting.snapshot.participants[0]!.tracks.camera).toBeDefined();
  });

  it('a confirmation that got lost is repeated with the offer of the next socket', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob'), participant('carol')]);
    await offerSlots(server);
    slots(server, 2, carried('0', 'bob'));
    const bobs = meeting.snapshot.participants[0]!.tracks.camera as unknown as FakeTrack;
    server.connections[0]!.setConnectionState('connected');
    server.socket.disconnect();
    await server.nextSocket();
    server.acceptJoin([participant('bob'), participant('carol')]);
    expect(server.socket.sentOf('join')[0]!.capabilities['resume']).toBe(true);
    server.offer('s1', 1, [carried('1', 'carol')], 's1', 4); // it missed version 3
    await settle();
    expect(bobs.readyState).toBe('ended');
    expect(meeting.snapshot.participants.map(one => one.tracks.camera !== undefined)).toEqual([false, true]);
    expect(confirmed(server)).toEqual([4]);
  });

  it('a silent microphone has no level', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    await offerSlots(server);
    server.socket.receive({ type: 'slots', sessionId: 's1', version: 2, slots: [{ mid: '2', participantId: 'bob', kind: 'audio', source: 'microphone' }] });
    const { receiver } = server.connections[0]!.transceivers[2]!;
    receiver.getSynchronizationSources = () => [{ audioLevel: 0.5, timestamp: 1_000 }];
    expect(meeting.audioLevels().get('bob')).toBe(0.5);
    expect(meeting.audioLevels().get('bob')).toBe(0.5); // a page may ask more often than packets arrive
    await vi.advanceTimersByTimeAsync(300);
    expect(meeting.audioLevels().get('bob')).toBe(0);
    receiver.getSynchronizationSources = () => [{ audioLevel: 0.4, timestamp: 1_020 }];
    expect(meeting.audioLevels().get('bob')).toBe(0.4);
  });
});
