// A source that is muted sends nothing, where the browser can stop it.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { choose, connect, direct, meetingThatIsDirect, meetingWithZoe } from './direct-meeting.js';
import { settle, track, type FakePeerConnection, type ScriptedServer } from './fakes.js';
import { joinedMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const answer = async (server: ScriptedServer): Promise<void> => {
  server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'answer', reference: server.socket.sentOf('offer').at(-1)!.reference });
  await settle();
};

/** Whether the first section of a connection sends. */
const sends = (connection: FakePeerConnection): boolean => connection.transceivers[0]!.encodings.every(({ active }) => active !== false);

const publishing = async (kind: 'audio' | 'video' = 'audio') => {
  const { server, meeting } = await joinedMeeting();
  await meeting.publish(track(kind), kind === 'audio' ? 'microphone' : 'camera');
  await settle();
  await answer(server);
  return { server, meeting, connection: server.connections[0]! };
};

/** A camera that is muted, whose next connection is not answered yet. `sender` is that of the former one. */
const movingWhileMuted = async () => {
  const { server, meeting, connection } = await publishing('video');
  const { sender } = connection.transceivers[0]!;
  const camera = sender.track;
  connection.setConnectionState('connected');
  meeting.mute('video');
  await settle();
  server.socket.receive({ type: 'media-restart', reason: 'moved', generation: 2 });
  await settle();
  return { server, meeting, sender, camera };
};

describe('a microphone', () => {
  it('sends nothing while it is muted, and keeps its track', async () => {
    const { meeting, connection } = await publishing();
    const sent = connection.transceivers[0]!.sender.track;
    meeting.mute('audio');
    await settle();
    expect(sends(connection)).toBe(false);
    expect(connection.transceivers[0]!.sender.track).toBe(sent);
    meeting.unmute('audio');
    await settle();
    expect(sends(connection)).toBe(true);
  });

  it('sends nothing when a host has muted it', async () => {
    const { server, meeting, connection } = await publishing();
    const last = server.socket.sent.filter(message => message.type === 'unmute').at(-1)!;
    server.socket.receive({ type: 'media-update', participantId: 'me', audio: true, video: false, reference: last.reference });
    server.socket.receive({ type: 'media-update', participantId: 'me', audio: false, video: false });
    await settle();
    expect(meeting.isMuted('audio')).toBe(true);
    expect(sends(connection)).toBe(false);
  });

  it('that is muted before it is published has never sent', async () => {
    const { server, meeting } = await joinedMeeting([], { muted: { audio: true, video: false } });
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    expect(sends(server.connections[0]!)).toBe(false);
    meeting.unmute('audio');
    await answer(server);
    expect(sends(server.connections[0]!)).toBe(true);
  });

  it.each([[['mute', 'unmute'], true], [['mute', 'unmute', 'mute'], false]] as const)('that is switched quickly (%s) ends in the last state', async (steps, expected) => {
    const { meeting, connection } = await publishing();
    for (const step of steps) {
      meeting[step]('audio');
      await Promise.resolve(); // the change before is still running
    }
    await settle();
    expect(sends(connection)).toBe(expected);
  });

  it('is unmuted as soon as the browser allows it', async () => {
    const { meeting, connection } = await publishing();
    meeting.mute('audio');
    await settle();
    connection.transceivers[0]!.locked = true;
    meeting.unmute('audio');
    await vi.advanceTimersByTimeAsync(500);
    expect(sends(connection)).toBe(false);
    connection.transceivers[0]!.locked = false;
    await vi.advanceTimersByTimeAsync(100);
    expect(sends(connection)).toBe(true);
  });

  it('works as before in a browser that cannot stop it', async () => {
    const { meeting, connection } = await publishing();
    const { sender } = connection.transceivers[0]!;
    const set = vi.spyOn(sender, 'setParameters').mockImplementation(async () => undefined);
    meeting.mute('audio');
    await vi.advanceTimersByTimeAsync(10_000);
    const attempts = set.mock.calls.length;
    expect(attempts).toBeLessThan(100);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(set).toHaveBeenCalledTimes(attempts);
    expect((sender.track as MediaStreamTrack).enabled).toBe(false);
    meeting.unmute('audio');
    await settle();
    expect((sender.track as MediaStreamTrack).enabled).toBe(true);
    expect(sends(connection)).toBe(true);
  });

  it('does not wait for a camera that delivers no frames', async () => {
    const { server, meeting, connection } = await publishing();
    await meeting.publish(track('video'), 'camera');
    await settle();
    await answer(server);
    meeting.mute('audio');
    await settle();
    connection.transceivers[1]!.sender.setParameters = () => new Promise<never>(() => {}); // Chromium ends the change with the next frame
    server.socket.receive({ type: 'layers', source: 'camera', rids: ['q'] });
    await settle();
    meeting.unmute('audio');
    await settle();
    expect(sends(connection)).toBe(true);
  });

  it('that is muted stays so on the next connection, and an unmute meanwhile is heard on the former one', async () => {
    const { server, meeting, connection } = await publishing();
    connection.setConnectionState('connected');
    meeting.mute('audio');
    await settle();
    server.socket.receive({ type: 'media-restart', reason: 'moved', generation: 2 });
    await settle();
    const next = server.connections[1]!;
    expect([sends(connection), sends(next)]).toEqual([false, false]);
    meeting.unmute('audio');
    await settle();
    expect(sends(connection)).toBe(true);
    meeting.mute('audio');
    await answer(server);
    await settle();
    expect([sends(connection), sends(next)]).toEqual([false, false]);
    meeting.unmute('audio');
    await settle();
    expect([sends(connection), sends(next)]).toEqual([true, true]);
  });

  it('that is unmuted between two attempts to connect again is heard on the connection that there is', async () => {
    const { server, meeting, connection } = await publishing();
    connection.setConnectionState('connected');
    meeting.mute('audio');
    server.socket.receive({ type: 'media-restart', reason: 'moved', generation: 2 });
    await settle();
    server.socket.receive({ type: 'error', code: 'not-placed', message: 'no node yet', reference: server.socket.sentOf('offer').at(-1)!.reference! });
    await settle();
    expect(server.connections).toHaveLength(2);
    meeting.unmute('audio');
    await settle();
    expect(sends(connection)).toBe(true);
  });

  it('sends nothing on direct connections while it is muted', async () => {
    const { meeting, connection } = await meetingThatIsDirect();
    expect(sends(connection)).toBe(true);
    meeting.mute('audio');
    await settle();
    expect(sends(connection)).toBe(false);
    meeting.unmute('audio');
    await settle();
    expect(sends(connection)).toBe(true);
  });

  it('that is muted stays so when media becomes direct and goes back to the media node', async () => {
    const { server, meeting, publish } = await meetingWithZoe();
    meeting.mute('audio');
    await choose(server, 'p2p', 3);
    const connection = direct(server);
    server.socket.receive({ type: 'answer', from: 'zoe', sdp: 'answer' });
    await settle();
    connect(connection);
    expect([sends(publish), sends(connection)]).toEqual([false, false]);
    await choose(server, 'sfu', 4);
    meeting.unmute('audio');
    await settle();
    expect([sends(publish), sends(connection)]).toEqual([true, true]);
  });
});

