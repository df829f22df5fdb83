import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settle } from './fakes.js';
import { joinedMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const line = (messageId: number, more: object = {}) =>
  ({ type: 'chat', from: 'bob', message: `line ${messageId}`, messageId: String(messageId), timestamp: '2026-01-31T12:00:00.000Z', ...more });
const texts = (lines: readonly { text: string }[]) => lines.map(one => one.text);

describe('own messages', () => {
  it('a message is outgoing until the server confirms it', async () => {
    const { server, meeting } = await joinedMeeting();
    meeting.sendChat('hello');
    expect(meeting.snapshot.outgoing).toMatchObject([{ text: 'hello', state: 'sending' }]);
    const { reference } = server.socket.sentOf('chat')[0]!;
    server.socket.receive(line(1, { from: 'me', message: 'hello', reference }));
    expect(meeting.snapshot.outgoing).toEqual([]);
    expect(texts(meeting.snapshot.messages)).toEqual(['hello']);
  });

  it('each message has its own reference', async () => {
    const { server, meeting } = await joinedMeeting();
    for (const text of ['a', 'b', 'a']) meeting.sendChat(text);
    expect(new Set(server.socket.sentOf('chat').map(message => message.reference)).size).toBe(3);
  });

  it('after a reconnect, unconfirmed messages are sent again in order, before newer ones and under the same reference', async () => {
    const { server, meeting } = await joinedMeeting();
    for (const text of ['stored', 'lost', 'lost too']) meeting.sendChat(text);
    const sent = server.socket.sentOf('chat');
    server.socket.receive(line(1, { from: 'me', message: 'stored', reference: sent[0]!.reference }));
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(60_000);
    while (server.socket.closedWith !== null) await vi.advanceTimersByTimeAsync(100); // between two attempts
    expect(meeting.snapshot.outgoing.map(one => one.state)).toEqual(['sending', 'sending']);
    server.acceptJoin();
    meeting.sendChat('newer');
    expect(server.socket.sentOf('chat').map(message => message.message)).toEqual(['lost', 'lost too', 'newer']);
    expect(server.socket.sentOf('chat').slice(0, 2)).toEqual(sent.slice(1));
  });

  it('a message that was stored before the connection was lost is shown once', async () => {
    const { server, meeting } = await joinedMeeting();
    meeting.sendChat('cut off');
    const { reference } = server.socket.sentOf('chat')[0]!;
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.acceptJoin();
    for (let again = 0; again < 2; again++) server.socket.receive(line(1, { from: 'me', message: 'cut off', reference }));
    expect(texts(meeting.snapshot.messages)).toEqual(['cut off']);
    expect(meeting.snapshot.outgoing).toEqual([]);
  });

  it('a rejected message is marked as failed and can be sent again or discarded', async () => {
    const { server, meeting } = await joinedMeeting();
    for (const text of ['one', 'two']) meeting.sendChat(text);
    for (const { reference } of server.socket.sentOf('chat')) server.socket.receive({ type: 'error', code: 'unavailable', message: 'not stored', reference });
    const [one, two] = meeting.snapshot.outgoing;
    expect([one!.state, two!.state]).toEqual(['failed', 'failed']);
    expect(meeting.resendChat(one!.reference)).toBe(true);
    meeting.discardChat(two!.reference);
    expect(meeting.snapshot.outgoing).toMatchObject([{ text: 'one', state: 'sending' }]);
    expect(server.socket.sentOf('chat').at(-1)).toEqual({ type: 'chat', message: 'one', reference: one!.reference });
  });

  it('a message without a confirmation is marked as failed after a timeout', async () => {
    const { meeting } = await joinedMeeting();
    meeting.sendChat('hello?');
    await vi.advanceTimersByTimeAsync(15_000);
    expect(meeting.snapshot.outgoing[0]!.state).toBe('failed');
  });
});

describe('missed messages', () => {
  it('messages that the replay does not contain are read from the server page by page', async () => {
    const { server, meeting } = await joinedMeeting();
    server.socket.receive(line(1));
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    const usual = server.respond;
    server.respond = call => {
      if (!call.path.endsWith('/messages')) return usual(call);
      const after = Number(new URLSearchParams(call.query).get('after'));
      return { status: 200, body: { messages: [1, 2].map(step => line(after + step)).filter(one => Number(one.messageId) < 6) } };
    };
    server.acceptJoin();
    for (const id of [6, 7]) server.socket.receive(line(id));
    await settle();
    expect(meeting.snapshot.messages.map(message => message.id)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(server.calls.filter(call => call.path.endsWith('/messages'))).toMatchObject([
      { query: '?after=1', authorization: 'Bearer ticket-1' }, { query: '?after=3' }]);
  });

  it('missed messages are requested again after a failed request', async () => {
    const { server, meeting } = await joinedMeeting();
    const usual = server.respond;
    let away = true;
    server.respond = call => {
      if (!call.path.endsWith('/messages')) return usual(call);
      return away ? 'unreachable' : { status: 200, body: { messages: [line(2)] } };
    };
    server.socket.receive(line(1));
    server.socket.receive(line(3));
    await settle();
    expect(meeting.snapshot.messages.map(message => message.id)).toEqual([1, 3]);
    away = false;
    server.socket.receive(line(4));
    await settle();
    expect(meeting.snapshot.messages.map(message => message.id)).toEqual([1, 2, 3, 4]);
  });

  it('messages from before the first join are not requested', async () => {
    const { server, meeting } = await joinedMeeting();
    server.socket.receive(line(400));
    await settle();
    expect(meeting.snapshot.messages).toHaveLength(1);
    expect(server.calls.some(call => call.path.endsWith('/messages'))).toBe(false);
  });
});
