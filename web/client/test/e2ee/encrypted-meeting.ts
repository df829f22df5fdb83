import { expect, vi } from 'vitest';
import type { Bytes } from '../../src/features/e2ee/bytes.js';
import { E2ee, type EncryptionState } from '../../src/features/e2ee/e2ee.js';
import { FrameEngine } from '../../src/features/e2ee/frame-engine.js';
import type { Identity } from '../../src/features/e2ee/identity.js';
import { createIdentity } from '../../src/features/e2ee/identity.js';
import type { KeyPayload } from '../../src/features/e2ee/key-schedule.js';
import type { E2eeServerMessage, EncryptingParticipant, RosterMessage } from '../../src/features/e2ee/messages.js';
import type { WorkerReport, WorkerRequest } from '../../src/features/e2ee/worker-messages.js';

type ServerMessage = E2eeServerMessage | RosterMessage;

/** A client of an encrypted meeting, without media connections: the real encryption and the real engine of its worker. */
export class Client {
  readonly e2ee: E2ee;
  state: EncryptionState | null = null;
  isRefused = false;
  #engine: FrameEngine | null = null;
  #bindings = 0;
  readonly #delayed: (() => void)[] = [];
  #delaysReports = false;

  private constructor(readonly name: string, readonly identity: Identity, send: (from: Client, keys: readonly KeyPayload[]) => void, isRequired: boolean) {
    this.e2ee = new E2ee({ identity, isRequired }, {
      meetingId: 'm-1',
      send: ({ keys }) => { send(this, keys); return true; },
      createWorker: () => this.#createWorker(),
      monotonicNow: () => Date.now(),
      onChange: state => { this.state = state; },
      onRefused: () => { this.isRefused = true; },
    });
  }

  static async create(name: string, server: Server, isRequired = false): Promise<Client> {
    return new Client(name, await createIdentity(), (from, keys) => server.relay(from, keys), isRequired);
  }

  handle(message: ServerMessage): void {
    (this.e2ee.handlers[message.type] as (message: ServerMessage) => void)(message);
  }

  /** Whether what the worker reports waits, as behind other work of the page. */
  set delaysReports(delays: boolean) {
    this.#delaysReports = delays;
    if (!delays) for (const deliver of this.#delayed.splice(0)) deliver();
  }

  /** A frame as it leaves this client. */
  async seal(clear: Bytes = crypto.getRandomValues(new Uint8Array(40))): Promise<Bytes> {
    return (await this.#engine!.seal(1, 'camera', Uint8Array.from(clear).buffer, 'video/VP9'))!;
  }

  /** Whether this client can decrypt a frame of the participant with this ID. */
  async opens(frame: Bytes, participantId: string): Promise<boolean> {
    const id = ++this.#bindings;
    this.#engine!.handle({ type: 'bind', id, participantId, source: 'camera' });
    return await this.#engine!.open(id, Uint8Array.from(frame).buffer, Date.now()) !== null;
  }

  #createWorker(): Worker {
    const worker = { onmessage: null as ((event: { data: WorkerReport }) => void) | null, terminate: () => undefined, postMessage: (request: WorkerRequest) => void this.#engine!.handle(request) };
    this.#engine = new FrameEngine(report => {
      const deliver = () => worker.onmessage?.({ data: report });
      if (this.#delaysReports) this.#delayed.push(deliver);
      else deliver();
    });
    return worker as unknown as Worker;
  }
}

/** The server of one encrypted meeting. Tests make it do what it should not. */
export class Server {
  readonly present = new Map<string, Client>();
  /** All messages about keys that passed through the server. */
  readonly messages: { readonly from: string; readonly to: string; readonly payload: string }[] = [];
  /** The identity key that the server announces for a participant. */
  identityFor = (participant: Client): string => participant.identity.publicKey;

  /** Admits a client under this ID, by default its name. A participant with this ID is replaced. */
  join(client: Client, id = client.name): void {
    const known = this.present.get(id);
    this.present.set(id, client);
    const participants = [...this.present].filter(([other]) => other !== id).map(([other, participant]) => this.#describe(other, participant));
    client.e2ee.handleJoined({ participantId: id, participants, e2ee: true });
    for (const [other, receiver] of this.present) {
      if (other === id || receiver === client) continue;
      if (known === undefined) receiver.handle({ type: 'participant-joined', participant: this.#describe(id, client) });
      else if (known.identity !== client.identity) receiver.handle({ type: 'e2ee-identity', participantId: id, identityKey: this.identityFor(client) });
    }
  }

  leave(id: string): void {
    this.present.delete(id);
    for (const receiver of this.present.values()) receiver.handle({ type: 'participant-left', participantId: id });
  }

  relay(from: Client, keys: readonly KeyPayload[]): void {
    const sender = [...this.present].findLast(([, client]) => client === from)?.[0] ?? from.name;
    for (const { to, payload } of keys) {
      this.messages.push({ from: sender, to, payload });
      this.present.get(to)?.handle({ type: 'e2ee-key', from: sender, payload });
    }
  }

  #describe(participantId: string, participant: Client): EncryptingParticipant {
    return { participantId, identityKey: this.identityFor(participant) };
  }
}

/** Waits until frames of one client, which is in the meeting under this ID, decrypt for another one. Returns the first frame that did. */
export function untilOpens(receiver: Client, sender: Client, id = sender.name): Promise<Bytes> {
  return vi.waitFor(async () => {
    const frame = await sender.seal();
    if (!await receiver.opens(frame, id)) throw new Error(`${receiver.name} does not decrypt ${sender.name}`);
    return frame;
  }, { timeout: 10_000, interval: 50 });
}

/** Clients of these names, who joined one after another and decrypt each other. */
export async function meet(...names: string[]): Promise<{ server: Server; clients: Client[] }> {
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

/** The phrase that a client shows. */
export const phraseOf = (client: Client): Promise<string> => vi.waitFor(() => {
  expect(client.state?.phrase).toEqual(expect.any(String));
  return client.state!.phrase!;
}, { timeout: 10_000 });
