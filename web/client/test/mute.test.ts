import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { participant, type ScriptedServer, settle, track } from './fakes.js';
import { joinedMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const muteMessages = (server: ScriptedServer) => server.socket.sent.filter(message => message.type === 'mute' || message.type === 'unmute');

/** The server's response to the last message about a kind, or about each kind. */
function respond(server: ScriptedServer, { audio = true, video = false, kinds = ['audio', 'video'] } = {}): void {
  for (const kind of kinds) {
    const last = muteMessages(server).filter(message => message.mediaType === kind).at(-1)!;
    server.socket.receive({ type: 'media-update', participantId: 'me', audio, video, reference: last.reference });
  }
}

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

  it('the join message says what is muted', async () => {
    const { server, meeting } = await joinedMeeting();
    expect(server.socket.sent[0]).toMatchObject({ type: 'join', muted: { audio: true, video: true } }); // nothing is published
    await meeting.publish(track('audio'), 'microphone');
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.acceptJoin();
    expect(server.socket.sent[0]).toMatchObject({ type: 'join', muted: { audio: false, video: true } });
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
    respond(server);
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
    expect(server.socket.sent.slice(1)).toEqual([{ type: 'mute', mediaType: 'audio', reference: 'audio-1' }, { type: 'mute', mediaType: 'video', reference: 'video-2' }]);
  });

  it('a host can mute the microphone', async () => {
    const { server, meeting } = await joinedMeeting();
    const microphone = track('audio');
    const silenced: string[] = [];
    meeting.on('silenced', ({ kind }) => silenced.push(kind));
    await meeting.publish(microphone, 'microphone');
    respond(server);
    server.socket.receive({ type: 'media-update', participantId: 'me', audio: false, video: false });
    expect(microphone.enabled).toBe(false);
    expect(silenced).toEqual(['audio']);
  });

  it('an update that is older than a message of the client does not mute, however late it arrives', async () => {
    const { server, meeting } = await joinedMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    respond(server);
    meeting.mute('audio');
    meeting.unmute('audio');
    await vi.advanceTimersByTimeAsync(8_000);
    server.socket.receive({ type: 'media-update', participantId: 'me', audio: false, video: false }); // announces the earlier mute
    respond(server);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(microphone.enabled).toBe(true);
    expect(meeting.isMuted('audio')).toBe(false);
  });

  it('a host that mutes before the response has the last word', async () => {
    const { server, meeting } = await joinedMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    server.socket.receive({ type: 'media-update', participantId: 'me', audio: false, video: false });
    expect(microphone.enabled).toBe(true);
    respond(server, { audio: false });
    expect(microphone.enabled).toBe(false);
  });

  it('a host can mute the microphone on a server that does not respond', async () => {
    const { server, meeting } = await joinedMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    server.socket.receive({ type: 'media-update', participantId: 'me', audio: true, video: false });
    server.socket.receive({ type: 'media-update', participantId: 'me', audio: false, video: false });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(microphone.enabled).toBe(false);
  });

  it('a response for audio does not confirm video', async () => {
    const { server, meeting } = await joinedMeeting();
    const [microphone, camera] = [track('audio'), track('video')];
    await meeting.publish(microphone, 'microphone');
    await meeting.publish(camera, 'camera');
    respond(server, { audio: false, video: true, kinds: ['video'] }); // the message about the microphone was rejected
    await vi.advanceTimersByTimeAsync(9_000);
    expect([microphone.enabled, camera.enabled]).toEqual([true, true]);
    const sent = server.socket.sentOf('unmute').length;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.socket.sentOf('unmute').slice(sent).map(message => message.mediaType)).toEqual(['audio']);
  });

  it('a mute to which the server does not respond is sent again, five times at most', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    respond(server);
    meeting.mute('audio');
    const sent = server.socket.sentOf('mute').length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.socket.sentOf('mute').length).toBe(sent + 1);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(server.socket.sentOf('mute').length).toBe(sent + 5);
  });

  it('a mute is sent once when the server responds', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    meeting.mute('audio');
    const sent = muteMessages(server).length;
    respond(server, { audio: false });
    await vi.advanceTimersByTimeAsync(600_000);
    expect(muteMessages(server).length).toBe(sent);
  });

  it('a host that mutes instead of a response has the last word', async () => {
    const { server, meeting } = await joinedMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    const sent = muteMessages(server).length;
    server.socket.receive({ type: 'media-update', participantId: 'me', audio: false, video: false });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(microphone.enabled).toBe(false);
    expect(muteMessages(server).slice(sent).filter(message => message.type === 'unmute')).toEqual([]);
  });

  it('a microphone that a host mutes during a reconnect is muted, although the response to unmute was lost', async () => {
    const { server, meeting } = await joinedMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.acceptJoin([], { muted: { audio: true, video: false } });
    expect(microphone.enabled).toBe(false);
    expect(server.socket.sentOf('unmute')).toEqual([]);
  });

  it('the echo of an older message does not mute when the newest one was rejected', async () => {
    const { server, meeting } = await joinedMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    respond(server);
    meeting.mute('audio');
    const { reference } = muteMessages(server).at(-1)!;
    meeting.unmute('audio'); // rejected
    server.socket.receive({ type: 'media-update', participantId: 'me', audio: false, video: false });
    server.socket.receive({ type: 'media-update', participantId: 'me', audio: false, video: false, reference });
    const sent = muteMessages(server).length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(microphone.enabled).toBe(true);
    expect(muteMessages(server).slice(sent).map(message => message.type)).toEqual(['unmute']);
  });

  it('an unmute that was lost with the connection does not count as muted by a host', async () => {
    const { server, meeting } = await joinedMeeting([], { muted: { audio: true, video: false } });
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    respond(server, { audio: false });
    meeting.unmute('audio');
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.acceptJoin([], { muted: { audio: true, video: false } });
    expect(microphone.enabled).toBe(true);
    expect(server.socket.sentOf('unmute').map(message => message.mediaType)).toEqual(['audio']);
  });

  it('the mute states of other participants appear in the snapshot', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    server.socket.receive({ type: 'media-update', participantId: 'bob', audio: false, video: true });
    await settle();
    expect(meeting.snapshot.participants[0]).toMatchObject({ audio: false, video: true });
  });
});
