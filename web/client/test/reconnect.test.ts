import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { participant, settle, track } from './fakes.js';
import { joinedMeeting, joinMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const problem = (status: number, code: string) => ({ status, body: { type: `urn:meetoperator:error:${code}`, title: code } });

describe('a lost WebSocket', () => {
  it('the client reconnects with its ticket as a subprotocol, not in the URL', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    server.socket.disconnect();
    expect(meeting.snapshot.connection).toMatchObject({ phase: 'reconnecting', waitingFor: 'signaling' });
    expect(meeting.snapshot.participants).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(250);
    expect(server.socket.url).toBe('wss://meet.test/meetings/m1');
    expect(server.socket.protocols).toEqual(['meet.v1', 'ticket.ticket-1']);
    expect(server.joins).toHaveLength(1);
    server.acceptJoin([participant('bob')]);
    expect(meeting.snapshot.connection.phase).toBe('connected');
  });

  it('media connections stay open while signaling reconnects', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    server.connections[0]!.setConnectionState('connected');
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.acceptJoin();
    await settle();
    expect(server.connections).toHaveLength(1);
    expect(server.socket.sentOf('offer')).toEqual([]);
  });

  it('the client asks to resume only a subscription that is connected', async () => {
    const { server } = await joinedMeeting([participant('bob')]);
    const camera = { mid: '0', participantId: 'bob', kind: 'video', source: 'camera' } as const;
    server.offer('a', 1, [camera]);
    await settle();
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.acceptJoin([participant('bob')]);
    expect(server.socket.sent[0]).toMatchObject({ type: 'join', capabilities: {} });
    server.connections[0]!.setConnectionState('connected');
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.acceptJoin([participant('bob')]);
    expect(server.socket.sent[0]).toMatchObject({ type: 'join', capabilities: { resume: true } });
    server.offer('a', 1, [camera]);
    await settle();
    expect(server.connections).toHaveLength(1);
  });

  it('the client publishes again when the server could not resume the subscription', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    server.offer('a', 1, [{ mid: '0', participantId: 'bob', kind: 'video', source: 'camera' }]);
    await settle();
    for (const connection of server.connections) connection.setConnectionState('connected');
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.acceptJoin([participant('bob')]);
    server.offer('b', 1, [{ mid: '0', participantId: 'bob', kind: 'video', source: 'camera' }]);
    await settle();
    expect(server.socket.sentOf('offer')).toMatchObject([{ restart: true, tracks: [{ source: 'microphone' }] }]);
  });

  it('two attempts that reach no server take less than four seconds: the participant of a crashed server leaves after 12, and a cluster sends new sockets to a lost machine by chance', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    const before = server.sockets.length;
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(4_000); // two sockets never open
    expect(server.sockets.length).toBe(before + 3);
    server.acceptJoin([participant('bob')]);
    expect(server.sockets.slice(before, -1).map(socket => socket.closedWith)).toEqual([1000, 1000]);
    expect(meeting.snapshot.connection.phase).toBe('connected');
  });

  it('a slow socket that opens before the next one is used, and the other one is closed', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(4_000);
    const [slow, next] = server.sockets.slice(-2);
    slow!.accept();
    slow!.receive({ type: 'joined', participantId: 'me', participants: [], role: 'participant', muted: { audio: false, video: false }, topology: 'sfu' });
    expect(meeting.snapshot.connection.phase).toBe('connected');
    expect(slow!.sentOf('join')).toHaveLength(1);
    expect([slow!.closedWith, next!.closedWith]).toEqual([null, 1000]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.sockets.at(-1)).toBe(next);
  });

  it('a slow socket that opens between two attempts ends the attempts', async () => {
    const { server, meeting } = await joinedMeeting();
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(3_300); // the second socket is slow, and the next one is not there yet
    const slow = server.socket;
    slow.accept();
    server.acceptJoin();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.socket).toBe(slow);
    expect(meeting.snapshot.connection.phase).toBe('connected');
  });

  it('a slow socket that the server closes does not disturb the next one', async () => {
    const { server, meeting } = await joinedMeeting();
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(4_000);
    const [slow, next] = server.sockets.slice(-2);
    slow!.disconnect();
    server.acceptJoin();
    expect(server.socket).toBe(next);
    expect(meeting.snapshot.connection.phase).toBe('connected');
  });

  it('a slow socket is closed when the server rejects the next one, because the client then asks REST', async () => {
    const { server } = await joinedMeeting();
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(4_000);
    const [slow, next] = server.sockets.slice(-2);
    next!.disconnect();
    expect(slow!.closedWith).toBe(1000);
    await server.nextSocket();
    server.acceptJoin();
    expect(slow!.sentOf('join')).toEqual([]);
  });

  it('sockets on which joined does not arrive in time lead to no new join', async () => {
    const { server } = await joinedMeeting();
    server.socket.disconnect();
    for (let round = 0; round < 5; round++) {
      await server.nextSocket();
      server.socket.accept();
    }
    expect(server.joins).toHaveLength(1);
  });

  it('servers that restart lead to no new join', async () => {
    const { server } = await joinedMeeting();
    for (let round = 0; round < 5; round++) {
      server.socket.disconnect(1012);
      await server.nextSocket();
      server.socket.accept();
    }
    expect(server.joins).toHaveLength(1);
  });

  it('sockets that never open lead to no new join, which would interrupt the media', async () => {
    const { server } = await joinedMeeting();
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(server.sockets.length).toBeGreaterThan(8);
    expect(server.joins).toHaveLength(1);
  });

  it('a REST call without a response does not hold up the reconnect', async () => {
    const { server, meeting } = await joinedMeeting();
    server.respond = call => (call.method === 'GET' ? 'silent' : server.defaultResponse(call));
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(500);
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(1_000); // asks for the meeting
    const before = server.sockets.length;
    server.respond = server.defaultResponse;
    await vi.advanceTimersByTimeAsync(13_000);
    expect(server.sockets.length).toBeGreaterThan(before);
    server.acceptJoin();
    expect(meeting.snapshot.connection.phase).toBe('connected');
  });

  it('the delay between attempts grows up to a ceiling', async () => {
    const { server } = await joinedMeeting();
    server.respond = () => 'unreachable';
    const waits: number[] = [];
    for (let round = 0; round < 9; round++) {
      const before = Date.now();
      const dials = server.calls.length + server.sockets.length;
      server.socket.disconnect();
      while (server.calls.length + server.sockets.length === dials) await vi.advanceTimersByTimeAsync(10);
      waits.push(Date.now() - before);
    }
    expect(waits[0]).toBeLessThanOrEqual(250);
    expect(Math.max(...waits)).toBeLessThanOrEqual(8_010);
    expect(waits.at(-1)).toBeGreaterThan(waits[0]! * 8);
  });

  it('the client joins again with its ticket when the server responds but rejects the WebSocket', async () => {
    const { server } = await joinedMeeting();
    server.socket.disconnect();
    await server.nextSocket(); // with the ticket
    server.socket.disconnect();
    await server.nextSocket(); // REST works: once more with the ticket
    expect(server.joins).toHaveLength(1);
    server.socket.disconnect();
    await server.nextSocket();
    expect(server.joins[1]!.body).toEqual({ displayName: 'Ada', ticket: 'ticket-1' });
    expect(server.socket.url).toBe('wss://meet.test/meetings/m1?code=2');
  });

  it('the client publishes again after joining again', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    for (let round = 0; round < 3; round++) {
      server.socket.disconnect();
      await server.nextSocket();
    }
    server.acceptJoin();
    await settle();
    expect(server.socket.sentOf('offer')).toMatchObject([{ restart: true, tracks: [{ source: 'microphone' }] }]);
  });

  it('a meeting that ended during the reconnect is detected through REST', async () => {
    const { server, meeting } = await joinedMeeting();
    server.respond = call => (call.method === 'GET' ? { status: 200, body: { meetingId: 'm1', title: '', participants: [], status: 'ended' } } : server.defaultResponse(call));
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(8_000);
    expect(meeting.snapshot.connection.phase).toBe('ended');
    expect(server.sockets).toHaveLength(2);
  });

  it.each([
    ['unknown-meeting', 404, { phase: 'failed', code: 'unknown-meeting' }],
    ['forbidden', 403, { phase: 'removed' }],
    ['meeting-full', 409, { phase: 'failed', code: 'meeting-full' }],
  ])('the error %s ends the reconnection', async (code, status, expected) => {
    const { server, meeting } = await joinedMeeting();
    server.respond = call => (call.path.endsWith('/join') ? problem(status, code) : server.defaultResponse(call));
    for (let round = 0; round < 3; round++) {
      server.socket.disconnect();
      await vi.advanceTimersByTimeAsync(30_000);
    }
    expect(meeting.snapshot.connection).toMatchObject(expected);
    const sockets = server.sockets.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.sockets).toHaveLength(sockets);
  });

  it('a rate-limited client keeps reconnecting', async () => {
    const { server, meeting } = await joinedMeeting();
    let rejections = 2;
    server.respond = call => (call.method === 'GET' && rejections-- > 0 ? { ...problem(429, 'quota-exceeded'), headers: { 'retry-after': '1' } } : server.defaultResponse(call));
    for (let round = 0; round < 2; round++) {
      server.socket.disconnect();
      await vi.advanceTimersByTimeAsync(30_000);
    }
    expect(rejections).toBeLessThan(0);
    server.acceptJoin();
    expect(meeting.snapshot.connection.phase).toBe('connected');
  });

  it('one unknown-meeting error does not end the reconnection, because a starting server may not know its meetings yet', async () => {
    const { server, meeting } = await joinedMeeting();
    let unknown = 2;
    server.respond = call => (call.method === 'GET' && unknown-- > 0 ? problem(404, 'unknown-meeting') : server.defaultResponse(call));
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.socket.disconnect();
    while (server.sockets.length < 3) await vi.advanceTimersByTimeAsync(100);
    server.acceptJoin();
    expect(meeting.snapshot.connection.phase).toBe('connected');
  });

  it('the client does not reconnect after a newer WebSocket of the same participant took over', async () => {
    const { server, meeting } = await joinedMeeting();
    server.socket.disconnect(4000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(meeting.snapshot.connection).toMatchObject({ phase: 'failed', code: 'replaced' });
    expect(server.sockets).toHaveLength(1);
  });

  it('participants who joined and left during the reconnect are reported', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob'), participant('eve')]);
    const seen: string[] = [];
    meeting.on('participant-joined', participant => seen.push(`+${participant.id}`));
    meeting.on('participant-left', ({ participant }) => seen.push(`-${participant.id}`));
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.acceptJoin([participant('bob'), participant('joe')]);
    expect(seen).toEqual(['-eve', '+joe']);
  });

  it('the connection status keeps its reason and start time over several attempts', async () => {
    vi.setSystemTime(1_000_000);
    const { server, meeting } = await joinedMeeting();
    server.respond = () => 'unreachable';
    await vi.advanceTimersByTimeAsync(5_000);
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(meeting.snapshot.connection).toEqual({ phase: 'reconnecting', waitingFor: 'signaling', since: 1_005_000 });
  });

  it('the client reconnects immediately when the network is back', async () => {
    const { server, meeting } = await joinedMeeting();
    server.network(false);
    expect(meeting.snapshot.connection).toMatchObject({ phase: 'reconnecting', waitingFor: 'network' });
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    expect(meeting.snapshot.connection).toMatchObject({ phase: 'reconnecting', waitingFor: 'network' });
    server.network(true);
    await settle();
    expect(server.sockets).toHaveLength(2);
    server.acceptJoin();
    expect(meeting.snapshot.connection.phase).toBe('connected');
  });

  it('a WebSocket on which the server sends nothing is replaced', async () => {
    const { server } = await joinMeeting();
    server.socket.accept();
    await vi.advanceTimersByTimeAsync(10_300);
    expect(server.sockets).toHaveLength(2);
    expect(server.sockets[0]!.closedWith).toBe(1000);
  });
});

