import type { ErrorMessage, ErrorOutcome, Feature } from '../../core/feature.js';
import type { MessageHandlers } from '../../core/messages.js';
import type { TrackSource } from '../../core/wire-types.js';
import type { KeyId } from './frame-key.js';
import { FrameTransforms } from './frame-transforms.js';
import type { Identity } from './identity.js';
import { KeySchedule, type KeyPayload } from './key-schedule.js';
import type { E2eeKeysMessage, E2eeServerMessage, EncryptingParticipant, JoinedE2ee, RosterMessage } from './messages.js';
import { verificationPhrase } from './phrase.js';
import type { WorkerReport, WorkerRequest } from './worker-messages.js';

/** What a page shows of the encryption. */
export interface EncryptionState {
  /** The same for all participants, unless a server exchanged keys. Null while it is computed. */
  readonly phrase: string | null;
  /** Tracks whose frames do not decrypt, as `participantId source`. */
  readonly failing: ReadonlySet<string>;
  /** Tracks of which at least one frame was decrypted and which do not fail now, as `participantId source`. */
  readonly decrypted: ReadonlySet<string>;
}

export interface E2eeHost {
  readonly meetingId: string;
  send(message: E2eeKeysMessage): boolean;
  createWorker(): Worker;
  monotonicNow(): number;
  onChange(state: EncryptionState): void;
  /** This client cannot take part: the meeting is encrypted and the browser cannot do it, or the server no longer says that the meeting is encrypted. */
  onRefused(): void;
}

type Received = E2eeServerMessage | RosterMessage;

const maxKeysPerMessage = 100;
/** The others get a new key this long before it is used. */
const headStartMs = 500;
/** At most one new key in this time, because each participant sends one to all others. */
const rotationIntervalMs = 1_000;
/** A missing key is asked for, and a request is answered, at most once in this time for each participant. */
const requestIntervalMs = 1_000;
/** Messages of one participant that wait to be decrypted. More are dropped: one participant must not delay the keys of the others. */
const maxWaiting = 8;

/** The encryption of media end to end: exchanges keys with the other participants and gives them to the worker that handles frames. */
export class E2ee implements Feature<JoinedE2ee, Received> {
  readonly handlers: MessageHandlers<Received> = {
    'participant-joined': ({ participant }) => this.#handleArrival(participant),
    'participant-left': ({ participantId }) => this.#handleLeft([participantId]),
    'e2ee-identity': ({ participantId, identityKey }) => this.#handleIdentity(participantId, identityKey),
    'e2ee-key': ({ from, payload }) => this.#handleKey(from, payload),
  };
  readonly #host: E2eeHost;
  readonly #identity: Identity | null;
  /** The page was opened for an encrypted meeting, whatever the server says. */
  readonly #isRequired: boolean;
  #selfId = '';
  #keys: KeySchedule | null = null;
  #worker: Worker | null = null;
  #transforms: FrameTransforms | null = null;
  #state: EncryptionState = { phrase: null, failing: new Set(), decrypted: new Set() };
  /** Changes of keys happen one after another, in the order of their messages. */
  #work: Promise<void> = Promise.resolve();
  #rotation: ReturnType<typeof setTimeout> | undefined;
  #activation: ReturnType<typeof setTimeout> | undefined;
  #lastRotation = -Infinity;
  readonly #asked = new Map<string, number>();
  readonly #answered = new Map<string, number>();
  /** The participants of whom a key is looked for: one at a time of each, because a server can make frames name any key. */
  readonly #searching = new Set<string>();
  /** How many messages of each participant wait. */
  readonly #waiting = new Map<string, number>();
  #phraseOf = '';
  #closed = false;

  constructor({ identity, isRequired }: { readonly identity: Identity | null; readonly isRequired: boolean }, host: E2eeHost) {
    this.#identity = identity;
    this.#isRequired = isRequired;
    this.#host = host;
  }

  /** What the `join` message says about encryption. */
  get joinFields(): { readonly capabilities: { readonly e2ee?: true }; readonly identityKey?: string } {
    return this.#identity === null ? { capabilities: {} } : { capabilities: { e2ee: true }, identityKey: this.#identity.publicKey };
  }

