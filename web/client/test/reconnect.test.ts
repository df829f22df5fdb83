import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { person, settle, track } from './fakes.js';
import { inMeeting, joinMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const problem = (status: number, code: string) => ({ status, body: { type: `urn:meetoperator:error:${code}`, title: code } });

describe('when the socket is lost', () => {
  it('comes back by ticket, as a subprotocol and not in the address', async () => {
    const { server, meeting } = await inMeeting([person('bob')]);
    server.socket.drop();
    expect(meeting.snapshot.connection).toMatchObject({ phase: 'reconnecting', waitingFor: 'signaling' });
    expect(meeting.snapshot.participants).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(250);
    expect(server.socket.url).toBe('wss://meet.test/meetings/m1');
    expect(server.socket.protocols).toEqual(['meet.v1', 'ticket.ticket-1']);
    expect(server.joins).toHaveLength(1);
    server.welcome([person('bob')]);
    expect(meeting.snapshot.connection.phase).toBe('connected');
  });

  it('leaves media alone while signaling is away', async () => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    server.connections[0]!.become('connected');
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(250);
    server.welcome();
    await settle();
    expect(server.connections).toHaveLength(1);
    expect(server.socket.of('offer')).toEqual([]);
  });

  it('resumes a subscription that works, and only such a one', async () => {
    const { server } = await inMeeting([person('bob')]);
    const camera = { mid: '0', participantId: 'bob', kind: 'video', source: 'camera' } as const;
    server.offer('a', 1, [camera]);
    await settle();
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(250);
    server.welcome([person('bob')]);
    expect(server.socket.sent[0]).toMatchObject({ type: 'join', capabilities: {} });
    server.connections[0]!.become('connected');
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(250);
    server.welcome([person('bob')]);
    expect(server.socket.sent[0]).toMatchObject({ type: 'join', capabilities: { resume: true } });
    server.offer('a', 1, [camera]);
    await settle();
    expect(server.connections).toHaveLength(1);
  });

  it('publishes anew when the server could not resume: it has forgotten us', async () => {
    const { server, meeting } = await inMeeting([person('bob')]);
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'one' });
    server.offer('a', 1, [{ mid: '0', participantId: 'bob', kind: 'video', source: 'camera' }]);
    await settle();
    for (const connection of server.connections) connection.become('connected');
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(250);
    server.welcome([person('bob')]);
    server.offer('b', 1, [{ mid: '0', participantId: 'bob', kind: 'video', source: 'camera' }]);
    await settle();
    expect(server.socket.of('offer')).toMatchObject([{ restart: true, tracks: [{ source: 'microphone' }] }]);
  });

  it('waits longer after each failure, up to a ceiling', async () => {
    const { server } = await inMeeting();
    server.answer = () => 'unreachable';
    const waits: number[] = [];
    for (let round = 0; round < 9; round++) {
      const before = Date.now();
      const dials = server.calls.length + server.sockets.length;
      server.socket.drop();
      while (server.calls.length + server.sockets.length === dials) await vi.advanceTimersByTimeAsync(10);
      waits.push(Date.now() - before);
    }
    expect(waits[0]).toBeLessThanOrEqual(250);
    expect(Math.max(...waits)).toBeLessThanOrEqual(8_010);
    expect(waits.at(-1)).toBeGreaterThan(waits[0]! * 8);
  });

  it('joins anew with its ticket when the server is there and yet refuses the socket', async () => {
    const { server } = await inMeeting();
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(8_000); // by ticket
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(8_000); // the server answers REST: by ticket once more
    expect(server.joins).toHaveLength(1);
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(8_000);
    expect(server.joins[1]!.body).toEqual({ displayName: 'Ada', ticket: 'ticket-1' });
    expect(server.socket.url).toBe('wss://meet.test/meetings/m1?code=2');
  });

  it('publishes anew after joining anew, because the server has dropped the old media', async () => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    for (let round = 0; round < 3; round++) {
      server.socket.drop();
      await vi.advanceTimersByTimeAsync(8_000);
    }
    server.welcome();
    await settle();
    expect(server.socket.of('offer')).toMatchObject([{ restart: true, tracks: [{ source: 'microphone' }] }]);
  });

  it('learns from REST that the meeting has ended meanwhile', async () => {
    const { server, meeting } = await inMeeting();
    server.answer = call => (call.method === 'GET' ? { status: 200, body: { meetingId: 'm1', title: '', participants: [], status: 'ended' } } : server.usual(call));
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(250);
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(8_000);
    expect(meeting.snapshot.connection.phase).toBe('ended');
    expect(server.sockets).toHaveLength(2);
  });

  it.each([
    ['unknown-meeting', 404, { phase: 'failed', code: 'unknown-meeting' }],
    ['forbidden', 403, { phase: 'removed' }],
    ['meeting-full', 409, { phase: 'failed', code: 'meeting-full' }],
  ])('stops for good on %s', async (code, status, expected) => {
    const { server, meeting } = await inMeeting();
    server.answer = call => (call.path.endsWith('/join') ? problem(status, code) : server.usual(call));
    for (let round = 0; round < 3; round++) {
      server.socket.drop();
      await vi.advanceTimersByTimeAsync(30_000);
    }
    expect(meeting.snapshot.connection).toMatchObject(expected);
    const sockets = server.sockets.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.sockets).toHaveLength(sockets);
  });

  it('goes on when many come back at once and it is told to wait', async () => {
    const { server, meeting } = await inMeeting();
    let refusals = 2;
    server.answer = call => (call.method === 'GET' && refusals-- > 0 ? { ...problem(429, 'quota-exceeded'), headers: { 'retry-after': '1' } } : server.usual(call));
    for (let round = 0; round < 2; round++) {
      server.socket.drop();
      await vi.advanceTimersByTimeAsync(30_000);
    }
    expect(refusals).toBeLessThan(0);
    server.welcome();
    expect(meeting.snapshot.connection.phase).toBe('connected');
  });

  it('believes that its meeting is unknown only when it is told so again: a server that has just started may not know it yet', async () => {
    const { server, meeting } = await inMeeting();
    let unknown = 2;
    server.answer = call => (call.method === 'GET' && unknown-- > 0 ? problem(404, 'unknown-meeting') : server.usual(call));
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(250);
    server.socket.drop();
    while (server.sockets.length < 3) await vi.advanceTimersByTimeAsync(100);
    server.welcome();
    expect(meeting.snapshot.connection.phase).toBe('connected');
  });

  it('does not come back when a newer socket of the same participant took over', async () => {
    const { server, meeting } = await inMeeting();
    server.socket.drop(4000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(meeting.snapshot.connection).toMatchObject({ phase: 'failed', code: 'replaced' });
    expect(server.sockets).toHaveLength(1);
  });

  it('tells who came and went meanwhile', async () => {
    const { server, meeting } = await inMeeting([person('bob'), person('eve')]);
    const seen: string[] = [];
    meeting.on('participant-joined', participant => seen.push(`+${participant.id}`));
    meeting.on('participant-left', ({ participant }) => seen.push(`-${participant.id}`));
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(250);
    server.welcome([person('bob'), person('joe')]);
    expect(seen).toEqual(['-eve', '+joe']);
  });

  it('says what it waits for and since when, through several attempts', async () => {
    vi.setSystemTime(1_000_000);
    const { server, meeting } = await inMeeting();
    server.answer = () => 'unreachable';
    await vi.advanceTimersByTimeAsync(5_000);
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(meeting.snapshot.connection).toEqual({ phase: 'reconnecting', waitingFor: 'signaling', since: 1_005_000 });
  });

  it('dials at once when the network is back', async () => {
    const { server, meeting } = await inMeeting();
    server.network(false);
    expect(meeting.snapshot.connection).toMatchObject({ phase: 'reconnecting', waitingFor: 'network' });
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    expect(meeting.snapshot.connection).toMatchObject({ phase: 'reconnecting', waitingFor: 'network' });
    server.network(true);
    await settle();
    expect(server.sockets).toHaveLength(2);
    server.welcome();
    expect(meeting.snapshot.connection.phase).toBe('connected');
  });

  it('gives up on a socket that stays silent', async () => {
    const { server } = await joinMeeting();
    server.socket.accept();
    await vi.advanceTimersByTimeAsync(10_300);
    expect(server.sockets).toHaveLength(2);
    expect(server.sockets[0]!.closedWith).toBe(1000);
  });
});

