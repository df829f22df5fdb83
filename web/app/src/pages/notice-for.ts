import type { IconName } from '../ui/Icon';

export interface Words {
  readonly icon: IconName;
  readonly title: string;
  readonly text: string;
  readonly tone?: 'calm' | 'warn';
}

export const notices = {
  'left': { icon: 'leave', title: 'You left the meeting', text: 'The others are still there. The link brings you back.' },
  'ended': { icon: 'check', title: 'The meeting has ended', text: 'It is over for everyone. Thank you for coming.' },
  'removed': { icon: 'remove', title: 'You were removed', text: 'The host took you out of this meeting.', tone: 'warn' },
  'meeting-full': { icon: 'people', title: 'This meeting is full', text: 'As many people as it allows are in it. You can try again when somebody has left.', tone: 'warn' },
  'unknown-meeting': { icon: 'link', title: 'No such meeting', text: 'The link may be incomplete, or the meeting is long over. Ask for the link again.', tone: 'warn' },
  'unknown-page': { icon: 'link', title: 'There is nothing here', text: 'This address leads to no page. A meeting link looks like /m/ and a long id.', tone: 'warn' },
  'replaced': { icon: 'screen', title: 'You are in this meeting elsewhere', text: 'Another tab or window took over. You can take the meeting back to this one.' },
  'not-placed': { icon: 'warning', title: 'No room at the moment', text: 'Every media server is busy. Try again in a minute.', tone: 'warn' },
  'unavailable': { icon: 'warning', title: 'Not possible at the moment', text: 'A part of the service does not answer. Try again in a minute.', tone: 'warn' },
  'quota-exceeded': { icon: 'people', title: 'Too many people at once', text: 'More people come in than the server takes at a time. Try again in a minute.', tone: 'warn' },
  'network': { icon: 'warning', title: 'The server cannot be reached', text: 'Check your connection. We try again when you say so.', tone: 'warn' },
  'unsupported': { icon: 'warning', title: 'This browser cannot join', text: 'Use a current version of Chrome, Edge, Firefox or Safari.', tone: 'warn' },
  'failed': { icon: 'warning', title: 'That did not work', text: 'The server refused, and trying again by ourselves would not help.', tone: 'warn' },
} satisfies Record<string, Words>;

export type Notice = keyof typeof notices;

export function noticeFor(code: string | undefined): Notice {
  switch (code) {
    case 'meeting-ended': return 'ended';
    case 'media-node-unreachable': return 'not-placed';
    case undefined: return 'failed';
    default: return Object.hasOwn(notices, code) ? code as Notice : 'failed';
  }
}
