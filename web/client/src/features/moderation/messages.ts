import type { MessageChecks } from '../../core/messages.js';

export type ModerationServerMessage =
  | { type: 'meeting-ended'; reason?: string }
  | { type: 'removed'; reason?: string };

export const moderationChecks: MessageChecks<ModerationServerMessage> = {
  'meeting-ended': {},
  'removed': {},
};
