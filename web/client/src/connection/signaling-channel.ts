import { backoffMs } from '../core/backoff.js';
import type { Environment } from '../core/environment.js';
import type { WireMessage } from '../core/messages.js';

export type Dial = { readonly url: string; readonly protocols?: string[] };

export interface ChannelHost<Sent, Received> {
  /**
   * Where to connect next, or `stop`. A rejected promise leads to a later attempt. `attempt` is 0 for the first attempt after a healthy connection. `rejected`: the
   * server closed the last socket before it had joined; if false, a dial with a ticket must resolve without waiting.
   */
  dial(attempt: number, rejected: boolean): Promise<Dial | 'stop'>;
  /** Creates the first message of every socket. */
  joinMessage(): Sent;
  /** Returns null for data that is not a known message. */
  parse(data: unknown): Received | null;
  onMessage(message: Received): void;
  /** The socket was lost or did not open; another attempt follows. */
  onLost(): void;
  /** A newer socket of the same participant took over; this channel is closed for good. */
  onReplaced(): void;
}

/**
 * After this time in milliseconds, another socket is tried. If the server's machine is gone, the browser reports the failure only after minutes. The first times are
 * short, because the participants of a crashed server leave after 12 s, and a cluster sends new sockets to a lost machine for up to a minute, by chance.
 */
const openTimeoutMs = (attempt: number): number => Math.min(10_000, 1_000 * 2 ** Math.max(0, attempt - 2));
/**
 * From this attempt on, the slow socket stays open beside the next one, because the server may only be busy. Not before: browsers open one socket to a server at a time, so the next one
 * waits for it.
 */
const keepSlowFrom = 2;
const joinedTimeoutMs = 10_000;
const replacedCloseCode = 4000;
const restartCloseCode = 1012;

/** Keeps one WebSocket connected until closed. The channel is open after the server has sent `joined`. */
export class SignalingChannel<Sent, Received extends WireMessage> {
  readonly #environment: Environment;
  readonly #host: ChannelHost<Sent, Received>;
  #socket: WebSocket | null = null;
  /** The previous socket while neither it nor the current one has opened. Kept only if it was opened with a ticket, because both sockets then open the same session. */
  #slow: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #open = false;
  #closed = false;
  #dialling = false;
  #rejected = false;

  constructor(environment: Environment, host: ChannelHost<Sent, Received>) {
    this.#environment = environment;
    this.#host = host;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  start(): void {
    void this.#connect();
  }

  /** False when the channel is not open. Nothing is queued. */
  send(message: Sent): boolean {
    if (!this.#open || this.#socket === null) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Drops the current socket, even a healthy one, and connects again immediately. */
  reconnect(): void {
    if (this.#closed || this.#dialling) return;
    this.#drop();
    this.#dropSlow();
    this.#attempt = 0;
    this.#host.onLost();
    void this.#connect();
  }

  close(code = 1000): void {
    this.#closed = true;
    this.#drop(code);
    this.#dropSlow();
  }

  async #connect(): Promise<void> {
    if (this.#closed || this.#dialling) return;
    clearTimeout(this.#timer);
    this.#dialling = true;
    let dial: Dial | 'stop';
    try {
      dial = await this.#host.dial(this.#attempt, this.#rejected);
    } catch {
      this.#dialling = false;
      this.#retry();
      return;
    }
    this.#dialling = false;
    if (this.#closed || dial === 'stop') return;
    if (dial.protocols === undefined) this.#dropSlow();
    this.#attach(this.#environment.createWebSocket(dial.url, dial.protocols), dial.protocols !== undefined);
  }

  #attach(socket: WebSocket, byTicket: boolean): void {
    this.#socket = socket;
    this.#expect(openTimeoutMs(this.#attempt), () => {
      if (byTicket && this.#attempt >= keepSlowFrom) this.#leaveBehind(socket);
      else this.#lost(socket, false);
    });
    socket.onopen = () => {
      if (this.#slow === socket) {
        this.#slow = null;
        this.#drop();
        this.#socket = socket;
      }
      this.#dropSlow();
      this.#expect(joinedTimeoutMs, () => this.#lost(socket, false));
      socket.send(JSON.stringify(this.#host.joinMessage()));
    };
    socket.onmessage = event => {
      if (this.#socket !== socket) return;
      const message = this.#host.parse(event.data);
      if (message === null) return;
      if (message.type === 'joined') {
        clearTimeout(this.#timer);
        this.#open = true;
        this.#attempt = 0;
      }
      this.#host.onMessage(message);
    };
    socket.onclose = event => {
      if (this.#socket === socket && event.code === replacedCloseCode) {
        this.close();
        this.#host.onReplaced();
      } else {
        this.#lost(socket, !this.#open && event.code !== restartCloseCode);
      }
    };
  }

  #expect(withinMs: number, onTimeout: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(onTimeout, withinMs);
  }

  #lost(socket: WebSocket, rejected: boolean): void {
    if (this.#socket !== socket || this.#closed) return;
    this.#rejected = rejected;
    if (rejected) this.#dropSlow(); // The next dial may take time and change the ticket.
    this.#drop();
    this.#retry();
  }

  /** Tries another socket while this one goes on. */
  #leaveBehind(socket: WebSocket): void {
    this.#dropSlow();
    this.#slow = socket;
    this.#socket = null;
    this.#rejected = false;
    this.#retry();
  }

  #retry(): void {
    if (this.#closed) return;
    const delay = backoffMs(this.#attempt, this.#environment.random());
    this.#attempt += 1;
    this.#host.onLost();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#connect(), delay);
  }

  #drop(code = 1000): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.#open = false;
    discard(socket, code);
  }

  #dropSlow(): void {
    discard(this.#slow, 1000);
    this.#slow = null;
  }
}

function discard(socket: WebSocket | null, code: number): void {
  if (socket === null) return;
  socket.onopen = socket.onmessage = socket.onclose = null;
  socket.close(code);
}
