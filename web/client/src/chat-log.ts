import type { ClientMessage, ServerMessage, WireLine } from './protocol.js';
import { insertMessage, type ChatMessage, type OutgoingLine } from './state.js';

export interface ChatHost {
  /** False when there is no joined connection. */
  send(message: ClientMessage): boolean;
  /** Stored lines after the given one, oldest first; a page at a time. */
  read(after: number): Promise<readonly WireLine[]>;
  understand(line: WireLine): ChatMessage;
  onChange(messages: readonly ChatMessage[], outgoing: readonly OutgoingLine[]): void;
  onLine(message: ChatMessage): void;
  now(): number;
  random(): number;
}

/** A line that has had no answer for so long is shown as not sent; sending it again never doubles it. */
const answerTimeoutMs = 15_000;

/** The chat as the server orders it, without gaps, and our own lines until the server has them. */
export class ChatLog {
  readonly #host: ChatHost;
  readonly #name: string;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #messages: readonly ChatMessage[] = [];
  #outgoing: readonly OutgoingLine[] = [];
  #count = 0;
  #missingAfter: number | null = null;
  #filling = false;
  #closed = false;

  constructor(host: ChatHost) {
    this.#host = host;
    this.#name = `${Math.floor(host.random() * 2 ** 32).toString(36)}-${host.now().toString(36)}`;
  }

  /** False when it could not be sent now; nothing is kept. */
  say(text: string): boolean {
    const line: OutgoingLine = { reference: `${this.#name}-${++this.#count}`, text, at: this.#host.now(), state: 'sending' };
    if (!this.#send(line)) return false;
    this.#change(this.#messages, [...this.#outgoing, line]);
    return true;
  }

  /** Sends a line once more that the server did not take. */
  again(reference: string): boolean {
    const line = this.#outgoing.find(one => one.reference === reference);
    if (line === undefined || !this.#send(line)) return false;
    this.#mark(reference, 'sending');
    return true;
  }

  /** Gives up a line that the server did not take. */
  discard(reference: string): void {
    this.#forget(reference);
  }

  /** On a new connection: what had no answer is sent again, before anything newer; the server knows it by its reference. */
  joined(): void {
    for (const line of this.#outgoing) if (line.state === 'sending') this.#send(line);
    void this.#fill();
  }

  /** The connection is gone: answers come after the next one. */
  offline(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  receive(line: WireLine): void {
    const last = this.#messages.at(-1)?.id ?? 0;
    const message = this.#host.understand(line);
    if (last > 0 && message.id > last + 1) this.#missingAfter = Math.min(this.#missingAfter ?? last, last);
    this.#take(message);
    if (message.own && line.reference !== undefined) this.#forget(line.reference);
    void this.#fill();
  }

  /** The server's `error` about one of our lines. */
  refused(error: ServerMessage & { type: 'error' }): void {
    if (error.reference !== undefined) this.#mark(error.reference, 'failed');
  }

  close(): void {
    this.#closed = true;
    this.offline();
  }

  #send(line: OutgoingLine): boolean {
    if (!this.#host.send({ type: 'chat', message: line.text, reference: line.reference })) return false;
    clearTimeout(this.#timers.get(line.reference));
    this.#timers.set(line.reference, setTimeout(() => this.#mark(line.reference, 'failed'), answerTimeoutMs));
    return true;
  }

  #take(message: ChatMessage): void {
    const messages = insertMessage(this.#messages, message);
    if (messages === this.#messages) return;
    this.#change(messages, this.#outgoing);
    this.#host.onLine(message);
  }

  /** Reads what was missed. Without an answer the next line or connection tries again. */
  async #fill(): Promise<void> {
    if (this.#filling || this.#missingAfter === null) return;
    this.#filling = true;
    try {
      while (this.#missingAfter !== null && !this.#closed) {
        const after = this.#missingAfter;
        const next = this.#messages.find(message => message.id > after)?.id;
        if (next === undefined || next === after + 1) {
          this.#missingAfter = this.#nextGap(after);
          continue;
        }
        const lines = await this.#host.read(after);
        for (const line of lines) this.#take(this.#host.understand(line));
        this.#missingAfter = lines.length === 0 ? null : Number(lines.at(-1)!.messageId);
      }
    } catch {
      // The server does not answer now.
    } finally {
      this.#filling = false;
    }
  }

  #nextGap(after: number): number | null {
    const known = this.#messages.filter(message => message.id > after);
    return known.find((message, index) => index + 1 < known.length && known[index + 1]!.id > message.id + 1)?.id ?? null;
  }

  #mark(reference: string, state: OutgoingLine['state']): void {
    clearTimeout(state === 'failed' ? this.#timers.get(reference) : undefined);
    this.#change(this.#messages, this.#outgoing.map(line => (line.reference === reference ? { ...line, state } : line)));
  }

  #forget(reference: string): void {
    clearTimeout(this.#timers.get(reference));
    this.#timers.delete(reference);
    if (this.#outgoing.some(line => line.reference === reference)) this.#change(this.#messages, this.#outgoing.filter(line => line.reference !== reference));
  }

  #change(messages: readonly ChatMessage[], outgoing: readonly OutgoingLine[]): void {
    this.#messages = messages;
    this.#outgoing = outgoing;
    this.#host.onChange(messages, outgoing);
  }
}
