import type { Meeting } from '@meetoperator/client';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { noticeFor, type Notice } from '../notice/notices';

/** Shows the events of the meeting as toasts, and calls `onOver` when the meeting has ended for this participant. */
export function useMeetingEvents(meeting: Meeting, chatOpen: boolean, show: (text: string) => void, onOver: (notice: Notice) => void): void {
  const { t } = useTranslation();
  useEffect(() => {
    const stops = [
      meeting.on('participant-joined', ({ displayName: name }) => show(t('meeting.joined', { name }))),
      meeting.on('participant-left', ({ participant: { displayName: name }, reason }) => show(reason === 'timeout' ? t('meeting.lostConnection', { name }) : t('meeting.left', { name }))),
      meeting.on('problem', ({ code }) => {
        if (code === 'rate-limited') show(t('meeting.rateLimited'));
        else if (code === 'invalid-sdp') show(t('meeting.mediaRejected'));
      }),
    ];
    return () => { for (const stop of stops) stop(); };
  }, [meeting, show, t]);

  useEffect(() => meeting.on('chat', message => {
    const fresh = Date.now() - message.at < 10_000;
    if (!message.own && !chatOpen && fresh) show(`${message.displayName}: ${message.text.slice(0, 120)}`);
  }), [meeting, chatOpen, show]);

  useEffect(() => {
    const check = () => {
      const { phase, code } = meeting.snapshot.connection;
      if (phase === 'ended' || phase === 'removed' || phase === 'left') onOver(phase);
      else if (phase === 'failed') onOver(noticeFor(code));
    };
    check();
    return meeting.on('connection', check);
  }, [meeting, onOver]);
}
