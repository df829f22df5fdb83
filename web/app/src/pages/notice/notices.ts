import type { IconName } from '@meetoperator/ui';
import type en from '../../texts/en';

interface Look {
  readonly icon: IconName;
  readonly tone: 'calm' | 'warn';
}

/** How each notice looks; its title and text are `notice.<name>` in the texts. */
export const notices = {
  'left': { icon: 'leave', tone: 'calm' },
  'ended': { icon: 'check', tone: 'calm' },
  'removed': { icon: 'remove', tone: 'warn' },
  'meeting-full': { icon: 'people', tone: 'warn' },
  'unknown-meeting': { icon: 'link', tone: 'warn' },
  'unknown-page': { icon: 'link', tone: 'warn' },
  'replaced': { icon: 'screen', tone: 'calm' },
  'not-placed': { icon: 'warning', tone: 'warn' },
  'unavailable': { icon: 'warning', tone: 'warn' },
  'quota-exceeded': { icon: 'people', tone: 'warn' },
  'network': { icon: 'warning', tone: 'warn' },
  'encryption-required': { icon: 'shield', tone: 'warn' },
  'unsupported': { icon: 'warning', tone: 'warn' },
  'failed': { icon: 'warning', tone: 'warn' },
} satisfies Partial<Record<keyof typeof en.notice, Look>>;

export type Notice = keyof typeof notices;

/** The notice for an error code of the SDK or the server. */
export function noticeFor(code: string | undefined): Notice {
  switch (code) {
    case 'meeting-ended': return 'ended';
    case 'media-node-unreachable': return 'not-placed';
    case undefined: return 'failed';
    default: return Object.hasOwn(notices, code) ? code as Notice : 'failed';
  }
}
