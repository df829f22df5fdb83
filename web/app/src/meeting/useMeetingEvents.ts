import type { Meeting } from '@meetoperator/client';
import { useEffect } from 'react';
import { noticeFor, type Notice } from '../pages/notice-for';

/** Tells the person what happens, and the visit when the meeting is over for them. */
export function useMeetingEvents(meeting: Meeting, chatOpen: boolean, show: (text: string) => void, onOver: (notice: Notice) => void): void {
  useEffect(() => {
    const stop = [
      meeting.on('participant-joined', participant => show(`${participant.displayName} joined`)),
      meeting.on('participant-left', ({ participant, reason }) => show(
        reason === 'timeout' ? `${participant.displayName} lost the connection` : `${participant.displayName} left`,
      )),
      meeting.on('silenced', ({ kind }) => show(kind === 'audio' ? 'Your microphone was switched off' : 'Your camera was switched off')),
      meeting.on('problem', ({ code, message }) => {
        if (code === 'rate-limited') show('Slow down a little: the server did not take the last message');
        else if (code === 'invalid-sdp') show(message);
      }),
    ];
    return () => { for (const off of stop) off(); };
  }, [meeting, show]);

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
