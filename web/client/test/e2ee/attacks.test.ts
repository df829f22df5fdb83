import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readFrame } from '../../src/features/e2ee/frame-format.js';
import { Client, Server, untilOpens } from './encrypted-meeting.js';

beforeEach(() => { vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }); });
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Clients of these names, who joined one after another and decrypt each other. */
async function meet(...names: string[]): Promise<{ server: Server; clients: Client[] }> {
  const server = new Server();
  const clients: Client[] = [];
  for (const name of names) {
    const client = await Client.create(name, server);
    clients.push(client);
    server.join(client);
  }
  for (const one of clients) for (const other of clients) if (one !== other) await untilOpens(one, other);
  return { server, clients };
}

const phraseOf = (client: Client): Promise<string> => vi.waitFor(() => {
  expect(client.state?.phrase).toEqual(expect.any(String));
  return client.state!.phrase!;
}, { timeout: 10_000 });

describe('an encrypted meeting', () => {
  it('has one phrase for all participants', async () => {
    const { clients } = await meet('ada', 'bob', 'eve');
    const phrases = await Promise.all(clients.map(phraseOf));
    expect(new Set(phrases).size).toBe(1);
  });

  it('keeps earlier frames from a participant who joins, although the server kept all messages', async () => {
    const { server, clients: [ada, bob] } = await meet('ada', 'bob');
    const before = await ada!.seal();
    const eve = await Client.create('eve', server);
    server.join(eve);
    await untilOpens(eve, ada!);
    for (const { from, payload } of server.messages) eve.handle({ type: 'e2ee-key', from, payload });
    await untilOpens(eve, ada!);
    expect(await eve.opens(before, 'ada')).toBe(false);
    expect(await bob!.opens(before, 'ada')).toBe(true);
  });

  it('keeps later frames from a participant who left, although the server forwards everything to them', async () => {
    const { server, clients: [ada, bob, eve] } = await meet('ada', 'bob', 'eve');
    server.leave('eve');
    const generation = (frame: Uint8Array) => readFrame(frame)!.trailer.generation;
    const last = generation(await ada!.seal());
    const after = await vi.waitFor(async () => {
      const frame = await untilOpens(bob!, ada!);
      expect(generation(frame)).toBeGreaterThan(last);
      return frame;
    }, { timeout: 10_000 });
    for (const { from, payload } of server.messages) eve!.handle({ type: 'e2ee-key', from, payload });
    expect(await vi.waitFor(() => eve!.opens(after, 'ada'))).toBe(false);
  });

  it('goes on when the page of a participant is loaded again, and the earlier page is shut out', async () => {
    const { server, clients: [ada, bob] } = await meet('ada', 'bob');
    const reloaded = await Client.create('bob', server);
    server.join(reloaded);
    await untilOpens(reloaded, ada!);
    await untilOpens(ada!, reloaded);
    await vi.waitFor(async () => {
      const frame = await untilOpens(reloaded, ada!);
      expect(await bob!.opens(frame, 'ada')).toBe(false);
    }, { timeout: 10_000 });
    expect(await phraseOf(reloaded)).toBe(await phraseOf(ada!));
  });

  it('goes on when a participant joins anew under another ID while the earlier one is still listed', async () => {
    const { server, clients: [ada, bob] } = await meet('ada', 'bob');
    server.join(bob!, 'bob-2');
    await untilOpens(ada!, bob!, 'bob-2');
    await untilOpens(bob!, ada!);
    server.leave('bob');
    await untilOpens(ada!, bob!, 'bob-2');
    await untilOpens(bob!, ada!);
    expect(await phraseOf(ada!)).toBe(await phraseOf(bob!));
  });

  it('never uses a counter twice, over changes of keys, reconnects and a new ID', async () => {
    const { server, clients: [ada, bob] } = await meet('ada', 'bob');
    const counters: number[] = [];
    const send = async () => { for (let i = 0; i < 3; i++) counters.push(readFrame(await ada!.seal())!.trailer.counter); };
    await send();
    server.join(ada!);
    await untilOpens(bob!, ada!);
    await send();
    server.leave('bob');
    await send();
    server.join(ada!, 'ada-2');
    await send();
    expect(counters).toEqual([...new Set(counters)].sort((one, other) => one - other));
  });
});

describe('two devices with one name', () => {
  it('are two participants with keys of their own', async () => {
    const { server, clients: [ada] } = await meet('ada', 'bob');
    const [phone, laptop] = [await Client.create('Eve', server), await Client.create('Eve', server)];
    server.join(phone, 'eve-phone');
    server.join(laptop, 'eve-laptop');
    await untilOpens(ada!, phone, 'eve-phone');
    await untilOpens(ada!, laptop, 'eve-laptop');
    await untilOpens(phone, laptop, 'eve-laptop');
    expect(await ada!.opens(await phone.seal(), 'eve-laptop')).toBe(false);
  });
});

