import { MeetError } from '../core/errors.js';
import type { HttpApi } from '../core/http.js';
import { joinOnce, type JoinIdentity } from './join.js';
import { getMeeting, type JoinResponse } from './meetings-api.js';
import type { Dial } from './signaling-channel.js';
import type { NewStatus } from './status.js';

/** A server that has just started may not know its meetings yet, so the first `unknown-meeting` errors do not count. */
const unknownMeetingLimit = 3;

/** Decides how to open the next WebSocket: with the code of the join response once, then with the ticket, and with a new join when the server rejects the ticket. */
export class Dialer {
  readonly #http: HttpApi;
  readonly #identity: JoinIdentity;
  /** Called when the server says that this participant cannot come back. */
  readonly #onRejected: (status: NewStatus) => void;
  #response: JoinResponse;
  #codeUsed = false;
  /** The next socket needs a new join, because the server rejects the ticket. */
  #needsJoin = false;
  #byTicket = false;
  #ticketTried = false;
  #unknownMeetingErrors = 0;

  constructor(http: HttpApi, identity: JoinIdentity, response: JoinResponse, onRejected: (status: NewStatus) => void) {
    this.#http = http;
    this.#identity = identity;
    this.#response = response;
    this.#onRejected = onRejected;
  }

  /** The response to the latest join. */
  get response(): JoinResponse {
    return this.#response;
  }

  /** Whether the latest socket was opened with a ticket rather than with a join. */
  get isByTicket(): boolean {
    return this.#byTicket;
  }

  /** Connects with the ticket first, which keeps the participant. Joins again only when the server responds but rejects the ticket (`rejected`). */
  async dial(attempt: number, rejected: boolean): Promise<Dial | 'stop'> {
    if (!this.#codeUsed) {
      this.#codeUsed = true;
      return { url: this.#response.webSocketUrl };
    }
    // Browsers do not expose why a WebSocket was rejected, so the reason comes from REST.
    try {
      if (attempt > 1 && rejected && !this.#needsJoin) {
        const { status } = await getMeeting(this.#http, this.#identity.meetingId);
        if (status === 'ended') throw new MeetError('meeting-ended', 'The meeting has ended.');
        this.#needsJoin = this.#ticketTried;
        this.#ticketTried = true;
      }
      if (this.#needsJoin) this.#response = await joinOnce(this.#http, this.#identity, this.#response.ticket);
    } catch (error) {
      if (!(error instanceof MeetError) || error.isTransient) throw error;
      if (error.code === 'unknown-meeting' && ++this.#unknownMeetingErrors < unknownMeetingLimit) throw error;
      this.#onRejected(statusOf(error));
      return 'stop';
    }
    this.#byTicket = !this.#needsJoin;
    return this.#needsJoin ? { url: this.#response.webSocketUrl } : dialByTicket(this.#response, this.#identity.meetingId);
  }

  /** The server accepted the latest socket. */
  handleJoined(): void {
    this.#needsJoin = this.#ticketTried = false;
    this.#unknownMeetingErrors = 0;
  }
}

function statusOf({ code }: MeetError): NewStatus {
  switch (code) {
    case 'meeting-ended': return { phase: 'ended' };
    case 'forbidden': return { phase: 'removed' };
    default: return { phase: 'failed', code };
  }
}

/** The ticket is sent as a subprotocol, so that it appears in no URL and no access log. */
function dialByTicket({ webSocketUrl, ticket }: JoinResponse, meetingId: string): Dial {
  const url = new URL(webSocketUrl);
  url.pathname = `/meetings/${encodeURIComponent(meetingId)}`;
  url.search = '';
  return { url: url.toString(), protocols: ['meet.v1', `ticket.${ticket}`] };
}