  /** The transforms for media connections; null while the meeting is not known to be encrypted. */
  get transforms(): FrameTransforms | null {
    return this.#transforms;
  }

  handleJoined({ e2ee, participantId, participants }: JoinedE2ee): void {
    if (e2ee !== true) {
      // A server must not be able to turn the encryption off.
      if (this.#keys !== null || this.#isRequired) this.#host.onRefused();
      return;
    }
    if (this.#identity === null) return this.#host.onRefused();
    this.#startWorker();
    const present = new Map(participants.map(participant => [participant.participantId, participant.identityKey]));
    const isSame = this.#selfId === participantId;
    // Under another own ID, all keys are exchanged anew: the worker must know no participant whose identity is not in the phrase.
    this.#handleLeft((this.#keys?.peers ?? []).filter(({ id, identityKey }) => !isSame || present.get(id) !== identityKey).map(({ id }) => id));
    if (this.#keys === null || !isSame) {
      this.#selfId = participantId;
      this.#keys = new KeySchedule(this.#host.meetingId, participantId, this.#identity);
    }
    for (const participant of participants) this.#add(participant.participantId, participant.identityKey);
    // Messages may have been lost with the previous socket, so all participants get the key again.
    this.#enqueue(async keys => {
      await keys.ratchet();
      await this.#activate();
      this.#send(await keys.shareWith());
    });
    this.#refreshPhrase();
  }