describe('an evil server', () => {
  it('changes nothing by repeating all messages about keys', async () => {
    const { server, clients: [ada, bob] } = await meet('ada', 'bob');
    const old = await untilOpens(bob!, ada!);
    for (const { from, to, payload } of [...server.messages]) server.present.get(to)!.handle({ type: 'e2ee-key', from, payload });
    await untilOpens(bob!, ada!);
    await untilOpens(ada!, bob!);
    expect(await bob!.opens(old, 'ada')).toBe(false);
  });

  it('that exchanges keys is shown by the phrase', async () => {
    const server = new Server();
    const [ada, bob, evil] = [await Client.create('ada', server), await Client.create('bob', server), await Client.create('evil', server)];
    server.identityFor = () => evil.identity.publicKey;
    server.join(ada);
    server.join(bob);
    expect(await phraseOf(ada)).not.toBe(await phraseOf(bob));
    expect(await ada.opens(await bob.seal(), 'bob')).toBe(false);
  });

  it('that exchanges a key later changes the phrase', async () => {
    const { server, clients: [ada, bob] } = await meet('ada', 'bob');
    const before = await phraseOf(ada!);
    const evil = await Client.create('evil', server);
    ada!.handle({ type: 'participant-joined', participant: { participantId: 'bob', identityKey: evil.identity.publicKey } });
    await vi.waitFor(() => expect(ada!.state?.phrase).not.toBe(before), { timeout: 10_000 });
    expect(await phraseOf(ada!)).not.toBe(await phraseOf(bob!));
  });

  it('gets no key for a participant that the page does not show', async () => {
    const { server, clients: [ada] } = await meet('ada', 'bob');
    const ghost = await Client.create('ghost', server);
    ada!.handle({ type: 'e2ee-identity', participantId: 'ghost', identityKey: ghost.identity.publicKey });
    server.join(await Client.create('eve', server));
    await vi.waitFor(() => expect(server.messages.some(({ from, to }) => from === 'ada' && to === 'eve')).toBe(true));
    expect(server.messages.filter(({ to }) => to === 'ghost')).toEqual([]);
  });

  it('gets nothing by showing a participant their own identity', async () => {
    const { server, clients: [ada] } = await meet('ada', 'bob');
    ada!.handle({ type: 'participant-joined', participant: { participantId: 'mirror', identityKey: ada!.identity.publicKey } });
    server.join(await Client.create('eve', server));
    await vi.waitFor(() => expect(server.messages.some(({ from, to }) => from === 'ada' && to === 'eve')).toBe(true));
    expect(server.messages.filter(({ to }) => to === 'mirror')).toEqual([]);
  });

  it('cannot show frames of one participant as those of another one', async () => {
    const { clients: [ada, bob] } = await meet('ada', 'bob', 'eve');
    expect(await ada!.opens(await bob!.seal(), 'eve')).toBe(false);
  });

  it('that does not say that the meeting is encrypted gets no media of a page that knows it', async () => {
    const client = await Client.create('ada', new Server(), true);
    client.e2ee.handleJoined({ participantId: 'ada', participants: [] });
    expect([client.isRefused, client.e2ee.transforms]).toEqual([true, null]);
  });

  it('that turns the encryption off at a reconnect is refused', async () => {
    const { clients: [ada] } = await meet('ada', 'bob');
    ada!.e2ee.handleJoined({ participantId: 'ada', participants: [], e2ee: false });
    expect(ada!.isRefused).toBe(true);
  });
});

describe('a participant who floods the others with messages about keys', () => {
  it('does not delay the keys of the others', async () => {
    const { server, clients: [ada] } = await meet('ada', 'mallory');
    const eve = await Client.create('eve', server);
    const flood = server.messages.filter(({ from, to }) => from === 'mallory' && to === 'ada')[0]!.payload;
    const decrypt = vi.spyOn(crypto.subtle, 'decrypt');
    for (let i = 0; i < 1_000; i++) ada!.handle({ type: 'e2ee-key', from: 'mallory', payload: flood });
    for (let i = 0; i < 1_000; i++) ada!.handle({ type: 'e2ee-key', from: `nobody-${i}`, payload: flood });
    server.join(eve);
    await untilOpens(ada!, eve);
    expect(decrypt.mock.calls.length).toBeLessThan(100);
  });
});
