import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bytes } from '../../src/features/e2ee/bytes.js';
import { readFrame, trailerBytes } from '../../src/features/e2ee/frame-format.js';
import { createIdentity } from '../../src/features/e2ee/identity.js';
import { Client, meet, phraseOf, Server, untilOpens } from './encrypted-meeting.js';

beforeEach(() => { vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }); });
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

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

  it('cannot make the phrases equal with identities that it composed', async () => {
    const server = new Server();
    const [ada, bob] = [await Client.create('ada', server), await Client.create('bob', server)];
    const [towardsAda, towardsBob] = [(await createIdentity()).publicKey, (await createIdentity()).publicKey];
    const tell = (client: Client, participants: Readonly<Record<string, string>>) =>
      client.e2ee.handleJoined({ participantId: client.name, participants: Object.entries(participants).map(([participantId, identityKey]) => ({ participantId, identityKey })), e2ee: true });
    // The phrase is made of fields, each preceded by its length in two bytes. Two lists of fields would give the same bytes if a length of 65,537 were written as 1.
    const fieldsOf = (...keys: string[]) => keys.sort().map(key => `\0W${key}`).join('');
    const padding = '~'.repeat(65_536 - 2 * 89 - 2);
    tell(ada, { bob: towardsAda, first: '!', last: `${padding}${fieldsOf(bob.identity.publicKey, towardsBob)}\0\x01~` });
    tell(bob, { ada: towardsBob, first: `!${fieldsOf(ada.identity.publicKey, towardsAda)}\0\x01${padding}`, last: '~' });
    expect(await phraseOf(ada)).not.toBe(await phraseOf(bob));
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

describe('frames that name keys which their sender never used', { timeout: 30_000 }, () => {
  /** A genuine frame that names another key. */
  const naming = (genuine: Bytes, { generation, step }: { readonly generation?: number; readonly step: number }): Bytes => {
    const frame = genuine.slice();
    const start = frame.length - trailerBytes;
    if (generation !== undefined) frame.set([0, 0, generation], start);
    frame[start + 3] = step;
    return frame;
  };
  /** Shows frames of bob that name these steps. The page has looked for each of the keys before the next one: then it asks bob for one that it cannot compute. */
  async function showFrames(server: Server, receiver: Client, sender: Client, steps: readonly number[]): Promise<void> {
    const genuine = await sender.seal();
    const questions = () => server.messages.filter(({ from, to }) => from === receiver.name && to === sender.name).length;
    for (const step of steps) {
      vi.setSystemTime(Date.now() + 1_000);
      expect(await receiver.opens(naming(genuine, { step }), sender.name)).toBe(false);
      const before = questions();
      await vi.waitFor(async () => {
        vi.setSystemTime(Date.now() + 1_000);
        await receiver.opens(naming(genuine, { generation: 99, step }), sender.name);
        expect(questions()).toBeGreaterThan(before);
      }, { timeout: 10_000 });
    }
  }

  it('do not displace the key in use', async () => {
    const { server, clients: [ada, bob] } = await meet('ada', 'bob');
    await showFrames(server, ada!, bob!, [10, 20, 30, 40, 50, 60]);
    await untilOpens(ada!, bob!);
  });

  it('cost no more than one computation of each key', async () => {
    const { server, clients: [ada, bob] } = await meet('ada', 'bob');
    const computed = vi.spyOn(crypto.subtle, 'deriveBits');
    await showFrames(server, ada!, bob!, Array.from({ length: 8 }, (_, i) => 100 - i));
    expect(computed.mock.calls.length).toBeLessThan(200);
  });

  it('are looked into once at a time, however many wait', async () => {
    const { server, clients: [ada, bob] } = await meet('ada', 'bob');
    const genuine = await bob!.seal();
    const imported = vi.spyOn(crypto.subtle, 'importKey');
    for (let i = 0; i < 50; i++) {
      vi.setSystemTime(Date.now() + 1_000);
      await ada!.opens(naming(genuine, { step: 200 }), 'bob');
    }
    await showFrames(server, ada!, bob!, [201]);
    expect(imported.mock.calls.filter(([, , algorithm]) => algorithm === 'AES-GCM').length).toBeLessThan(20);
  });
});