describe('media-restart', () => {
  it('publishes on a new connection with restart, and keeps the old one until the new one is up', async () => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await meeting.publish(track('video'), 'screen');
    await settle();
    for (const sdp of ['one', 'two']) {
      server.socket.say({ type: 'answer', from: 'sfu', sdp });
      await settle();
    }
    server.connections[0]!.become('connected');
    const reasons: unknown[] = [];
    meeting.on('media-restart', ({ reason }) => reasons.push(reason));
    server.socket.say({ type: 'media-restart', reason: 'node-lost', generation: 2 });
    await settle();
    expect(reasons).toEqual(['node-lost']);
    const offer = server.socket.of('offer').at(-1)!;
    expect(offer).toMatchObject({ restart: true, tracks: [{ source: 'microphone' }, { source: 'screen' }] });
    expect(server.connections[0]!.connectionState).toBe('connected');
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'two' });
    await settle();
    server.connections[1]!.become('connected');
    expect(server.connections[0]!.connectionState).toBe('closed');
  });

  it('also overtakes an offer that is still unanswered', async () => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.say({ type: 'media-restart', reason: 'moved', generation: 2 });
    await settle();
    expect(server.socket.of('offer')).toHaveLength(2);
    expect(server.socket.of('offer')[1]!.restart).toBe(true);
  });

  it('means nothing to a client that publishes nothing', async () => {
    const { server } = await inMeeting();
    server.socket.say({ type: 'media-restart', reason: 'moved', generation: 2 });
    await settle();
    expect(server.socket.of('offer')).toEqual([]);
    expect(server.connections).toEqual([]);
  });
});