describe('a camera', () => {
  it('sends no picture while it is muted, also on the next connection, and keeps the layers that are asked for', async () => {
    const { server, meeting, connection } = await publishing('video');
    const { sender } = connection.transceivers[0]!;
    const camera = sender.track;
    meeting.mute('video');
    await settle();
    expect(sender.track).toBeNull();
    server.socket.receive({ type: 'media-restart', reason: 'moved', generation: 2 });
    await answer(server);
    const [next] = server.connections[1]!.transceivers;
    expect(next!.sender.track).toBeNull();
    server.socket.receive({ type: 'layers', source: 'camera', rids: ['q'] });
    await settle();
    meeting.unmute('video');
    await settle();
    expect(next!.sender.track).toBe(camera);
    expect(next!.encodings.filter(({ active }) => active).map(({ rid }) => rid)).toEqual(['q']);
  });

  it('that is not muted keeps its track while something else is negotiated', async () => {
    const { server, meeting, connection } = await publishing('video');
    const replace = vi.spyOn(connection.transceivers[0]!.sender, 'replaceTrack');
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    await answer(server);
    meeting.mute('audio');
    await settle();
    expect(replace).not.toHaveBeenCalled();
  });

  it('that is switched quickly ends in the last state', async () => {
    const { meeting, connection } = await publishing('video');
    const { sender } = connection.transceivers[0]!;
    const camera = sender.track;
    let last = Promise.resolve();
    sender.replaceTrack = track => last = last.then(async () => { // a browser changes the tracks one after another
      await Promise.resolve();
      sender.track = track;
    });
    meeting.mute('video');
    meeting.unmute('video');
    await settle();
    expect(sender.track).toBe(camera);
    meeting.mute('video');
    meeting.unmute('video');
    meeting.mute('video');
    await settle();
    expect(sender.track).toBeNull();
  });

  it('that is unmuted before the next connection is answered is seen on the former one, and sends nothing there when it is muted', async () => {
    const { server, meeting, sender, camera } = await movingWhileMuted();
    const next = server.connections[1]!.transceivers[0]!.sender;
    meeting.unmute('video');
    await settle();
    expect([sender.track, next.track]).toEqual([camera, camera]);
    await answer(server);
    meeting.mute('video');
    await settle();
    expect([sender.track, next.track]).toEqual([null, null]);
    meeting.unmute('video');
    await settle();
    expect([sender.track, next.track]).toEqual([camera, camera]);
  });

  it('that is unmuted between two attempts to connect again is seen on the connection that there is', async () => {
    const { server, meeting, sender, camera } = await movingWhileMuted();
    server.socket.receive({ type: 'error', code: 'not-placed', message: 'no node yet', reference: server.socket.sentOf('offer').at(-1)!.reference! });
    await settle();
    expect(server.connections).toHaveLength(2);
    meeting.unmute('video');
    await settle();
    expect(sender.track).toBe(camera);
    const other = track('video');
    await meeting.replaceTrack('camera', other);
    expect(sender.track).toBe(other);
    meeting.mute('video');
    await settle();
    expect(sender.track).toBeNull();
  });

  it('sends no picture on direct connections while it is muted', async () => {
    const { meeting, connection } = await meetingThatIsDirect();
    const camera = track('video');
    await meeting.publish(camera, 'camera');
    await settle();
    expect(connection.transceivers[1]!.sender.track).toBe(camera);
    meeting.mute('video');
    await settle();
    expect(connection.transceivers[1]!.sender.track).toBeNull();
    meeting.unmute('video');
    await settle();
    expect(connection.transceivers[1]!.sender.track).toBe(camera);
  });
});
