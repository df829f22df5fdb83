import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settle } from './fakes.js';
import { inMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const line = (messageId: number, more: object = {}) =>
  ({ type: 'chat', from: 'bob', message: `line ${messageId}`, messageId: String(messageId), timestamp: '2026-01-31T12:00:00.000Z', ...more });
const texts = (lines: readonly { text: string }[]) => lines.map(one => one.text);

describe('own lines', () => {
  it('are outgoing until they come back', async () => {
    const { server, meeting } = await inMeeting();
    meeting.sendChat('hello');
    expect(meeting.snapshot.outgoing).toMatchObject([{ text: 'hello', state: 'sending' }]);
    const { reference } = server.socket.of('chat')[0]!;
    server.socket.say(line(1, { from: 'me', message: 'hello', reference }));
    expect(meeting.snapshot.outgoing).toEqual([]);
    expect(texts(meeting.snapshot.messages)).toEqual(['hello']);
  });

  it('have a reference each', async () => {
    const { server, meeting } = await inMeeting();
    for (const text of ['a', 'b', 'a']) meeting.sendChat(text);
    expect(new Set(server.socket.of('chat').map(message => message.reference)).size).toBe(3);
  });

  it('without an answer are sent again after a lost connection, in order and before anything newer, under the same reference', async () => {
    const { server, meeting } = await inMeeting();
    for (const text of ['stored', 'lost', 'lost too']) meeting.sendChat(text);
    const sent = server.socket.of('chat');
    server.socket.say(line(1, { from: 'me', message: 'stored', reference: sent[0]!.reference }));
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(60_000);
    while (server.socket.closedWith !== null) await vi.advanceTimersByTimeAsync(100); // between two attempts
    expect(meeting.snapshot.outgoing.map(one => one.state)).toEqual(['sending', 'sending']);
    server.welcome();
    meeting.sendChat('newer');
    expect(server.socket.of('chat').map(message => message.message)).toEqual(['lost', 'lost too', 'newer']);
    expect(server.socket.of('chat').slice(0, 2)).toEqual(sent.slice(1));
  });

  it('that had been stored after all are shown once', async () => {
    const { server, meeting } = await inMeeting();
    meeting.sendChat('cut off');
    const { reference } = server.socket.of('chat')[0]!;
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(250);
    server.welcome();
    for (let again = 0; again < 2; again++) server.socket.say(line(1, { from: 'me', message: 'cut off', reference }));
    expect(texts(meeting.snapshot.messages)).toEqual(['cut off']);
    expect(meeting.snapshot.outgoing).toEqual([]);
  });

  it('that are refused say so and can be sent again or given up', async () => {
    const { server, meeting } = await inMeeting();
    for (const text of ['one', 'two']) meeting.sendChat(text);
    for (const { reference } of server.socket.of('chat')) server.socket.say({ type: 'error', code: 'unavailable', message: 'not stored', reference });
    const [one, two] = meeting.snapshot.outgoing;
    expect([one!.state, two!.state]).toEqual(['failed', 'failed']);
    expect(meeting.resendChat(one!.reference)).toBe(true);
    meeting.discardChat(two!.reference);
    expect(meeting.snapshot.outgoing).toMatchObject([{ text: 'one', state: 'sending' }]);
    expect(server.socket.of('chat').at(-1)).toEqual({ type: 'chat', message: 'one', reference: one!.reference });
  });

  it('that nobody answers are shown as not sent in the end', async () => {
    const { meeting } = await inMeeting();
    meeting.sendChat('hello?');
    await vi.advanceTimersByTimeAsync(15_000);
    expect(meeting.snapshot.outgoing[0]!.state).toBe('failed');
  });
});

describe('missed lines', () => {
  it('are read from the server, also when the replay begins after them, a page at a time', async () => {
    const { server, meeting } = await inMeeting();
    server.socket.say(line(1));
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(250);
    const usual = server.answer;
    server.answer = call => {
      if (!call.path.endsWith('/messages')) return usual(call);
      const after = Number(new URLSearchParams(call.query).get('after'));
      return { status: 200, body: { messages: [1, 2].map(step => line(after + step)).filter(one => Number(one.messageId) < 6) } };
    };
    server.welcome();
    for (const id of [6, 7]) server.socket.say(line(id));
    await settle();
    expect(meeting.snapshot.messages.map(message => message.id)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(server.calls.filter(call => call.path.endsWith('/messages'))).toMatchObject([
      { query: '?after=1', authorization: 'Bearer ticket-1' }, { query: '?after=3' }]);
  });

  it('are asked for again when the server could not answer', async () => {
    const { server, meeting } = await inMeeting();
    const usual = server.answer;
    let away = true;
    server.answer = call => {
      if (!call.path.endsWith('/messages')) return usual(call);
      return away ? 'unreachable' : { status: 200, body: { messages: [line(2)] } };
    };
    server.socket.say(line(1));
    server.socket.say(line(3));
    await settle();
    expect(meeting.snapshot.messages.map(message => message.id)).toEqual([1, 3]);
    away = false;
    server.socket.say(line(4));
    await settle();
    expect(meeting.snapshot.messages.map(message => message.id)).toEqual([1, 2, 3, 4]);
  });

  it('of before a first join are not asked for: nobody had them', async () => {
    const { server, meeting } = await inMeeting();
    server.socket.say(line(400));
    await settle();
    expect(meeting.snapshot.messages).toHaveLength(1);
    expect(server.calls.some(call => call.path.endsWith('/messages'))).toBe(false);
  });
});
