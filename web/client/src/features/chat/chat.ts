import type { Environment } from '../../core/environment.js';
import type { ErrorMessage, ErrorOutcome, Feature } from '../../core/feature.js';
import type { MessageHandlers } from '../../core/messages.js';
import type { ChatClientMessage, ChatServerMessage, WireChatMessage } from './messages.js';
import { insertMessage, nextGap, type ChatMessage, type OutgoingMessage } from './state.js';

export interface ChatHost {
  /** False when the connection is not open. */
  send(message: ChatClientMessage): boolean;
  /** Reads one page of stored messages after the given ID, oldest first. */
  read(after: number): Promise<readonly WireChatMessage[]>;
  selfId(): string;
  /** The name of a participant who is in the meeting now. */
  nameOf(participantId: string): string | undefined;
  onChange(messages: readonly ChatMessage[], outgoing: readonly OutgoingMessage[]): void;
  onMessage(message: ChatMessage): void;
}

/** The limit of the server, in UTF-16 code units. */
const maxLength = 4000;

/** After this time without a confirmation, a message counts as failed. Its reference prevents a duplicate when it is sent again. */
const confirmationTimeoutMs = 15_000;

/** The chat in the server's order and without gaps, and this participant's messages that the server has not confirmed yet. */
export class Chat implements Feature<unknown, ChatServerMessage> {
  readonly handlers: MessageHandlers<ChatServerMessage> = { chat: message => this.#receive(message) };
  readonly #environment: Environment;
  readonly #host: ChatHost;
  /** Makes the references of this instance unique in the meeting. */
  readonly #referencePrefix: string;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #messages: readonly ChatMessage[] = [];
  #outgoing: readonly OutgoingMessage[] = [];
  #count = 0;
  /** The ID of the message before the first gap. */
  #missingAfter: number | null = null;
  #filling = false;
  #closed = false;

  constructor(environment: Environment, host: ChatHost) {
    this.#environment = environment;
    this.#host = host;
    this.#referencePrefix = `${Math.floor(environment.random() * 2 ** 32).toString(36)}-${environment.now().toString(36)}`;
  }

  /** False when the message could not be sent; nothing is kept then. */
  send(input: string): boolean {
    const text = input.trim().slice(0, maxLength);
    if (text.length === 0) return false;
    const message: OutgoingMessage = { reference: `${this.#referencePrefix}-${++this.#count}`, text, at: this.#environment.now(), state: 'sending' };
    if (!this.#transmit(message)) return false;
    this.#change(this.#messages, [...this.#outgoing, message]);
    return true;
  }

  /** Sends a failed message again, under its original reference. */
  resend(reference: string): boolean {
    const message = this.#outgoing.find(known => known.reference === reference);
    if (message === undefined || !this.#transmit(message)) return false;
    this.#mark(reference, 'sending');
    return true;
  }

  /** Removes a failed message. */
  discard(reference: string): void {
    this.#forget(reference);
  }

  /** Sends unconfirmed messages again on a new connection, before newer ones. The server recognizes duplicates by their reference. */
  handleJoined(): void {
    for (const message of this.#outgoing) if (message.state === 'sending') this.#transmit(message);
    void this.#fillGaps();
  }

  /** Stops the confirmation timers: without a connection, no confirmation can arrive. */
  handleOffline(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  handleError({ reference }: ErrorMessage): ErrorOutcome {
    if (reference === undefined || !this.#isOutgoing(reference)) return 'foreign';
    this.#mark(reference, 'failed');
    return 'known';
  }

  close(): void {
    this.#closed = true;
    this.handleOffline();
  }

  #receive(wire: WireChatMessage): void {
    const last = this.#messages.at(-1)?.id ?? 0;
    const message = this.#toChatMessage(wire);
    if (last > 0 && message.id > last + 1) this.#missingAfter = Math.min(this.#missingAfter ?? last, last);
    this.#add(message);
    if (message.own && wire.reference !== undefined) this.#forget(wire.reference);
    void this.#fillGaps();
  }

  #toChatMessage(wire: WireChatMessage): ChatMessage {
    const at = Date.parse(wire.timestamp);
    return {
      id: Number(wire.messageId),
      from: wire.from,
      displayName: wire.displayName ?? this.#host.nameOf(wire.from) ?? '',
      text: wire.message,
      at: Number.isFinite(at) ? at : this.#environment.now(),
      own: wire.from === this.#host.selfId(),
    };
  }

  #transmit(message: OutgoingMessage): boolean {
    if (!this.#host.send({ type: 'chat', message: message.text, reference: message.reference })) return false;
    clearTimeout(this.#timers.get(message.reference));
    this.#timers.set(message.reference, setTimeout(() => this.#mark(message.reference, 'failed'), confirmationTimeoutMs));
    return true;
  }

  #add(message: ChatMessage): void {
    const messages = insertMessage(this.#messages, message);
    if (messages === this.#messages) return;
    this.#change(messages, this.#outgoing);
    this.#host.onMessage(message);
  }

  /** Reads the missed messages. After a failed request, the next message or connection tries again. */
  async #fillGaps(): Promise<void> {
    if (this.#filling || this.#missingAfter === null) return;
    this.#filling = true;
    try {
      while (this.#missingAfter !== null && !this.#closed) {
        const after = this.#missingAfter;
        const next = this.#messages.find(message => message.id > after)?.id;
        if (next === undefined || next === after + 1) {
          this.#missingAfter = nextGap(this.#messages, after);
          continue;
        }
        const page = await this.#host.read(after);
        for (const wire of page) this.#add(this.#toChatMessage(wire));
        this.#missingAfter = page.length === 0 ? null : Number(page.at(-1)!.messageId);
      }
    } catch {
      // The next message or connection starts another attempt.
    } finally {
      this.#filling = false;
    }
  }

  #mark(reference: string, state: OutgoingMessage['state']): void {
    clearTimeout(state === 'failed' ? this.#timers.get(reference) : undefined);
    this.#change(this.#messages, this.#outgoing.map(message => (message.reference === reference ? { ...message, state } : message)));
  }

  #forget(reference: string): void {
    clearTimeout(this.#timers.get(reference));
    this.#timers.delete(reference);
    if (this.#isOutgoing(reference)) this.#change(this.#messages, this.#outgoing.filter(message => message.reference !== reference));
  }

  #isOutgoing(reference: string): boolean {
    return this.#outgoing.some(message => message.reference === reference);
  }

  #change(messages: readonly ChatMessage[], outgoing: readonly OutgoingMessage[]): void {
    this.#messages = messages;
    this.#outgoing = outgoing;
    this.#host.onChange(messages, outgoing);
  }
}
