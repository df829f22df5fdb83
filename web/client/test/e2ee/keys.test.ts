import { describe, expect, it } from 'vitest';
import { FrameReceiver } from '../../src/features/e2ee/frame-receiver.js';
import { FrameSender } from '../../src/features/e2ee/frame-sender.js';
import { createIdentity, type Identity } from '../../src/features/e2ee/identity.js';
import { KeySchedule } from '../../src/features/e2ee/key-schedule.js';
import { verificationPhrase } from '../../src/features/e2ee/phrase.js';

const frame = (): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(40));

/** A participant with everything that decrypts what another one sends. */
class Person {
  readonly keys: KeySchedule;
  readonly receiver = new FrameReceiver();
  readonly sender = new FrameSender();
  constructor(readonly id: string, readonly identity: Identity, meetingId = 'm-1') {
    this.keys = new KeySchedule(meetingId, id, identity);
  }

  static async create(id: string, meetingId?: string): Promise<Person> {
    return new Person(id, await createIdentity(), meetingId);
  }

  async seal(): Promise<Uint8Array> {
    this.sender.setKey(await this.keys.ownKey());
    return (await this.sender.seal(frame(), 'vp9', 'camera'))!;
  }

  async take(from: Person, payload: string): Promise<string> {
    const received = await this.keys.receive(from.id, payload);
    if (received.kind === 'key') this.receiver.addKey(received.key);
    return received.kind;
  }

  async opens(sealed: Uint8Array, from: Person): Promise<boolean> {
    const first = await this.receiver.open(1, sealed, 'camera');
    if (!('dropped' in first) || first.dropped !== 'unknown-key') return 'clear' in first;
    const derived = await this.keys.derive(from.id, first.keyId!);
    if (derived === null) return false;
    this.receiver.addGuess(derived.key);
    return 'clear' in await this.receiver.open(1, sealed, 'camera');
  }
}

function meet(...people: Person[]): void {
  for (const one of people) for (const other of people) if (one !== other) one.keys.addPeer(other.id, other.identity.publicKey);
}

async function share(from: Person, to: Person): Promise<string> {
  return (await from.keys.shareWith([to.id]))[0]!.payload;
}

describe('keys', () => {
  it('let the others decrypt', async () => {
    const [alice, bob] = [await Person.create('alice'), await Person.create('bob')];
    meet(alice, bob);
    expect(await bob.take(alice, await share(alice, bob))).toBe('key');
    expect(await bob.opens(await alice.seal(), alice)).toBe(true);
  });

  it('of a participant who joins do not decrypt what was sent before, and the others follow by themselves', async () => {
    const [alice, bob, carol] = [await Person.create('alice'), await Person.create('bob'), await Person.create('carol')];
    meet(alice, bob);
    await bob.take(alice, await share(alice, bob));
    const before = await alice.seal();
    meet(alice, bob, carol);
    await alice.keys.ratchet();
    await carol.take(alice, await share(alice, carol));
    const after = await alice.seal();
    expect([await bob.opens(before, alice), await bob.opens(after, alice)]).toEqual([true, true]);
    expect([await carol.opens(before, alice), await carol.opens(after, alice)]).toEqual([false, true]);
  });

  it('of a participant who left do not decrypt what is sent afterwards', async () => {
    const [alice, bob, carol] = [await Person.create('alice'), await Person.create('bob'), await Person.create('carol')];
    meet(alice, bob, carol);
    for (const other of [bob, carol]) await other.take(alice, await share(alice, other));
    const lastCommon = await alice.seal();
    alice.keys.removePeer('carol');
    alice.keys.rotate();
    await bob.take(alice, await share(alice, bob));
    const after = await alice.seal();
    expect(await carol.opens(lastCommon, alice)).toBe(true);
    expect(await carol.opens(after, alice)).toBe(false);
    expect(await bob.opens(after, alice)).toBe(true);
    expect(await alice.keys.shareWith(['carol'])).toEqual([]);
  });

  it('change to a new generation after 255 steps', async () => {
    const alice = await Person.create('alice');
    for (let i = 0; i < 256; i++) await alice.keys.ratchet();
    expect(await alice.keys.ownKey()).toMatchObject({ generation: 2, step: 0 });
  });

  it('are not derived backwards, nor for another generation', async () => {
    const [alice, bob] = [await Person.create('alice'), await Person.create('bob')];
    meet(alice, bob);
    await alice.keys.ratchet();
    await bob.take(alice, await share(alice, bob));
    expect(await bob.keys.derive('alice', { generation: 1, step: 0 })).toBeNull();
    expect(await bob.keys.derive('alice', { generation: 2, step: 1 })).toBeNull();
    expect(await bob.keys.derive('nobody', { generation: 1, step: 1 })).toBeNull();
  });
});

