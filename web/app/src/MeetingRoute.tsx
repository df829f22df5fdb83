import { MeetError, type Meeting, type MeetingInfo } from '@meetoperator/client';
import { Button } from '@meetoperator/ui';
import { startTransition, useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { changeBackground } from './features/background/change-background';
import { LocalMedia } from './features/devices/local-media';
import { useLocalMedia } from './features/devices/useLocalMedia';
import { filterNoise } from './features/noise/noise-filter';
import { isEncryptedLink } from './features/e2ee/encrypted-link';
import { useSaving } from './features/saving/useSaving';
import { askedMeetings, shouldAsk } from './features/survey/ask';
import { SurveyCard } from './features/survey/SurveyCard';
import { linkRegion } from './navigation/link-region';
import { MeetingPage } from './pages/meeting/MeetingPage';
import { sendDevices } from './pages/meeting/useMediaBinding';
import { NoticePage } from './pages/notice/NoticePage';
import { noticeFor, type Notice } from './pages/notice/notices';
import { WaitingPage } from './pages/notice/WaitingPage';
import { PreJoinPage } from './pages/pre-join/PreJoinPage';
import { client } from './server/client';
import { hostTokens } from './storage/host-tokens';
import { rememberedName } from './storage/remembered-name';
import { tabSession } from './storage/tab-session';

type View =
  | { readonly at: 'loading' }
  | { readonly at: 'preJoin'; readonly info: MeetingInfo; readonly joining: boolean; readonly nameRejected?: boolean }
  | { readonly at: 'meeting'; readonly meeting: Meeting; readonly title: string }
  | { readonly at: 'notice'; readonly notice: Notice; readonly serverMessage?: string; readonly survey?: Meeting };

/** The address of one meeting: looks the meeting up, prepares the devices, joins, and shows a notice when the visit is over. */
export function MeetingRoute({ meetingId }: { readonly meetingId: string }) {
  const { t } = useTranslation();
  const [media] = useState(() => new LocalMedia({ noise: filterNoise, background: changeBackground }));
  const saving = useSaving(useLocalMedia(media).choice.dataUse);
  const [view, setView] = useState<View>({ at: 'loading' });
  const [visit, setVisit] = useState(0);
  const joined = useRef<Meeting | null>(null);
  const currentVisit = useRef(new AbortController());

  const enter = useCallback(async (info: MeetingInfo, displayName: string, ticket: string | undefined, signal: AbortSignal) => {
    const hostToken = hostTokens.get(meetingId);
    const region = linkRegion();
    const meeting = await client.join(meetingId, {
      displayName,
      signal,
      requireEncryption: isEncryptedLink(location.href),
      ...(ticket === undefined ? {} : { ticket }),
      ...(region === undefined ? {} : { region }),
      ...(hostToken === undefined ? {} : { hostToken }),
    });
    if (signal.aborted) {
      meeting.leave();
      return;
    }
    joined.current = meeting;
    sendDevices(meeting, media);
    // In pieces, between which the messages of the server are handled: the connections are being opened.
    startTransition(() => setView({ at: 'meeting', meeting, title: info.title }));
  }, [meetingId, media]);

  useEffect(() => void media.setPictureSize(saving.camera), [media, saving.camera]);

  useEffect(() => {
    const abort = new AbortController();
    currentVisit.current = abort;
    media.reset();
    const openMeeting = async () => {
      const info = await client.getMeeting(meetingId, { signal: abort.signal });
      if (abort.signal.aborted) return;
      if (info.status === 'ended') {
        tabSession.set(meetingId, null);
        setView({ at: 'notice', notice: 'ended' });
        return;
      }
      const session = tabSession.get(meetingId);
      void media.start({ microphone: session?.microphone ?? true, camera: session?.camera ?? true });
      if (session === null) setView({ at: 'preJoin', info, joining: false });
      else await enter(info, session.displayName, session.ticket, abort.signal);
    };
    openMeeting().catch((error: unknown) => {
      if (!abort.signal.aborted) setView(noticeOf(error));
    });
    return () => {
      abort.abort();
      media.stop();
      joined.current?.leave();
      joined.current = null;
    };
  }, [meetingId, media, enter, visit]);

  const retry = useCallback(() => {
    setView({ at: 'loading' });
    setVisit(count => count + 1);
  }, []);

  const leaveView = useCallback((notice: Notice) => {
    media.stop();
    const meeting = joined.current;
    const stayedMs = Date.now() - (tabSession.get(meetingId)?.since ?? Date.now());
    const asks = meeting !== null && shouldAsk({ isWanted: meeting.snapshot.survey, end: notice, stayedMs, wasAsked: askedMeetings.has(meetingId) });
    if (asks) askedMeetings.add(meetingId);
    if (notice !== 'replaced') tabSession.set(meetingId, null);
    // The page may report the end twice. The question stays then.
    setView(view => (view.at === 'notice' ? { ...view, notice } : { at: 'notice', notice, ...(asks ? { survey: meeting } : {}) }));
  }, [media, meetingId]);
  const focusNotice = () => document.querySelector<HTMLElement>('[data-testid=notice] h1')?.focus();
  const skipSurvey = () => {
    setView(view => (view.at === 'notice' ? { at: 'notice', notice: view.notice } : view));
    focusNotice();
  };

  const join = async (info: MeetingInfo, name: string) => {
    rememberedName.set(name);
    setView({ at: 'preJoin', info, joining: true });
    const { signal } = currentVisit.current;
    try {
      await enter(info, name, undefined, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof MeetError && error.code === 'invalid-request') setView({ at: 'preJoin', info, joining: false, nameRejected: true });
      else setView(noticeOf(error));
    }
  };

  switch (view.at) {
    case 'loading': return <WaitingPage text={t('preJoin.loading')} />;
    case 'preJoin': return (
      <PreJoinPage info={view.info} media={media} joining={view.joining} nameRejected={view.nameRejected === true} onJoin={name => void join(view.info, name)} />
    );
    case 'meeting': return <MeetingPage meeting={view.meeting} title={view.title} media={media} saving={saving} onOver={leaveView} />;
    case 'notice': return (
      <NoticePage notice={view.notice} serverMessage={view.serverMessage} action={<RetryButton notice={view.notice} onClick={retry} />}>
        {view.survey !== undefined && <SurveyCard meeting={view.survey} onSkip={skipSurvey} onSent={focusNotice} />}
      </NoticePage>
    );
  }
}

const retryTexts: Partial<Record<Notice, 'notice.tryAgain' | 'notice.rejoin' | 'notice.useHere'>> = {
  'left': 'notice.rejoin',
  'replaced': 'notice.useHere',
  'meeting-full': 'notice.tryAgain',
  'not-placed': 'notice.tryAgain',
  'unavailable': 'notice.tryAgain',
  'quota-exceeded': 'notice.tryAgain',
  'network': 'notice.tryAgain',
  'failed': 'notice.tryAgain',
};

function RetryButton({ notice, onClick }: { readonly notice: Notice; readonly onClick: () => void }) {
  const { t } = useTranslation();
  const text = retryTexts[notice];
  return text === undefined ? null : <Button look="primary" onClick={onClick} data-testid="again">{t(text)}</Button>;
}

function noticeOf(error: unknown): View {
  if (!(error instanceof MeetError)) return { at: 'notice', notice: 'failed' };
  const notice = noticeFor(error.code);
  const needsDetail = notice === 'failed' || notice === 'not-placed';
  return { at: 'notice', notice, ...(needsDetail && error.detail !== undefined ? { serverMessage: error.detail } : {}) };
}
