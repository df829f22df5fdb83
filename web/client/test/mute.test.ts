import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { participant, settle, track } from './fakes.js';
import { joinedMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

describe('muting', () => {
  it('muting disables the track and reports it to the server', async () => {
    const { server, meeting } = await joinedMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    meeting.mute('audio');
    expect(microphone.enabled).toBe(false);
    expect(meeting.snapshot.self.audio).toBe(false);
    meeting.unmute('audio');
    expect(microphone.enabled).toBe(true);
    expect(server.socket.sent.filter(message => 'mediaType' in message && message.mediaType === 'audio').map(message => message.type))
      .toEqual(['mute', 'unmute', 'mute', 'unmute']);
  });

  it('a muted microphone stays muted after a reconnect and is reported again', async () => {
    const { server, meeting } = await joinedMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    meeting.mute('audio');
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.acceptJoin([], { muted: { audio: true, video: false } });
    expect(microphone.enabled).toBe(false);
    expect(server.socket.sentOf('mute').map(message => message.mediaType)).toContain('audio');
    expect(server.socket.sentOf('unmute')).toEqual([]);
  });

  it('a microphone that is unmuted during a reconnect stays unmuted', async () => {
    const { server, meeting } = await joinedMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    meeting.mute('audio');
    server.socket.disconnect();
    meeting.unmute('audio');
    await vi.advanceTimersByTimeAsync(250);
    server.acceptJoin([], { muted: { audio: true, video: false } }); // the state that was last reported
    expect(microphone.enabled).toBe(true);
    expect(server.socket.sentOf('unmute').map(message => message.mediaType)).toEqual(['audio']);
  });

  it('a microphone that a host mutes during a reconnect is muted', async () => {
    const { server, meeting } = await joinedMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.acceptJoin([], { muted: { audio: true, video: false } });
    expect(microphone.enabled).toBe(false);
    expect(meeting.isMuted('audio')).toBe(true);
  });

  it('in a meeting with muteOnEntry, a microphone that is published later is muted', async () => {
    const { meeting } = await joinedMeeting([], { muted: { audio: true, video: false } });
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    expect(microphone.enabled).toBe(false);
    expect(meeting.snapshot.self.audio).toBe(false);
  });

  it('each mute state is reported once after a join', async () => {
    const { server } = await joinedMeeting([], { muted: { audio: true, video: false } });
    expect(server.socket.sent.slice(1)).toEqual([{ type: 'mute', mediaType: 'audio' }, { type: 'mute', mediaType: 'video' }]);
  });

  it('a host can mute the microphone', async () => {
    const { server, meeting } = await joinedMeeting();
    const microphone = track('audio');
    const silenced: string[] = [];
    meeting.on('silenced', ({ kind }) => silenced.push(kind));
    await meeting.publish(microphone, 'microphone');
    await vi.advanceTimersByTimeAsync(2_000);
    server.socket.receive({ type: 'media-update', participantId: 'me', audio: false, video: false });
    expect(microphone.enabled).toBe(false);
    expect(silenced).toEqual(['audio']);
  });

  it('the echo of an own mute message does not count as muted by a host', async () => {
    const { server, meeting } = await joinedMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    meeting.mute('audio');
    meeting.unmute('audio');
    server.socket.receive({ type: 'media-update', participantId: 'me', audio: true, video: false });
    server.socket.receive({ type: 'media-update', participantId: 'me', audio: false, video: false });
    server.socket.receive({ type: 'media-update', participantId: 'me', audio: true, video: false });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(microphone.enabled).toBe(true);
  });

  it('a host can mute the microphone within the echo window', async () => {
    const { server, meeting } = await joinedMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    server.socket.receive({ type: 'media-update', participantId: 'me', audio: true, video: false });
    server.socket.receive({ type: 'media-update', participantId: 'me', audio: false, video: false });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(microphone.enabled).toBe(false);
  });

  it('the mute states of other participants appear in the snapshot', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    server.socket.receive({ type: 'media-update', participantId: 'bob', audio: false, video: true });
    await settle();
    expect(meeting.snapshot.participants[0]).toMatchObject({ audio: false, video: true });
  });
});
