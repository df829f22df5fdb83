import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MeetClient } from '../src/client.js';
import { MeetError } from '../src/core/errors.js';
import { participant, ScriptedServer, settle, track } from './fakes.js';
import { joinedMeeting, joinMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const line = (messageId: number, message: string, from = 'bob') =>
  ({ type: 'chat', from, message, messageId: String(messageId), displayName: 'Bob', timestamp: '2026-01-31T12:00:00.000Z' });

describe('joining', () => {
  it('the client connects to the URL from the join response and sends join first', async () => {
    const { server, meeting } = await joinMeeting({ hostToken: 'secret' });
    expect(server.joins[0]).toMatchObject({ body: { displayName: 'Ada' }, authorization: 'Bearer secret' });
    expect(server.socket.url).toBe('wss://meet.test/meetings/m1?code=1');
    expect(server.socket.protocols).toBeUndefined();
    expect(meeting.snapshot.connection.phase).toBe('connecting');
    server.acceptJoin([participant('me'), participant('bob')], { role: 'host' });
    expect(server.socket.sent[0]).toMatchObject({ type: 'join', participantId: 'me' });
    expect(meeting.snapshot.participants.map(participant => participant.id)).toEqual(['bob']);
    expect(meeting.isHost).toBe(true);
  });

  it('the snapshot names who cannot be reached until a new socket or an empty list', async () => {
    const { server, meeting } = await joinedMeeting();
    server.socket.receive({ type: 'unreachable', participantIds: ['bob'] });
    expect(meeting.snapshot.unreachable).toEqual(['bob']);
    server.socket.receive({ type: 'unreachable', participantIds: [7] });
    expect(meeting.snapshot.unreachable).toEqual(['bob']);
    server.socket.receive({ type: 'unreachable', participantIds: [] });
    expect(meeting.snapshot.unreachable).toEqual([]);
  });

  it('join sends the region of the participant if it is told', async () => {
    const told = await joinMeeting({ region: 'eu-west' });
    expect(told.server.joins[0]).toMatchObject({ body: { displayName: 'Ada', region: 'eu-west' } });
    const { server } = await joinMeeting();
    expect(server.joins[0]?.body).not.toHaveProperty('region');
  });

  it('join retries while the meeting is being placed', async () => {
    const server = new ScriptedServer();
    let rejections = 2;
    server.respond = call => (rejections-- > 0
      ? { status: 503, body: { type: 'urn:meetoperator:error:not-placed' }, headers: { 'retry-after': '2' } } : server.defaultResponse(call));
    const joining = joinMeeting({}, server);
    await vi.advanceTimersByTimeAsync(4_000);
    expect((await joining).meeting.snapshot.connection.phase).toBe('connecting');
    expect(server.calls).toHaveLength(3);
  });

  it('join fails with not-placed after 30 seconds of retries', async () => {
    const server = new ScriptedServer();
    server.respond = () => ({ status: 503, body: { type: 'urn:meetoperator:error:not-placed', detail: 'no node has room' } });
    const outcome = joinMeeting({}, server).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(await outcome).toMatchObject({ code: 'not-placed', detail: 'no node has room' });
  });

  it('join retries after the time in Retry-After of a 429 response', async () => {
    const server = new ScriptedServer();
    let rejections = 3;
    server.respond = call => (rejections-- > 0
      ? { status: 429, body: { type: 'urn:meetoperator:error:quota-exceeded' }, headers: { 'retry-after': '2' } } : server.defaultResponse(call));
    const joining = joinMeeting({}, server);
    await vi.advanceTimersByTimeAsync(1_900);
    expect(server.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(10_100);
    expect((await joining).meeting.snapshot.connection.phase).toBe('connecting');
    expect(server.calls).toHaveLength(4);
  });

  it('getMeeting retries while the server is unavailable', async () => {
    const server = new ScriptedServer();
    let rejections = 2;
    server.respond = call => (rejections-- > 0
      ? { status: 503, body: { type: 'urn:meetoperator:error:unavailable' }, headers: { 'retry-after': '2' } } : { status: 200, body: { meetingId: call.path, title: 'Planning' } });
    const asking = new MeetClient({ baseUrl: 'https://meet.test', environment: server.environment }).getMeeting('m1');
    await vi.advanceTimersByTimeAsync(4_000);
    expect(await asking).toMatchObject({ title: 'Planning' });
  });

  it('an abort signal ends the retries of join', async () => {
    const server = new ScriptedServer();
    server.respond = () => ({ status: 503, body: { type: 'urn:meetoperator:error:not-placed' } });
    const abort = new AbortController();
    const outcome = joinMeeting({ signal: abort.signal }, server).catch((error: unknown) => error);
    await settle();
    abort.abort(new Error('gone'));
    expect(await outcome).toMatchObject({ message: 'gone' });
  });

  it('join creates a new participant when the ticket has expired', async () => {
    const server = new ScriptedServer();
    server.respond = call => (call.body?.['ticket'] === 'old' ? { status: 401, body: { type: 'urn:meetoperator:error:unauthorized' } } : server.defaultResponse(call));
    await joinMeeting({ ticket: 'old' }, server);
    expect(server.joins.map(call => call.body)).toEqual([{ displayName: 'Ada', ticket: 'old' }, { displayName: 'Ada' }]);
    expect(server.sockets).toHaveLength(1);
  });

  it.each([
    [404, 'unknown-meeting'], [410, 'meeting-ended'], [409, 'meeting-full'], [401, 'unauthorized'], [429, 'quota-exceeded'],
  ])('join maps the status %i to the error code %s', async (status, code) => {
    const server = new ScriptedServer();
    server.respond = () => ({ status, body: { type: `urn:meetoperator:error:${code}`, title: 'No' } });
    await expect(joinMeeting({}, server)).rejects.toMatchObject({ code, status });
  });

  it('an invalid-request error lists the invalid fields', async () => {
    const server = new ScriptedServer();
    server.respond = () => ({ status: 400, body: { type: 'urn:meetoperator:error:invalid-request', errors: { displayName: ['is too long'] } } });
    await expect(joinMeeting({}, server)).rejects.toMatchObject({ code: 'invalid-request', errors: { displayName: ['is too long'] } });
  });

  it('a response that is not JSON becomes a transient error with the code unexpected', async () => {
    const server = new ScriptedServer();
    const client = new MeetClient({
      baseUrl: 'https://meet.test', environment: { ...server.environment, fetch: async () => new Response('<h1>Bad gateway</h1>', { status: 502 }) },
    });
    await expect(client.getMeeting('m1')).rejects.toMatchObject({ code: 'unexpected', status: 502, isTransient: true });
  });

  it('an unreachable server leads to the error code network', async () => {
    const server = new ScriptedServer();
    server.respond = () => 'unreachable';
    await expect(joinMeeting({}, server)).rejects.toBeInstanceOf(MeetError);
    await expect(joinMeeting({}, server)).rejects.toMatchObject({ code: 'network' });
  });
});

describe('a joined meeting', () => {
  it('participants are listed in the order of their arrival until they leave', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    const left: unknown[] = [];
    meeting.on('participant-left', ({ participant, reason }) => left.push([participant.id, reason]));
    server.socket.receive({ type: 'participant-joined', participant: participant('eve') });
    server.socket.receive({ type: 'participant-left', participantId: 'bob', reason: 'timeout' });
    expect(meeting.snapshot.participants.map(participant => participant.id)).toEqual(['eve']);
    expect(left).toEqual([['bob', 'timeout']]);
  });

  it('each chat message appears once and in the order of the server, even after a replay', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob')]);
    server.socket.receive(line(1, 'one'));
    server.socket.receive(line(2, 'two', 'me'));
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.acceptJoin([participant('bob')]);
    for (const [id, text] of [[1, 'one'], [2, 'two'], [3, 'three']] as const) server.socket.receive(line(id, text));
    expect(meeting.snapshot.messages.map(message => message.text)).toEqual(['one', 'two', 'three']);
    expect(meeting.snapshot.messages.map(message => message.own)).toEqual([false, true, false]);
  });

  it('sendChat sends while connected and returns whether it sent the message', async () => {
    const { server, meeting } = await joinedMeeting();
    expect(meeting.sendChat('  hello ')).toBe(true);
    expect(server.socket.sentOf('chat')).toEqual([{ type: 'chat', message: 'hello', reference: expect.stringMatching(/^[\w-]{1,64}$/) }]);
    expect(meeting.sendChat('   ')).toBe(false);
    server.socket.disconnect();
    expect(meeting.sendChat('hello?')).toBe(false);
  });

  it('the snapshot object is replaced only when something changes', async () => {
    const { server, meeting } = await joinedMeeting([participant('bob'), participant('eve')]);
    const [bob] = meeting.snapshot.participants;
    const before = meeting.snapshot;
    server.socket.receive({ type: 'unheard-of', value: 1 });
    server.socket.receive([1, 2]);
    expect(meeting.snapshot).toBe(before);
    server.socket.receive({ type: 'media-update', participantId: 'eve', audio: false, video: false });
    expect(meeting.snapshot.participants[0]).toBe(bob);
    server.socket.receive({ type: 'speaking', participantId: 'bob', level: 40 });
    expect(meeting.snapshot.activeSpeaker).toBe('bob');
  });

  it.each([
    [{ type: 'meeting-ended', reason: 'host' }, { phase: 'ended', reason: 'host' }],
    [{ type: 'removed', reason: 'host' }, { phase: 'removed', reason: 'host' }],
  ])('the meeting is over after the message %o', async (message, expected) => {
    const { server, meeting } = await joinedMeeting();
    await meeting.publish(track('audio'), 'microphone');
    await settle();
    server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'one' });
    await settle();
    server.socket.receive(message);
    server.socket.disconnect(1000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(meeting.snapshot.connection).toMatchObject(expected);
    expect(server.sockets).toHaveLength(1);
    expect(server.connections[0]!.connectionState).toBe('closed');
    await expect(meeting.publish(track('audio'), 'microphone')).rejects.toMatchObject({ code: 'meeting-ended' });
  });

  it('leave sends one leave message and does not stop the tracks', async () => {
    const { server, meeting } = await joinedMeeting();
    const microphone = track('audio');
    await meeting.publish(microphone, 'microphone');
    meeting.leave();
    meeting.leave();
    expect(server.socket.sentOf('leave')).toHaveLength(1);
    expect(server.socket.closedWith).toBe(1000);
    expect(microphone.readyState).toBe('live');
    expect(meeting.snapshot.connection.phase).toBe('left');
  });

  it('host actions use REST and are rejected without a host token', async () => {
    const host = await joinedMeeting([participant('bob')], { role: 'host' }, { hostToken: 'secret' });
    await host.meeting.muteParticipant('bob', 'audio');
    await host.meeting.removeParticipant('bob');
    await host.meeting.endForAll();
    expect(host.server.calls.slice(1).map(call => [call.method, call.path, call.authorization])).toEqual([
      ['POST', '/meetings/m1/participants/bob/mute', 'Bearer secret'],
      ['DELETE', '/meetings/m1/participants/bob', 'Bearer secret'],
      ['DELETE', '/meetings/m1', 'Bearer secret'],
    ]);
    const guest = await joinedMeeting([participant('bob')]);
    await expect(guest.meeting.endForAll()).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('a repeated join emits the new ticket', async () => {
    const { server, meeting } = await joinedMeeting();
    const tickets: string[] = [];
    meeting.on('ticket', ({ ticket }) => tickets.push(ticket));
    for (let round = 0; round < 3; round++) {
      server.socket.disconnect();
      await server.nextSocket();
    }
    server.acceptJoin();
    expect(tickets).toEqual(['ticket-2']);
    expect(meeting.ticket).toBe('ticket-2');
  });

  it('an exception in one listener does not stop the others', async () => {
    const { server, meeting } = await joinedMeeting();
    vi.stubGlobal('queueMicrotask', () => undefined);
    const seen: string[] = [];
    meeting.on('chat', () => { throw new Error('listener failure'); });
    meeting.on('chat', message => seen.push(message.text));
    server.socket.receive(line(1, 'still here'));
    expect(seen).toEqual(['still here']);
    vi.unstubAllGlobals();
  });
});
