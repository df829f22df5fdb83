import type { Feature } from '../../core/feature.js';
import type { MessageHandlers } from '../../core/messages.js';
import type { ModerationServerMessage } from './messages.js';

export interface ModerationHost {
  /** The participant is no longer in the meeting, for good. */
  onOver(phase: 'ended' | 'removed', reason: string | undefined): void;
}

/** The end of the meeting, and the removal of this participant by a host. */
export class Moderation implements Feature<unknown, ModerationServerMessage> {
  readonly handlers: MessageHandlers<ModerationServerMessage> = {
    'meeting-ended': ({ reason }) => this.#host.onOver('ended', reason),
    'removed': ({ reason }) => this.#host.onOver('removed', reason),
  };
  readonly #host: ModerationHost;

  constructor(host: ModerationHost) {
    this.#host = host;
  }
}
