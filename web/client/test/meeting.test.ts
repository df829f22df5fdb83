import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MeetClient } from '../src/client.js';
import { MeetError } from '../src/errors.js';
import { person, ScriptedServer, settle, track } from './fakes.js';
import { inMeeting, joinMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const line = (messageId: number, message: string, from = 'bob') =>
  ({ type: 'chat', from, message, messageId: String(messageId), displayName: 'Bob', timestamp: '2026-01-31T12:00:00.000Z' });

describe('joining', () => {
  it('uses the address as it was given and introduces itself first', async () => {
    const { server, meeting } = await joinMeeting({ hostToken: 'secret' });
    expect(server.joins[0]).toMatchObject({ body: { displayName: 'Ada' }, authorization: 'Bearer secret' });
    expect(server.socket.url).toBe('wss://meet.test/meetings/m1?code=1');
    expect(server.socket.protocols).toBeUndefined();
    expect(meeting.snapshot.connection.phase).toBe('connecting');
    server.welcome([person('me'), person('bob')], { role: 'host' });
    expect(server.socket.sent[0]).toMatchObject({ type: 'join', participantId: 'me' });
    expect(meeting.snapshot.participants.map(participant => participant.id)).toEqual(['bob']);
    expect(meeting.isHost).toBe(true);
  });

  it('waits while the meeting is being placed', async () => {
    const server = new ScriptedServer();
    let refusals = 2;
    server.answer = call => (refusals-- > 0
      ? { status: 503, body: { type: 'urn:meetoperator:error:not-placed' }, headers: { 'retry-after': '2' } } : server.usual(call));
    const joining = joinMeeting({}, server);
    await vi.advanceTimersByTimeAsync(4_000);
    expect((await joining).meeting.snapshot.connection.phase).toBe('connecting');
    expect(server.calls).toHaveLength(3);
  });

  it('stops waiting after half a minute', async () => {
    const server = new ScriptedServer();
    server.answer = () => ({ status: 503, body: { type: 'urn:meetoperator:error:not-placed', detail: 'no node has room' } });
    const outcome = joinMeeting({}, server).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(await outcome).toMatchObject({ code: 'not-placed', detail: 'no node has room' });
  });

  it('waits as long as a 429 says and comes in by itself', async () => {
    const server = new ScriptedServer();
    let refusals = 3;
    server.answer = call => (refusals-- > 0
      ? { status: 429, body: { type: 'urn:meetoperator:error:quota-exceeded' }, headers: { 'retry-after': '2' } } : server.usual(call));
    const joining = joinMeeting({}, server);
    await vi.advanceTimersByTimeAsync(1_900);
    expect(server.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(10_100);
    expect((await joining).meeting.snapshot.connection.phase).toBe('connecting');
    expect(server.calls).toHaveLength(4);
  });

  it('asks again for a meeting that a starting server does not know yet', async () => {
    const server = new ScriptedServer();
    let refusals = 2;
    server.answer = call => (refusals-- > 0
      ? { status: 503, body: { type: 'urn:meetoperator:error:unavailable' }, headers: { 'retry-after': '2' } } : { status: 200, body: { meetingId: call.path, title: 'Planning' } });
    const asking = new MeetClient({ baseUrl: 'https://meet.test', environment: server.environment }).getMeeting('m1');
    await vi.advanceTimersByTimeAsync(4_000);
    expect(await asking).toMatchObject({ title: 'Planning' });
  });

  it('stops waiting when told', async () => {
    const server = new ScriptedServer();
    server.answer = () => ({ status: 503, body: { type: 'urn:meetoperator:error:not-placed' } });
    const abort = new AbortController();
    const outcome = joinMeeting({ signal: abort.signal }, server).catch((error: unknown) => error);
    await settle();
    abort.abort(new Error('gone'));
    expect(await outcome).toMatchObject({ message: 'gone' });
  });

  it('comes in as somebody new when the ticket is too old', async () => {
    const server = new ScriptedServer();
    server.answer = call => (call.body?.['ticket'] === 'old' ? { status: 401, body: { type: 'urn:meetoperator:error:unauthorized' } } : server.usual(call));
    await joinMeeting({ ticket: 'old' }, server);
    expect(server.joins.map(call => call.body)).toEqual([{ displayName: 'Ada', ticket: 'old' }, { displayName: 'Ada' }]);
    expect(server.sockets).toHaveLength(1);
  });

  it.each([
    [404, 'unknown-meeting'], [410, 'meeting-ended'], [409, 'meeting-full'], [401, 'unauthorized'], [429, 'quota-exceeded'],
  ])('says %i as %s', async (status, code) => {
    const server = new ScriptedServer();
    server.answer = () => ({ status, body: { type: `urn:meetoperator:error:${code}`, title: 'No' } });
    await expect(joinMeeting({}, server)).rejects.toMatchObject({ code, status });
  });

  it('says which field was wrong', async () => {
    const server = new ScriptedServer();
    server.answer = () => ({ status: 400, body: { type: 'urn:meetoperator:error:invalid-request', errors: { displayName: ['is too long'] } } });
    await expect(joinMeeting({}, server)).rejects.toMatchObject({ code: 'invalid-request', errors: { displayName: ['is too long'] } });
  });

  it('makes a usable error of an answer that is no JSON', async () => {
    const server = new ScriptedServer();
    const client = new MeetClient({
      baseUrl: 'https://meet.test', environment: { ...server.environment, fetch: async () => new Response('<h1>Bad gateway</h1>', { status: 502 }) },
    });
    await expect(client.getMeeting('m1')).rejects.toMatchObject({ code: 'unexpected', status: 502, transient: true });
  });

  it('says network when nothing answers', async () => {
    const server = new ScriptedServer();
    server.answer = () => 'unreachable';
    await expect(joinMeeting({}, server)).rejects.toBeInstanceOf(MeetError);
    await expect(joinMeeting({}, server)).rejects.toMatchObject({ code: 'network' });
  });
});

describe('in the meeting', () => {
  it('keeps people in the order they came and forgets who left', async () => {
    const { server, meeting } = await inMeeting([person('bob')]);
    const left: unknown[] = [];
    meeting.on('participant-left', ({ participant, reason }) => left.push([participant.id, reason]));
    server.socket.say({ type: 'participant-joined', participant: person('eve') });
    server.socket.say({ type: 'participant-left', participantId: 'bob', reason: 'timeout' });
    expect(meeting.snapshot.participants.map(participant => participant.id)).toEqual(['eve']);
    expect(left).toEqual([['bob', 'timeout']]);
  });

  it('shows each chat line once, in the order of the server, also after replays', async () => {
    const { server, meeting } = await inMeeting([person('bob')]);
    server.socket.say(line(1, 'one'));
    server.socket.say(line(2, 'two', 'me'));
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(250);
    server.welcome([person('bob')]);
    for (const [id, text] of [[1, 'one'], [2, 'two'], [3, 'three']] as const) server.socket.say(line(id, text));
    expect(meeting.snapshot.messages.map(message => message.text)).toEqual(['one', 'two', 'three']);
    expect(meeting.snapshot.messages.map(message => message.own)).toEqual([false, true, false]);
  });

  it('sends chat only while connected, and says whether it did', async () => {
    const { server, meeting } = await inMeeting();
    expect(meeting.sendChat('  hello ')).toBe(true);
    expect(server.socket.of('chat')).toEqual([{ type: 'chat', message: 'hello', reference: expect.stringMatching(/^[\w-]{1,64}$/) }]);
    expect(meeting.sendChat('   ')).toBe(false);
    server.socket.drop();
    expect(meeting.sendChat('hello?')).toBe(false);
  });

  it('gives a snapshot that changes only when something changed', async () => {
    const { server, meeting } = await inMeeting([person('bob'), person('eve')]);
    const [bob] = meeting.snapshot.participants;
    const before = meeting.snapshot;
    server.socket.say({ type: 'unheard-of', value: 1 });
    server.socket.say([1, 2]);
    expect(meeting.snapshot).toBe(before);
    server.socket.say({ type: 'media-update', participantId: 'eve', audio: false, video: false });
    expect(meeting.snapshot.participants[0]).toBe(bob);
    server.socket.say({ type: 'speaking', participantId: 'bob', level: 40 });
    expect(meeting.snapshot.activeSpeaker).toBe('bob');
  });

  it.each([
    [{ type: 'meeting-ended', reason: 'host' }, { phase: 'ended', reason: 'host' }],
    [{ type: 'removed', reason: 'host' }, { phase: 'removed', reason: 'host' }],
  ])('is over on %o', async (message, expected) => {
    const { server, meeting } = await inMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.say({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    server.socket.say(message);
    server.socket.drop(1000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(meeting.snapshot.connection).toMatchObject(expected);
    expect(server.sockets).toHaveLength(1);
    expect(server.connections[0]!.connectionState).toBe('closed');
    await expect(meeting.publish(track('audio'), 'microphone')).rejects.toMatchObject({ code: 'meeting-ended' });
  });

  it('leaves politely, and leaves the tracks to their owner', async () => {
    const { server, meeting } = await inMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    meeting.leave();
    meeting.leave();
    expect(server.socket.of('leave')).toHaveLength(1);
    expect(server.socket.closedWith).toBe(1000);
    expect(microphone.readyState).toBe('live');
    expect(meeting.snapshot.connection.phase).toBe('left');
  });

  it('acts as host by REST, and only as host', async () => {
    const host = await inMeeting([person('bob')], { role: 'host' }, { hostToken: 'secret' });
    await host.meeting.muteParticipant('bob', 'audio');
    await host.meeting.removeParticipant('bob');
    await host.meeting.endForAll();
    expect(host.server.calls.slice(1).map(call => [call.method, call.path, call.authorization])).toEqual([
      ['POST', '/meetings/m1/participants/bob/mute', 'Bearer secret'],
      ['DELETE', '/meetings/m1/participants/bob', 'Bearer secret'],
      ['DELETE', '/meetings/m1', 'Bearer secret'],
    ]);
    const guest = await inMeeting([person('bob')]);
    await expect(guest.meeting.endForAll()).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('hands out a new ticket when it joined anew', async () => {
    const { server, meeting } = await inMeeting();
    const tickets: string[] = [];
    meeting.on('ticket', ({ ticket }) => tickets.push(ticket));
    for (let round = 0; round < 3; round++) {
      server.socket.drop();
      await vi.advanceTimersByTimeAsync(8_000);
    }
    server.welcome();
    expect(tickets).toEqual(['ticket-2']);
    expect(meeting.ticket).toBe('ticket-2');
  });

  it('keeps going when a listener throws', async () => {
    const { server, meeting } = await inMeeting();
    vi.stubGlobal('queueMicrotask', () => undefined);
    const seen: string[] = [];
    meeting.on('chat', () => { throw new Error('a bug of the page'); });
    meeting.on('chat', message => seen.push(message.text));
    server.socket.say(line(1, 'still here'));
    expect(seen).toEqual(['still here']);
    vi.unstubAllGlobals();
  });
});
