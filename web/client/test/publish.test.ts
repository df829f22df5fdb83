import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settle, track } from './fakes.js';
import { joinedMeeting, joinMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

describe('publishing', () => {
  it('an offer names the source of each media section', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await meeting.publish(track('video'), 'camera');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    const offers = server.socket.sentOf('offer');
    expect(offers.at(-1)).toMatchObject({ to: 'sfu', tracks: [{ mid: '0', source: 'microphone' }, { mid: '1', source: 'camera' }] });
    expect(offers.at(-1)!.restart).toBeUndefined();
  });

  it('a track that is published again is not replaced by itself', async () => {
    const { server, meeting } = await joinedMeeting();
    const camera = track('video');
    await meeting.publish(camera, 'camera');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    const replace = vi.spyOn(server.connections[0]!.transceivers[0]!.sender, 'replaceTrack');
    await meeting.publish(camera, 'camera');
    expect(replace).not.toHaveBeenCalled();
    await meeting.publish(track('video'), 'camera');
    expect(replace).toHaveBeenCalledTimes(1);
  });

  it('a screen is tuned for text: sharp, with few frames, of which a narrow line gets a half or a quarter', async () => {
    const { server, meeting } = await joinedMeeting();
    const screen = track('video');
    await meeting.publish(screen, 'screen');
    await settle();
    expect(screen.contentHint).toBe('detail');
    expect(server.connections[0]!.transceivers[0]!.sender.getParameters().encodings).toMatchObject([{ maxFramerate: 10, scalabilityMode: 'L1T3' }]);
  });

  it('a microphone sends each frame twice, and a shared sound once', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await meeting.publish(track('audio'), 'screen-audio');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    expect(server.connections[0]!.transceivers.map(transceiver => transceiver.preferred)).toEqual([['audio/red', 'audio/opus'], null]);
  });

  it('a microphone may leave out silence, and a shared sound may not', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'screen-audio');
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    const parameters = [...server.socket.sentOf('offer').at(-1)!.sdp.matchAll(/^a=fmtp:(.*)$/gm)].map(([, text]) => text);
    expect(parameters).toEqual(['111 minptime=10', '63 111/111', '111 minptime=10;usedtx=1', '63 111/111']);
  });

  it('one offer is in flight at a time, and later changes share the next one', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    await meeting.publish(track('video'), 'camera');
    await meeting.publish(track('video'), 'screen');
    await settle();
    expect(server.socket.sentOf('offer')).toHaveLength(1);
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    expect(server.socket.sentOf('offer')).toHaveLength(2);
    expect(server.socket.sentOf('offer')[1]!.tracks.map(one => one.source)).toEqual(['microphone', 'camera', 'screen']);
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'two' });
    await settle();
    expect(server.connections).toHaveLength(1);
    expect(server.connections[0]!.signalingState).toBe('stable');
    expect(server.socket.sentOf('offer')).toHaveLength(2);
  });

  it('the first offer is sent after the server has sent joined', async () => {
    const { server, meeting } = await joinMeeting();
    await meeting.publish(track('audio'), 'microphone');
    server.socket.accept();
    await settle();
    expect(server.socket.sent.map(message => message.type)).toEqual(['join']);
    server.acceptJoin();
    await settle();
    expect(server.socket.sentOf('offer')).toHaveLength(1);
  });

  it('a participant without devices sends no offer', async () => {
    const { server } = await joinedMeeting();
    expect(server.connections).toHaveLength(0);
    expect(server.socket.sentOf('mute').map(message => message.mediaType)).toEqual(['audio', 'video']);
  });

  it('replacing a track needs no negotiation', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('video'), 'camera');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    const other = track('video');
    await meeting.replaceTrack('camera', other);
    await meeting.replaceTrack('camera', null);
    await meeting.replaceTrack('camera', other);
    await settle();
    expect(server.socket.sentOf('offer')).toHaveLength(1);
    expect(server.connections[0]!.transceivers[0]!.sender.track).toBe(other);
  });

  it('the media section of a screen share becomes inactive at its end and is reused by the next one', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('video'), 'screen');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    meeting.unpublish('screen');
    await settle();
    expect(server.socket.sentOf('offer')[1]!.sdp).toContain('a=mid:0 inactive');
    expect(server.socket.sentOf('offer')[1]!.tracks).toEqual([]);
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'two' });
    await settle();
    await meeting.publish(track('video'), 'screen');
    await settle();
    expect(server.socket.sentOf('offer')[2]!.tracks).toEqual([{ mid: '0', source: 'screen' }]);
    expect(server.connections[0]!.transceivers).toHaveLength(1);
  });

  it('an offer without an answer is followed by an offer for a new connection', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    await vi.advanceTimersByTimeAsync(10_500);
    await settle();
    expect(server.socket.sentOf('offer')).toHaveLength(2);
    expect(server.socket.sentOf('offer')[1]!.restart).toBe(true);
    expect(server.connections[0]!.connectionState).toBe('closed');
  });

  it('offers that fail with a transient error are retried with growing delays', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.receive({ type: 'error', code: 'not-placed', message: 'no node yet', reference: server.socket.sentOf('offer').at(-1)!.reference! });
    await settle();
    expect(server.socket.sentOf('offer')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(250);
    expect(server.socket.sentOf('offer')).toHaveLength(2);
    server.socket.receive({ type: 'error', code: 'media-failed', message: 'still none', reference: server.socket.sentOf('offer').at(-1)!.reference! });
    await vi.advanceTimersByTimeAsync(250);
    expect(server.socket.sentOf('offer')).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(250);
    expect(server.socket.sentOf('offer')).toHaveLength(3);
  });

  it('after three rejections with invalid-sdp, the client stops offering and emits a problem', async () => {
    const { server, meeting } = await joinedMeeting();
    const problems: string[] = [];
    meeting.on('problem', problem => problems.push(problem.code));
    await meeting.publish(track('audio'), 'microphone');
    for (let round = 0; round < 5; round++) {
      await settle();
      server.socket.receive({ type: 'error', code: 'invalid-sdp', message: 'bad', reference: server.socket.sentOf('offer').at(-1)!.reference! });
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(server.socket.sentOf('offer')).toHaveLength(3);
    expect(problems).toContain('invalid-sdp');
  });

  it('single rejections with invalid-sdp, among lost connections and accepted offers, end nothing', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    const reference = () => server.socket.sentOf('offer').at(-1)!.reference!;
    const answer = async () => {
      server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'answer', reference: reference() });
      await settle();
    };
    for (let loss = 0; loss < 2; loss++) {
      await answer();
      server.connections.at(-1)!.setConnectionState('connected');
      server.connections.at(-1)!.setConnectionState('failed');
      await vi.advanceTimersByTimeAsync(1_000);
    }
    for (let round = 0; round < 3; round++) {
      await answer();
      meeting.unpublish('camera');
      await meeting.publish(track('video'), 'camera');
      await settle();
      const offers = server.socket.sentOf('offer').length;
      server.socket.receive({ type: 'error', code: 'invalid-sdp', message: 'bad', reference: reference() });
      await vi.advanceTimersByTimeAsync(5_000);
      expect(server.socket.sentOf('offer')).toHaveLength(offers + 1);
    }
  });

  it('a failed connection is replaced, and closed once the new one is connected', async () => {
    const { server, meeting } = await joinedMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    server.connections[0]!.setConnectionState('connected');
    server.connections[0]!.setConnectionState('failed');
    expect(meeting.snapshot.connection).toMatchObject({ phase: 'reconnecting', waitingFor: 'media' });
    await vi.advanceTimersByTimeAsync(300);
    expect(server.socket.sentOf('offer')[1]).toMatchObject({ restart: true, tracks: [{ source: 'microphone' }] });
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'two' });
    await settle();
    expect(server.connections[0]!.connectionState).toBe('failed');
    server.connections[1]!.setConnectionState('connected');
    expect(server.connections[0]!.connectionState).toBe('closed');
    expect(server.connections[1]!.transceivers[0]!.sender.track).toBe(microphone);
    expect(meeting.snapshot.connection.phase).toBe('connected');
  });

  /** A meeting that sends the tracks on one connection, and has offered a second one. */
  const restarting = async (...kinds: ('audio' | 'video')[]) => {
    const { server, meeting } = await joinedMeeting();
    const tracks = kinds.map(track);
    for (const one of tracks) await meeting.publish(one, one.kind === 'audio' ? 'microphone' : 'camera');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    const former = server.connections[0]!;
    former.setConnectionState('connected');
    server.socket.receive({ type: 'media-restart', reason: 'moved', generation: 2 });
    await settle();
    return { server, meeting, tracks, former };
  };

  const restarted = async (...kinds: ('audio' | 'video')[]) => {
    const { server, meeting, tracks, former } = await restarting(...kinds);
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'two' });
    await settle();
    const next = server.connections[1]!;
    next.setConnectionState('connected');
    await settle();
    return { server, meeting, tracks, former, next };
  };

  it('the old connection sends until packets of every track are sent on the new one', async () => {
    const { meeting, tracks, former, next } = await restarted('audio', 'video');
    expect(meeting.snapshot.connection.phase).toBe('connected');
    await vi.advanceTimersByTimeAsync(300);
    expect([former.connectionState, former.transceivers.map(({ sender }) => sender.track)]).toEqual(['connected', tracks]);
    next.transceivers[0]!.packetsSent = 3;
    await vi.advanceTimersByTimeAsync(300);
    expect(former.connectionState).toBe('connected');
    next.transceivers[1]!.packetsSent = 1;
    await vi.advanceTimersByTimeAsync(100);
    expect([former.connectionState, next.connectionState]).toEqual(['closed', 'connected']);
  });

  it('the old connection ends two seconds after the new one is connected, whether that sends or not', async () => {
    const { former } = await restarted('audio', 'video');
    await vi.advanceTimersByTimeAsync(1_900);
    expect(former.connectionState).toBe('connected');
    await vi.advanceTimersByTimeAsync(200);
    expect(former.connectionState).toBe('closed');
  });

  it('a camera whose layers nobody asks for does not keep the old connection', async () => {
    const { server, former, next } = await restarted('audio', 'video');
    server.socket.receive({ type: 'layers', source: 'camera', rids: [] });
    next.transceivers[0]!.packetsSent = 1;
    await vi.advanceTimersByTimeAsync(100);
    expect(former.connectionState).toBe('closed');
  });

  it('what is turned off or changed during the change of connections is so on both', async () => {
    const { meeting, former, next } = await restarted('audio', 'video');
    const other = track('audio');
    await meeting.replaceTrack('microphone', other);
    meeting.unpublish('camera');
    await settle();
    for (const connection of [former, next]) expect(connection.transceivers[0]!.sender.track).toBe(other);
    expect(former.transceivers[1]!.sender.track).toBeNull();
  });

  it('what is turned off or changed before the new connection is answered is so on the old one at once', async () => {
    const { meeting, former } = await restarting('audio', 'video');
    const other = track('audio');
    await meeting.replaceTrack('microphone', other);
    meeting.unpublish('camera');
    await settle();
    expect(former.transceivers.map(({ sender }) => sender.track)).toEqual([other, null]);
  });

  it('a connection that is replaced before it sends everything waits for its successor too', async () => {
    const { server, former, next } = await restarted('audio', 'video');
    server.socket.receive({ type: 'media-restart', reason: 'moved', generation: 3 });
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'three' });
    await settle();
    for (const { packetsSent } of [next.transceivers[0]!, next.transceivers[1]!]) expect(packetsSent).toBe(0);
    next.transceivers[0]!.packetsSent = next.transceivers[1]!.packetsSent = 1;
    await vi.advanceTimersByTimeAsync(300);
    expect(next.connectionState).toBe('connected');

    const last = server.connections[2]!;
    last.setConnectionState('connected');
    last.transceivers[0]!.packetsSent = last.transceivers[1]!.packetsSent = 1;
    await vi.advanceTimersByTimeAsync(300);
    expect([former, next, last].map(({ connectionState }) => connectionState)).toEqual(['closed', 'closed', 'connected']);
  });

  it('both connections end when the participant leaves', async () => {
    const { meeting, former, next } = await restarted('audio');
    meeting.leave();
    expect([former.connectionState, next.connectionState]).toEqual(['closed', 'closed']);
  });

  it('a short disconnection does not lead to a new offer', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    server.connections[0]!.setConnectionState('disconnected');
    await vi.advanceTimersByTimeAsync(2_500);
    server.connections[0]!.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.socket.sentOf('offer')).toHaveLength(1);
  });

  it('later offers name their session, and an unknown session leads to an offer for a new one', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one', sessionId: 's1' });
    await settle();
    await meeting.publish(track('video'), 'camera');
    await settle();
    expect(server.socket.sentOf('offer').map(offer => offer.sessionId)).toEqual([undefined, 's1']);
    server.socket.receive({ type: 'error', code: 'unknown-session', sessionId: 's1', reference: server.socket.sentOf('offer').at(-1)!.reference! });
    await settle();
    const again = server.socket.sentOf('offer').at(-1)!;
    expect(again).toMatchObject({ restart: true, tracks: [{ source: 'microphone' }, { source: 'camera' }] });
    expect(again.sessionId).toBeUndefined();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'two', sessionId: 's2' });
    await settle();
    expect(server.socket.sentOf('offer')).toHaveLength(3);
  });

  it('offers name no session when the server does not name any', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    await meeting.publish(track('video'), 'camera');
    await settle();
    expect(server.socket.sentOf('offer')[1]).not.toHaveProperty('sessionId');
  });

  it('a session that the server closes over DTLS is replaced before ICE fails', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    server.connections[0]!.setConnectionState('connected');
    server.connections[0]!.closeByServer();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.socket.sentOf('offer')).toHaveLength(2);
    expect(server.socket.sentOf('offer')[1]!.restart).toBe(true);
  });

  it('closing the old session during a restart does not lead to a second restart', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    server.connections[0]!.setConnectionState('connected');
    server.socket.receive({ type: 'media-restart', reason: 'moved', generation: 2 });
    await settle();
    server.connections[0]!.closeByServer();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'two' });
    await settle();
    server.connections[1]!.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(server.socket.sentOf('offer')).toHaveLength(2);
  });

  it('the answer to a superseded offer is dropped', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    const givenUp = server.socket.sentOf('offer')[0]!.reference!;
    server.socket.receive({ type: 'media-restart', reason: 'moved', generation: 2 });
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'late', reference: givenUp });
    await settle();
    expect(server.connections[1]!.remoteDescription).toBeNull();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'two', reference: server.socket.sentOf('offer')[1]!.reference! });
    await settle();
    expect(server.connections[1]!.remoteDescription?.sdp).toBe('two');
  });

  it.each(['media-failed', 'unknown-session', 'invalid-sdp', 'not-placed'])('an error %s without a reference does not end the offer in flight', async code => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.receive({ type: 'error', code, message: 'the answer to another session' });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(server.socket.sentOf('offer')).toHaveLength(1);
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one', reference: server.socket.sentOf('offer')[0]!.reference! });
    await settle();
    expect(server.connections[0]!.remoteDescription?.sdp).toBe('one');
    expect(server.connections).toHaveLength(1);
  });

  it('a screen is sent in one layer of at most 1080p and ten frames a second, which loses frames before it loses sharpness', async () => {
    const { server, meeting } = await joinedMeeting();
    const screen = track('video');
    await meeting.publish(screen, 'screen');
    await settle();
    expect(server.connections[0]!.transceivers[0]!.encodings).toMatchObject([{ maxFramerate: 10, scalabilityMode: 'L1T3', scaleResolutionDownTo: { maxWidth: 1920, maxHeight: 1080 } }]);
    expect(screen.contentHint).toBe('detail');
  });

  it('a camera has three layers, the largest first, and only those that are asked for are sent', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('video'), 'camera');
    await settle();
    const camera = server.connections[0]!.transceivers[0]!;
    const active = () => camera.encodings.filter(encoding => encoding.active).map(encoding => encoding.rid);
    expect(camera.encodings.map(encoding => encoding.rid)).toEqual(['f', 'h', 'q']);
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    expect(active()).toEqual(['f', 'h', 'q']);
    server.socket.receive({ type: 'layers', source: 'camera', rids: ['q'] });
    await settle();
    expect(active()).toEqual(['q']);
    server.socket.receive({ type: 'layers', source: 'camera', rids: [] });
    await settle();
    expect(active()).toEqual([]);
    server.socket.receive({ type: 'layers', source: 'camera', rids: ['f', 'q', 'unknown'] });
    await settle();
    expect(active()).toEqual(['f', 'q']);
  });

  it('layers that are asked for during a negotiation are sent after it', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('video'), 'camera');
    await settle();
    const camera = server.connections[0]!.transceivers[0]!;
    camera.locked = true;
    server.socket.receive({ type: 'layers', source: 'camera', rids: ['h'] });
    await settle();
    camera.locked = false;
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    expect(camera.encodings.filter(encoding => encoding.active).map(encoding => encoding.rid)).toEqual(['h']);
  });

  it('the last of several requests for layers wins', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('video'), 'camera');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    const camera = server.connections[0]!.transceivers[0]!;
    for (const rids of [['q'], [], ['h', 'q'], ['f']]) {
      server.socket.receive({ type: 'layers', source: 'camera', rids });
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    }
    await settle();
    expect(camera.encodings.filter(encoding => encoding.active).map(encoding => encoding.rid)).toEqual(['f']);
  });

  it('a new connection sends all layers until the server asks for fewer', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('video'), 'camera');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    server.socket.receive({ type: 'layers', source: 'camera', rids: ['q'] });
    await settle();
    server.socket.receive({ type: 'media-restart', reason: 'moved', generation: 2 });
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'two' });
    await settle();
    expect(server.connections.at(-1)!.transceivers[0]!.encodings.every(encoding => encoding.active)).toBe(true);
  });

  it('layers of a source that is not published are ignored', async () => {
    const { server } = await joinedMeeting();
    server.socket.receive({ type: 'layers', source: 'camera', rids: ['q'] });
    await settle();
    expect(server.connections.flatMap(connection => connection.transceivers).filter(transceiver => transceiver.direction === 'sendonly')).toEqual([]);
  });

  it('a limit of the camera is shared by its layers, now and on the next connection, and can be removed', async () => {
    const { server, meeting } = await joinedMeeting();
    const sent = (): number => server.connections.at(-1)!.transceivers[0]!.encodings.reduce((sum, encoding) => sum + encoding.maxBitrate!, 0);
    await meeting.publish(track('video'), 'camera');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    const unlimited = sent();
    expect(unlimited).toBeGreaterThan(1_500_000);

    meeting.limitCamera(500_000);
    await settle();
    expect(sent()).toBeGreaterThan(490_000);
    expect(sent()).toBeLessThanOrEqual(500_001);
    server.socket.receive({ type: 'layers', source: 'camera', rids: ['q'] });
    await settle();
    expect(server.connections[0]!.transceivers[0]!.encodings.filter(encoding => encoding.active).map(encoding => encoding.rid)).toEqual(['q']);
    server.socket.receive({ type: 'media-restart', reason: 'moved', generation: 2 });
    await settle();
    expect(server.connections).toHaveLength(2);
    expect(sent()).toBeLessThanOrEqual(500_001);
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'two' });
    await settle();

    meeting.limitCamera(5_000_000);
    await settle();
    expect(sent()).toBe(unlimited);
    meeting.limitCamera(null);
    await settle();
    expect(sent()).toBe(unlimited);
  });

  it('a limit of the camera leaves a shared screen as it is', async () => {
    const { server, meeting } = await joinedMeeting();
    meeting.limitCamera(100_000);
    await meeting.publish(track('video'), 'screen');
    await settle();
    expect(server.connections[0]!.transceivers[0]!.encodings[0]!.maxBitrate).toBe(2_500_000);
  });
});