  handleError({ code }: ErrorMessage): ErrorOutcome {
    if (code !== 'encryption-required') return 'foreign';
    this.#host.onRefused();
    return 'known';
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#rotation);
    clearTimeout(this.#activation);
    this.#worker?.terminate();
  }

  #startWorker(): void {
    if (this.#worker !== null) return;
    this.#worker = this.#host.createWorker();
    this.#worker.onmessage = ({ data }: MessageEvent<WorkerReport>) => this.#handleReport(data);
    this.#transforms = new FrameTransforms(this.#worker);
    this.#set({});
  }

  #handleArrival({ participantId, identityKey }: EncryptingParticipant): void {
    const known = this.#keys?.peers.find(({ id }) => id === participantId);
    // Whoever has the previous identity must not decrypt later frames.
    if (known !== undefined && known.identityKey !== identityKey) this.#handleLeft([participantId]);
    if (!this.#add(participantId, identityKey)) return;
    this.#enqueue(async keys => {
      const followed = await keys.ratchet();
      await this.#activate();
      this.#send(await keys.shareWith(followed ? [participantId] : undefined));
    });
    this.#refreshPhrase();
  }

  /** The page of a participant was loaded again. Keys go only to participants that the page shows, so this message adds nobody. */
  #handleIdentity(participantId: string, identityKey: string): void {
    if (this.#keys?.hasPeer(participantId) === true) this.#handleArrival({ participantId, identityKey });
  }

  /** True when the participant is new. */
  #add(participantId: string, identityKey: string | undefined): boolean {
    if (identityKey === undefined || this.#keys?.addPeer(participantId, identityKey) !== true) return false;
    this.#post({ type: 'peer', participantId, identityKey });
    return true;
  }

  #handleLeft(ids: readonly string[]): void {
    const keys = this.#keys;
    const left = keys === null ? [] : ids.filter(id => keys.removePeer(id));
    if (left.length === 0) return;
    for (const participantId of left) this.#post({ type: 'peer', participantId, identityKey: null });
    const remains = (track: string) => !left.some(id => track.startsWith(`${id} `));
    this.#set({ failing: new Set([...this.#state.failing].filter(remains)), decrypted: new Set([...this.#state.decrypted].filter(remains)) });
    this.#scheduleRotation();
    this.#refreshPhrase();
  }

  #scheduleRotation(): void {
    if (this.#rotation !== undefined) return;
    const wait = Math.max(0, this.#lastRotation + rotationIntervalMs - this.#host.monotonicNow());
    this.#rotation = setTimeout(() => {
      this.#rotation = undefined;
      this.#lastRotation = this.#host.monotonicNow();
      this.#enqueue(async keys => {
        keys.rotate();
        this.#send(await keys.shareWith());
        this.#activation ??= setTimeout(() => {
          this.#activation = undefined;
          this.#enqueue(() => this.#activate());
        }, headStartMs);
      });
    }, wait);
  }

  #handleKey(from: string, payload: string): void {
    const waiting = this.#waiting.get(from) ?? 0;
    if (this.#keys?.hasPeer(from) !== true || waiting >= maxWaiting) return;
    this.#waiting.set(from, waiting + 1);
    this.#enqueue(async keys => {
      this.#waiting.set(from, this.#waiting.get(from)! - 1);
      const received = await keys.receive(from, payload);
      if (received.kind === 'key') this.#post({ type: 'peer-key', participantId: from, identityKey: received.identityKey, key: received.key, isProven: true });
      else if (received.kind === 'request' && this.#isDue(this.#answered, from)) this.#send(await keys.shareWith([from]));
    });
  }

  #handleReport(report: WorkerReport): void {
    const { participantId, identityKey } = report;
    // The report is about an earlier identity.
    if (this.#keys === null || this.#keys.identityOf(participantId) !== identityKey) return;
    if (report.type === 'health') return this.#handleHealth(participantId, report.source, report.decrypts);
    if (this.#searching.has(participantId)) return;
    this.#searching.add(participantId);
    this.#enqueue(keys => this.#findKey(keys, participantId, report.keyId).finally(() => this.#searching.delete(participantId)));
  }

  async #findKey(keys: KeySchedule, participantId: string, keyId: KeyId): Promise<void> {
    const derived = await keys.derive(participantId, keyId);
    if (derived !== null) this.#post({ type: 'peer-key', participantId, ...derived, isProven: false });
    else if (keys.hasPeer(participantId) && this.#isDue(this.#asked, participantId)) this.#send(await keys.request(participantId));
  }

  #handleHealth(participantId: string, source: TrackSource, decrypts: boolean): void {
    const track = `${participantId} ${source}`;
    const [failing, decrypted] = [new Set(this.#state.failing), new Set(this.#state.decrypted)];
    if (decrypts) {
      failing.delete(track);
      decrypted.add(track);
    } else {
      failing.add(track);
      decrypted.delete(track);
    }
    this.#set({ failing, decrypted });
  }

  /** Frames from now on are encrypted with the current own key. */
  async #activate(): Promise<void> {
    const key = await this.#keys?.ownKey();
    if (key !== undefined) this.#post({ type: 'own-key', key });
  }

  #isDue(times: Map<string, number>, participantId: string): boolean {
    const now = this.#host.monotonicNow();
    if (now - (times.get(participantId) ?? -Infinity) < requestIntervalMs) return false;
    times.set(participantId, now);
    return true;
  }

  #refreshPhrase(): void {
    const identities = this.#keys === null ? [] : [...this.#keys.identityKeys].sort();
    const joined = identities.join(' ');
    if (joined === this.#phraseOf) return;
    this.#phraseOf = joined;
    this.#set({ phrase: null });
    void verificationPhrase(this.#host.meetingId, identities).then(phrase => {
      if (this.#phraseOf === joined) this.#set({ phrase });
    });
  }

  #send(keys: readonly KeyPayload[]): void {
    for (let i = 0; i < keys.length; i += maxKeysPerMessage) this.#host.send({ type: 'e2ee-keys', keys: keys.slice(i, i + maxKeysPerMessage) });
  }

  #post(request: WorkerRequest): void {
    this.#worker?.postMessage(request);
  }

  #set(part: Partial<EncryptionState>): void {
    if (this.#closed) return;
    this.#state = { ...this.#state, ...part };
    this.#host.onChange(this.#state);
  }

  #enqueue(work: (keys: KeySchedule) => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (this.#keys !== null && !this.#closed) await work(this.#keys);
    }).catch(() => undefined); // WebCrypto does not fail for valid keys; the next message starts anew.
  }
}