describe('media-restart', () => {
  it('media-restart opens a new connection and keeps the old one until the new one sends', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await meeting.publish(track('video'), 'screen');
    await settle();
    for (const sdp of ['one', 'two']) {
      server.socket.receive({ type: 'answer', from: 'sfu', sdp });
      await settle();
    }
    server.connections[0]!.setConnectionState('connected');
    const reasons: unknown[] = [];
    meeting.on('media-restart', ({ reason }) => reasons.push(reason));
    server.socket.receive({ type: 'media-restart', reason: 'node-lost', generation: 2 });
    await settle();
    expect(reasons).toEqual(['node-lost']);
    const offer = server.socket.sentOf('offer').at(-1)!;
    expect(offer).toMatchObject({ restart: true, tracks: [{ source: 'microphone' }, { source: 'screen' }] });
    expect(server.connections[0]!.connectionState).toBe('connected');
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'two' });
    await settle();
    server.connections[1]!.setConnectionState('connected');
    for (const transceiver of server.connections[1]!.transceivers) transceiver.packetsSent = 1;
    await vi.advanceTimersByTimeAsync(50);
    expect(server.connections[0]!.connectionState).toBe('closed');
  });

  it('media-restart supersedes an offer in flight', async () => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.receive({ type: 'media-restart', reason: 'moved', generation: 2 });
    await settle();
    expect(server.socket.sentOf('offer')).toHaveLength(2);
    expect(server.socket.sentOf('offer')[1]!.restart).toBe(true);
  });

  it('media-restart has no effect on a client that publishes nothing', async () => {
    const { server } = await joinedMeeting();
    server.socket.receive({ type: 'media-restart', reason: 'moved', generation: 2 });
    await settle();
    expect(server.socket.sentOf('offer')).toEqual([]);
    expect(server.connections).toEqual([]);
  });
});
