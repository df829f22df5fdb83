import { MeetError, type Meeting, type MeetingInfo } from '@meetoperator/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { LocalMedia } from '../media/local-media';
import { hostTokens, rememberedName, tabSession } from '../memory';
import { MeetingPage } from '../meeting/MeetingPage';
import { client } from '../services';
import { Button } from '../ui/Button';
import { noticeFor, type Notice } from './notice-for';
import { NoticePage } from './NoticePage';
import { PreJoinPage } from './PreJoinPage';
import { WaitingPage } from './WaitingPage';

type View =
  | { readonly at: 'loading' }
  | { readonly at: 'before'; readonly info: MeetingInfo; readonly joining: boolean; readonly problem?: string }
  | { readonly at: 'inside'; readonly meeting: Meeting; readonly title: string }
  | { readonly at: 'notice'; readonly notice: Notice; readonly detail?: string };

/** One visit to one meeting: look it up, prepare, be in it, and what comes after. */
export function MeetingRoute({ meetingId }: { readonly meetingId: string }) {
  const [media] = useState(() => new LocalMedia());
  const [view, setView] = useState<View>({ at: 'loading' });
  const [visit, setVisit] = useState(0);
  const inside = useRef<Meeting | null>(null);
  const present = useRef(new AbortController());

  const enter = useCallback(async (info: MeetingInfo, displayName: string, ticket: string | undefined, signal: AbortSignal) => {
    const hostToken = hostTokens.get(meetingId);
    const meeting = await client.join(meetingId, {
      displayName,
      signal,
      ...(ticket === undefined ? {} : { ticket }),
      ...(hostToken === undefined ? {} : { hostToken }),
    });
    if (signal.aborted) {
      meeting.leave();
      return;
    }
    inside.current = meeting;
    setView({ at: 'inside', meeting, title: info.title });
  }, [meetingId]);

  useEffect(() => {
    const abort = new AbortController();
    present.current = abort;
    media.revive();
    const visitMeeting = async () => {
      const info = await client.getMeeting(meetingId, { signal: abort.signal });
      if (abort.signal.aborted) return;
      if (info.status === 'ended') {
        tabSession.set(meetingId, null);
        setView({ at: 'notice', notice: 'ended' });
        return;
      }
      const before = tabSession.get(meetingId);
      void media.start({ microphone: before?.microphone ?? true, camera: before?.camera ?? true });
      if (before === null) setView({ at: 'before', info, joining: false });
      else await enter(info, before.displayName, before.ticket, abort.signal);
    };
    visitMeeting().catch((error: unknown) => {
      if (!abort.signal.aborted) setView(noticeOf(error));
    });
    return () => {
      abort.abort();
      media.stop();
      inside.current?.leave();
      inside.current = null;
    };
  }, [meetingId, media, enter, visit]);

  const again = useCallback(() => {
    setView({ at: 'loading' });
    setVisit(count => count + 1);
  }, []);

  const over = useCallback((notice: Notice, detail?: string) => {
    media.stop();
    if (notice !== 'replaced') tabSession.set(meetingId, null);
    setView({ at: 'notice', notice, ...(detail === undefined ? {} : { detail }) });
  }, [media, meetingId]);

  const join = async (info: MeetingInfo, name: string) => {
    rememberedName.set(name);
    setView({ at: 'before', info, joining: true });
    const { signal } = present.current;
    try {
      await enter(info, name, undefined, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof MeetError && error.code === 'invalid-request') setView({ at: 'before', info, joining: false, problem: error.message });
      else setView(noticeOf(error));
    }
  };

  switch (view.at) {
    case 'loading': return <WaitingPage text="Finding the meeting" />;
    case 'before': return (
      <PreJoinPage info={view.info} media={media} joining={view.joining} problem={view.problem} onJoin={name => void join(view.info, name)} />
    );
    case 'inside': return <MeetingPage meeting={view.meeting} title={view.title} media={media} onOver={over} />;
    case 'notice': return <NoticePage notice={view.notice} detail={view.detail} action={againButton(view.notice, again)} />;
  }
}

function againButton(notice: Notice, again: () => void) {
  const words: Partial<Record<Notice, string>> = {
    'left': 'Come back', 'replaced': 'Use it here', 'meeting-full': 'Try again', 'not-placed': 'Try again', 'unavailable': 'Try again', 'quota-exceeded': 'Try again', 'network': 'Try again', 'failed': 'Try again',
  };
  const text = words[notice];
  return text === undefined ? undefined : <Button look="primary" onClick={again} data-testid="again">{text}</Button>;
}

function noticeOf(error: unknown): View {
  if (!(error instanceof MeetError)) return { at: 'notice', notice: 'failed' };
  const notice = noticeFor(error.code);
  const tellWhy = notice === 'failed' || notice === 'not-placed';
  return { at: 'notice', notice, ...(tellWhy && error.detail !== undefined ? { detail: error.detail } : {}) };
}
