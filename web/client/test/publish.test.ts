import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settle, track } from './fakes.js';
import { inMeeting, joinMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

describe('publishing', () => {
  it('names the source of each media section in its offer', async () => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await meeting.publish(track('video'), 'camera');
    await settle();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    const offers = server.socket.of('offer');
    expect(offers.at(-1)).toMatchObject({ to: 'sfu', tracks: [{ mid: '0', source: 'microphone' }, { mid: '1', source: 'camera' }] });
    expect(offers.at(-1)!.restart).toBeUndefined();
  });

  it('has one offer in flight, and puts everything asked for meanwhile into the next', async () => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    await meeting.publish(track('video'), 'camera');
    await meeting.publish(track('video'), 'screen');
    await settle();
    expect(server.socket.of('offer')).toHaveLength(1);
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    expect(server.socket.of('offer')).toHaveLength(2);
    expect(server.socket.of('offer')[1]!.tracks.map(one => one.source)).toEqual(['microphone', 'camera', 'screen']);
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'two' });
    await settle();
    expect(server.connections).toHaveLength(1);
    expect(server.connections[0]!.signalingState).toBe('stable');
    expect(server.socket.of('offer')).toHaveLength(2);
  });

  it('waits with its offer until the server has said joined', async () => {
    const { server, meeting } = await joinMeeting();
    await meeting.publish(track('audio'), 'microphone');
    server.socket.accept();
    await settle();
    expect(server.socket.sent.map(message => message.type)).toEqual(['join']);
    server.welcome();
    await settle();
    expect(server.socket.of('offer')).toHaveLength(1);
  });

  it('never offers without a device', async () => {
    const { server } = await inMeeting();
    expect(server.connections).toHaveLength(0);
    expect(server.socket.of('mute').map(message => message.mediaType)).toEqual(['audio', 'video']);
  });

  it('changes a device without a negotiation', async () => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('video'), 'camera');
    await settle();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    const other = track('video');
    await meeting.replaceTrack('camera', other);
    await meeting.replaceTrack('camera', null);
    await meeting.replaceTrack('camera', other);
    await settle();
    expect(server.socket.of('offer')).toHaveLength(1);
    expect(server.connections[0]!.transceivers[0]!.sender.track).toBe(other);
  });

  it('takes the section away when a screen share ends, and uses it again for the next one', async () => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('video'), 'screen');
    await settle();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    meeting.unpublish('screen');
    await settle();
    expect(server.socket.of('offer')[1]!.sdp).toContain('a=mid:0 inactive');
    expect(server.socket.of('offer')[1]!.tracks).toEqual([]);
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'two' });
    await settle();
    await meeting.publish(track('video'), 'screen');
    await settle();
    expect(server.socket.of('offer')[2]!.tracks).toEqual([{ mid: '0', source: 'screen' }]);
    expect(server.connections[0]!.transceivers).toHaveLength(1);
  });

  it('starts a connection of its own when no answer comes', async () => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    await vi.advanceTimersByTimeAsync(10_500);
    await settle();
    expect(server.socket.of('offer')).toHaveLength(2);
    expect(server.socket.of('offer')[1]!.restart).toBe(true);
    expect(server.connections[0]!.connectionState).toBe('closed');
  });

  it('tries again after not-placed, later each time', async () => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.say({ type: 'error', code: 'not-placed', message: 'no node yet', reference: server.socket.of('offer').at(-1)!.reference! });
    await settle();
    expect(server.socket.of('offer')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(250);
    expect(server.socket.of('offer')).toHaveLength(2);
    server.socket.say({ type: 'error', code: 'media-failed', message: 'still none', reference: server.socket.of('offer').at(-1)!.reference! });
    await vi.advanceTimersByTimeAsync(250);
    expect(server.socket.of('offer')).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(250);
    expect(server.socket.of('offer')).toHaveLength(3);
  });

  it('gives up on SDP that the server refuses three times, and says so', async () => {
    const { server, meeting } = await inMeeting();
    const problems: string[] = [];
    meeting.on('problem', problem => problems.push(problem.code));
    await meeting.publish(track('audio'), 'microphone');
    for (let round = 0; round < 5; round++) {
      await settle();
      server.socket.say({ type: 'error', code: 'invalid-sdp', message: 'bad', reference: server.socket.of('offer').at(-1)!.reference! });
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(server.socket.of('offer')).toHaveLength(3);
    expect(problems).toContain('invalid-sdp');
  });

  it('makes a new connection when the old one fails, and closes the old one when the new one is up', async () => {
    const { server, meeting } = await inMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    await settle();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    server.connections[0]!.become('connected');
    server.connections[0]!.become('failed');
    expect(meeting.snapshot.connection).toMatchObject({ phase: 'reconnecting', waitingFor: 'media' });
    await vi.advanceTimersByTimeAsync(300);
    expect(server.socket.of('offer')[1]).toMatchObject({ restart: true, tracks: [{ source: 'microphone' }] });
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'two' });
    await settle();
    expect(server.connections[0]!.connectionState).toBe('failed');
    server.connections[1]!.become('connected');
    expect(server.connections[0]!.connectionState).toBe('closed');
    expect(server.connections[1]!.transceivers[0]!.sender.track).toBe(microphone);
    expect(meeting.snapshot.connection.phase).toBe('connected');
  });

  it('takes a short disconnection for a hiccup', async () => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    server.connections[0]!.become('disconnected');
    await vi.advanceTimersByTimeAsync(2_500);
    server.connections[0]!.become('connected');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.socket.of('offer')).toHaveLength(1);
  });

  it('names the session of the answer before in later offers, and begins anew when it is gone', async () => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'one', sessionId: 's1' });
    await settle();
    await meeting.publish(track('video'), 'camera');
    await settle();
    expect(server.socket.of('offer').map(offer => offer.sessionId)).toEqual([undefined, 's1']);
    server.socket.say({ type: 'error', code: 'unknown-session', sessionId: 's1', reference: server.socket.of('offer').at(-1)!.reference! });
    await settle();
    const again = server.socket.of('offer').at(-1)!;
    expect(again).toMatchObject({ restart: true, tracks: [{ source: 'microphone' }, { source: 'camera' }] });
    expect(again.sessionId).toBeUndefined();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'two', sessionId: 's2' });
    await settle();
    expect(server.socket.of('offer')).toHaveLength(3);
  });

  it('names no session to a server that does not name any', async () => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    await meeting.publish(track('video'), 'camera');
    await settle();
    expect(server.socket.of('offer')[1]).not.toHaveProperty('sessionId');
  });

  it('begins anew as soon as the server ends the session, without waiting for ICE', async () => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    server.connections[0]!.become('connected');
    server.connections[0]!.endedByServer();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.socket.of('offer')).toHaveLength(2);
    expect(server.socket.of('offer')[1]!.restart).toBe(true);
  });

  it('does not begin twice when the server ends the old session because of the new one', async () => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    server.connections[0]!.become('connected');
    server.socket.say({ type: 'media-restart', reason: 'moved', generation: 2 });
    await settle();
    server.connections[0]!.endedByServer();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'two' });
    await settle();
    server.connections[1]!.become('connected');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(server.socket.of('offer')).toHaveLength(2);
  });

  it('drops the answer to an offer that it gave up', async () => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    const givenUp = server.socket.of('offer')[0]!.reference!;
    server.socket.say({ type: 'media-restart', reason: 'moved', generation: 2 });
    await settle();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'late', reference: givenUp });
    await settle();
    expect(server.connections[1]!.remoteDescription).toBeNull();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'two', reference: server.socket.of('offer')[1]!.reference! });
    await settle();
    expect(server.connections[1]!.remoteDescription?.sdp).toBe('two');
  });

  it.each(['media-failed', 'unknown-session', 'invalid-sdp', 'not-placed'])('goes on waiting for its answer when something else is refused with %s', async code => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.say({ type: 'error', code, message: 'the answer to another session' });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(server.socket.of('offer')).toHaveLength(1);
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'one', reference: server.socket.of('offer')[0]!.reference! });
    await settle();
    expect(server.connections[0]!.remoteDescription?.sdp).toBe('one');
    expect(server.connections).toHaveLength(1);
  });
});