describe('messages about keys', () => {
  it('are ignored when they are replayed, also after the receiver has seen the sender leave and come back', async () => {
    const [alice, bob] = [await Person.create('alice'), await Person.create('bob')];
    meet(alice, bob);
    const first = await share(alice, bob);
    const second = await share(alice, bob);
    expect(await bob.take(alice, second)).toBe('key');
    expect(await bob.take(alice, second)).toBe('ignored');
    expect(await bob.take(alice, first)).toBe('ignored');
    bob.keys.removePeer('alice');
    expect(await bob.take(alice, await share(alice, bob))).toBe('ignored');
    bob.keys.addPeer('alice', alice.identity.publicKey);
    expect(await bob.take(alice, second)).toBe('ignored');
    expect(await bob.take(alice, await share(alice, bob))).toBe('key');
  });

  it('are ignored when they are sent back to their sender or passed on to another participant', async () => {
    const [alice, bob, carol] = [await Person.create('alice'), await Person.create('bob'), await Person.create('carol')];
    meet(alice, bob, carol);
    const payload = await share(alice, bob);
    expect(await alice.take(bob, payload)).toBe('ignored');
    expect(await carol.take(alice, payload)).toBe('ignored');
    expect(await bob.take(carol, payload)).toBe('ignored');
  });

  it('are ignored in another meeting, even with the same people', async () => {
    const [alice, bob] = [await Person.create('alice'), await Person.create('bob')];
    meet(alice, bob);
    const elsewhere = new Person('bob', bob.identity, 'm-2');
    elsewhere.keys.addPeer('alice', alice.identity.publicKey);
    expect(await elsewhere.take(alice, await share(alice, bob))).toBe('ignored');
  });

  it('are ignored when a byte was changed or the text is something else', async () => {
    const [alice, bob] = [await Person.create('alice'), await Person.create('bob')];
    meet(alice, bob);
    const payload = await share(alice, bob);
    for (let i = 0; i < payload.length; i += 3) {
      const changed = `${payload.slice(0, i)}${payload[i] === 'A' ? 'B' : 'A'}${payload.slice(i + 1)}`;
      expect(await bob.take(alice, changed)).toBe('ignored');
    }
    for (const text of ['', 'A', '!', 'AQ', 'AQAAAAAAAA', payload.slice(4)]) expect(await bob.take(alice, text)).toBe('ignored');
    expect(await bob.take(alice, payload)).toBe('key');
  });

  it('do not decrypt for a server that put its own identity in between', async () => {
    const [alice, bob, server] = [await Person.create('alice'), await Person.create('bob'), await Person.create('server')];
    alice.keys.addPeer('bob', server.identity.publicKey);
    bob.keys.addPeer('alice', alice.identity.publicKey);
    expect(await bob.take(alice, await share(alice, bob))).toBe('ignored');
  });

  it('never bring an earlier key back', async () => {
    const [alice, bob] = [await Person.create('alice'), await Person.create('bob')];
    meet(alice, bob);
    alice.keys.rotate();
    await bob.take(alice, await share(alice, bob));
    const lying = new Person('alice', alice.identity);
    meet(lying, bob);
    for (let i = 0; i < 3; i++) await share(lying, bob);
    expect(await bob.take(lying, await share(lying, bob))).toBe('ignored');
  });

  it('ask for a key', async () => {
    const [alice, bob] = [await Person.create('alice'), await Person.create('bob')];
    meet(alice, bob);
    expect(await alice.take(bob, (await bob.keys.request('alice'))[0]!.payload)).toBe('request');
  });

  it('are not exchanged with an identity that is not a point or is one\'s own', async () => {
    const [alice, bob] = [await Person.create('alice'), await Person.create('bob')];
    expect(alice.keys.addPeer('mirror', alice.identity.publicKey)).toBe(false);
    alice.keys.addPeer('bob', bob.identity.publicKey);
    alice.keys.addPeer('broken', `BB${'A'.repeat(85)}`);
    expect(await alice.keys.shareWith(['broken', 'bob'])).toHaveLength(1);
  });
});

describe('the verification phrase', () => {
  it('is the same in any order, and another one for each meeting and each exchanged key', async () => {
    const phrase = await verificationPhrase('m-1', ['a', 'b', 'c']);
    expect(phrase).toMatch(/^(\d{4} ){5}\d{4}$/);
    expect(await verificationPhrase('m-1', ['c', 'a', 'b'])).toBe(phrase);
    expect(await verificationPhrase('m-2', ['a', 'b', 'c'])).not.toBe(phrase);
    expect(await verificationPhrase('m-1', ['a', 'b', 'x'])).not.toBe(phrase);
    expect(await verificationPhrase('m-1', ['ab', 'c'])).not.toBe(phrase);
  });
});
