import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { person, settle, track } from './fakes.js';
import { inMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

describe('muting', () => {
  it('silences the track and says so', async () => {
    const { server, meeting } = await inMeeting();
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

  it('never changes over a reconnect: what was off is off, and is said again', async () => {
    const { server, meeting } = await inMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    meeting.mute('audio');
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(250);
    server.welcome([], { muted: { audio: true, video: false } });
    expect(microphone.enabled).toBe(false);
    expect(server.socket.of('mute').map(message => message.mediaType)).toContain('audio');
    expect(server.socket.of('unmute')).toEqual([]);
  });

  it('keeps what the person switched on while the connection was away', async () => {
    const { server, meeting } = await inMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    meeting.mute('audio');
    server.socket.drop();
    meeting.unmute('audio');
    await vi.advanceTimersByTimeAsync(250);
    server.welcome([], { muted: { audio: true, video: false } }); // what we had said before
    expect(microphone.enabled).toBe(true);
    expect(server.socket.of('unmute').map(message => message.mediaType)).toEqual(['audio']);
  });

  it('stays silent when a host muted us while the connection was away', async () => {
    const { server, meeting } = await inMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(250);
    server.welcome([], { muted: { audio: true, video: false } });
    expect(microphone.enabled).toBe(false);
    expect(meeting.isMuted('audio')).toBe(true);
  });

  it('starts muted when the meeting says so, also for a microphone that comes later', async () => {
    const { meeting } = await inMeeting([], { muted: { audio: true, video: false } });
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    expect(microphone.enabled).toBe(false);
    expect(meeting.snapshot.self.audio).toBe(false);
  });

  it('says each thing once when it joins', async () => {
    const { server } = await inMeeting([], { muted: { audio: true, video: false } });
    expect(server.socket.sent.slice(1)).toEqual([{ type: 'mute', mediaType: 'audio' }, { type: 'mute', mediaType: 'video' }]);
  });

  it('obeys a host', async () => {
    const { server, meeting } = await inMeeting();
    const microphone = track('audio');
    const silenced: string[] = [];
    meeting.on('silenced', ({ kind }) => silenced.push(kind));
    await meeting.publish(microphone, 'microphone');
    await vi.advanceTimersByTimeAsync(2_000);
    server.socket.say({ type: 'media-update', participantId: 'me', audio: false, video: false });
    expect(microphone.enabled).toBe(false);
    expect(silenced).toEqual(['audio']);
  });

  it('does not take the echo of its own words for a host', async () => {
    const { server, meeting } = await inMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    meeting.mute('audio');
    meeting.unmute('audio');
    server.socket.say({ type: 'media-update', participantId: 'me', audio: true, video: false });
    server.socket.say({ type: 'media-update', participantId: 'me', audio: false, video: false });
    server.socket.say({ type: 'media-update', participantId: 'me', audio: true, video: false });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(microphone.enabled).toBe(true);
  });

  it('obeys a host who is quicker than the echo', async () => {
    const { server, meeting } = await inMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    server.socket.say({ type: 'media-update', participantId: 'me', audio: true, video: false });
    server.socket.say({ type: 'media-update', participantId: 'me', audio: false, video: false });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(microphone.enabled).toBe(false);
  });

  it('shows what the others do', async () => {
    const { server, meeting } = await inMeeting([person('bob')]);
    server.socket.say({ type: 'media-update', participantId: 'bob', audio: false, video: true });
    await settle();
    expect(meeting.snapshot.participants[0]).toMatchObject({ audio: false, video: true });
  });
});
