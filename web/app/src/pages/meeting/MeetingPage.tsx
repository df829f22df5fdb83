import type { MediaType, Meeting, Participant, ShownTrack } from '@meetoperator/client';
import { ConfirmDialog, Dialog, IconButton, Toasts, useToasts } from '@meetoperator/ui';
import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AudioOutlet } from '../../features/audio/AudioOutlet';
import { useSpeaking } from '../../features/audio/useSpeaking';
import { ChatPanel } from '../../features/chat/ChatPanel';
import { ConnectionBanner } from '../../features/connection/ConnectionBanner';
import { TunnelBanner } from '../../features/connection/TunnelBanner';
import { UnreachableBanner } from '../../features/connection/UnreachableBanner';
import { helpFor } from '../../features/devices/device-status';
import { DevicePickers } from '../../features/devices/DevicePickers';
import type { DeviceKind, LocalMedia } from '../../features/devices/local-media';
import { useDeviceHelp } from '../../features/devices/useDeviceHelp';
import { useLocalMedia } from '../../features/devices/useLocalMedia';
import { useWakeLock } from '../../features/devices/wake-lock';
import { ReportDialog } from '../../features/diagnostics/ReportDialog';
import { encryptedMark } from '../../features/e2ee/encrypted-link';
import { VerificationDialog } from '../../features/e2ee/VerificationDialog';
import { useCopyLink } from '../../features/invitation/useCopyLink';
import { LazyNetworkCheck } from '../../features/network-check/LazyNetworkCheck';
import { PeoplePanel } from '../../features/people/PeoplePanel';
import { useAudioOnly } from '../../features/quality/audio-only';
import { useFirstPicture } from '../../features/quality/useFirstPicture';
import { QualityIndicator } from '../../features/quality/QualityIndicator';
import { useQualityHints } from '../../features/quality/useQualityHints';
import { useStats } from '../../features/quality/useStats';
import { savedView, type Saving } from '../../features/saving/saving';
import { useScreenShare } from '../../features/screen-share/useScreenShare';
import { shortcutKeys } from '../../features/shortcuts/shortcuts';
import { ShortcutsDialog } from '../../features/shortcuts/ShortcutsDialog';
import { useShortcuts } from '../../features/shortcuts/useShortcuts';
import { Stage } from '../../features/stage/Stage';
import { meetingLink } from '../../navigation/router';
import { useTitle } from '../../navigation/useTitle';
import type { Notice } from '../notice/notices';
import { Control, ControlBar } from './Controls';
import styles from './MeetingPage.module.css';
import { useMediaBinding } from './useMediaBinding';
import { useMeeting } from './useMeeting';
import { useMeetingEvents } from './useMeetingEvents';

const StatsPanel = lazy(() => import('../../features/statistics/StatsPanel'));

interface Props {
  readonly meeting: Meeting;
  readonly title: string;
  readonly media: LocalMedia;
  readonly saving: Saving;
  readonly onOver: (notice: Notice) => void;
}

type Panel = 'chat' | 'people' | 'statistics' | null;
type OpenDialog = { readonly kind: 'end' } | { readonly kind: 'remove'; readonly participant: Participant } | { readonly kind: 'shortcuts' } | { readonly kind: 'verification' } | { readonly kind: 'devices' } | { readonly kind: 'report' } | { readonly kind: 'network-check' } | null;

export function MeetingPage({ meeting, title, media, saving, onOver }: Props) {
  const { t } = useTranslation();
  const snapshot = useMeeting(meeting);
  const { microphone, camera, choice } = useLocalMedia(media);
  const [panel, setPanel] = useState<Panel>(null);
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const [draft, setDraft] = useState('');
  const [readCount, setReadCount] = useState(0);
  const [toasts, show] = useToasts();
  const share = useScreenShare(meeting);
  const speaking = useSpeaking(meeting, microphone.track, microphone.wanted);
  const stats = useStats(meeting);
  const [audioOnly, setAudioOnly] = useAudioOnly();
  useQualityHints(stats, audioOnly, show);
  const link = meetingLink(snapshot.meetingId) + (snapshot.encryption === null ? '' : encryptedMark);
  const [copied, copy] = useCopyLink(link);
  useTitle(title);
  useWakeLock();
  useFirstPicture(meeting);
  useMediaBinding(meeting, media, useCallback((kind: MediaType) => show(t(kind === 'audio' ? 'meeting.microphoneMuted' : 'meeting.cameraTurnedOff')), [show, t]));
  useEffect(() => meeting.limitCamera(saving.cameraBitsPerSecond), [meeting, saving.cameraBitsPerSecond]);
  useDeviceHelp('microphone', microphone.status, show);
  useDeviceHelp('camera', camera.status, show);
  useMeetingEvents(meeting, panel === 'chat', show, onOver);

  const { messages } = snapshot;
  const unread = panel === 'chat' ? 0 : messages.slice(readCount).filter(message => !message.own).length;
  const showTracks = useCallback((tracks: readonly ShownTrack[], pinned: readonly string[]) => meeting.show(audioOnly ? [] : savedView(tracks, saving), pinned), [meeting, audioOnly, saving]);
  const openPanel = useCallback((next: Panel) => {
    setPanel(next);
    setReadCount(meeting.snapshot.messages.length);
  }, [meeting]);
  const toggleAudioOnly = () => {
    setAudioOnly(!audioOnly);
    show(t(audioOnly ? 'quality.audioOnly.off' : 'quality.audioOnly.on'));
  };
  const report = () => setDialog({ kind: 'report' });
  const togglePanel = (which: Exclude<Panel, null>) => openPanel(panel === which ? null : which);

  const toggle = (kind: DeviceKind) => void media.set(kind, !media.snapshot()[kind].wanted);
  const toggleShare = async () => {
    if (share.sharing) share.stop();
    else if (await share.start() === 'failed') show(t('meeting.screenShareFailed'));
  };
  const asHost = (action: Promise<void>, done: string) => void action.then(() => show(done), () => show(t('meeting.hostActionFailed')));

  useShortcuts({
    microphone: () => toggle('microphone'),
    camera: () => toggle('camera'),
    chat: () => togglePanel('chat'),
    people: () => togglePanel('people'),
    help: () => setDialog({ kind: 'shortcuts' }),
  });

  useEffect(() => {
    document.getElementById('controls')?.focus();
  }, []);

  const micOn = microphone.wanted && microphone.track !== null;
  const cameraOn = camera.wanted && camera.track !== null;
  const cameraHelp = helpFor(t, 'camera', camera.status);
  const count = snapshot.participants.length + 1;
  const dismissal = { cancel: t('app.cancel'), closeLabel: t('app.close'), onClose: () => setDialog(null) };
  return (
    <div className={styles.page} data-testid="meeting" data-phase={snapshot.connection.phase} data-self={snapshot.self.id} data-panel={panel ?? undefined}>
      <a className="skip-link" href="#controls">{t('meeting.skipToControls')}</a>
      <header className={styles.header}>
        <h1 className={styles.title}><bdi>{title}</bdi></h1>
        <span className={styles.count} data-testid="count">{t('meeting.people', { count })}</span>
        <span className={styles.tools}>
          {snapshot.encryption !== null && <IconButton icon="shield" label={t('e2ee.title')} onClick={() => setDialog({ kind: 'verification' })} data-testid="open-verification" />}
          <IconButton icon="headphones" label={t('quality.audioOnly.name')} aria-pressed={audioOnly} onClick={toggleAudioOnly} data-testid="audio-only" />
          <QualityIndicator stats={stats} audioOnly={audioOnly} onAudioOnly={toggleAudioOnly} onStatistics={() => openPanel('statistics')} onReport={report} />
          <IconButton icon="settings" label={t('devices.title')} onClick={() => setDialog({ kind: 'devices' })} data-testid="open-devices" />
          <IconButton icon="keyboard" label={t('shortcuts.title')} onClick={() => setDialog({ kind: 'shortcuts' })} data-testid="open-shortcuts" />
        </span>
      </header>
      <main className={styles.main}>
        <Stage snapshot={snapshot} audioOnly={audioOnly} speaking={speaking} stats={stats} link={link} maxTiles={saving.tiles} onShown={showTracks} />
        <ConnectionBanner status={snapshot.connection} />
        <TunnelBanner state={snapshot.tunnel} />
        <UnreachableBanner participants={snapshot.participants} unreachable={snapshot.unreachable} cause="unreachable" />
        <UnreachableBanner participants={snapshot.participants} unreachable={snapshot.unconnected} cause="unconnected" />
        <Toasts toasts={toasts} />
      </main>
      {panel === 'chat' && (
        <ChatPanel messages={messages} outgoing={snapshot.outgoing} draft={draft} connected={snapshot.connection.phase === 'connected'} onDraft={setDraft}
          onSend={text => meeting.sendChat(text)} onResend={reference => meeting.resendChat(reference)} onDiscard={reference => meeting.discardChat(reference)} onClose={() => openPanel(null)} />
      )}
      {panel === 'people' && (
        <PeoplePanel self={snapshot.self} others={snapshot.participants} speaking={speaking} host={meeting.isHost} link={link}
          onMute={person => asHost(meeting.muteParticipant(person.id, 'audio'), t('meeting.participantMuted', { name: person.displayName }))}
          onRemove={participant => setDialog({ kind: 'remove', participant })} onClose={() => openPanel(null)} />
      )}
      {panel === 'statistics' && (
        <Suspense fallback={null}><StatsPanel meeting={meeting} stats={stats} people={[snapshot.self, ...snapshot.participants]} onReport={report} onCheck={() => setDialog({ kind: 'network-check' })} onClose={() => openPanel(null)} /></Suspense>
      )}
      <footer className={styles.footer}>
        <ControlBar end={(
          <>
            {meeting.isHost && <Control icon="end" text={t('meeting.endForAll')} testId="control-end" onClick={() => setDialog({ kind: 'end' })} />}
            <Control icon="leave" text={t('meeting.leave')} testId="control-leave" look="leave" onClick={() => meeting.leave()} />
          </>
        )}>
          <Control icon={micOn ? 'mic' : 'mic-off'} text={t('devices.microphone')} testId="control-microphone" pressed={micOn} look={micOn ? undefined : 'off'} hint={shortcutKeys(t, 'microphone')}
            onClick={() => toggle('microphone')} />
          <Control icon={cameraOn ? 'camera' : 'camera-off'} text={t('devices.camera')} testId="control-camera" pressed={cameraOn} look={cameraOn ? undefined : 'off'} hint={shortcutKeys(t, 'camera')}
            onClick={() => toggle('camera')} />
          {share.supported && (
            <Control icon={share.sharing ? 'screen-stop' : 'screen'} text={t('meeting.shareScreen')} testId="control-share" pressed={share.sharing}
              look={share.sharing ? 'active' : undefined} onClick={() => void toggleShare()} />
          )}
          <Control icon="chat" text={t('chat.title')} testId="control-chat" pressed={panel === 'chat'} look={panel === 'chat' ? 'active' : undefined} expands badge={unread} hint={shortcutKeys(t, 'chat')}
            onClick={() => togglePanel('chat')} />
          <Control icon="people" text={t('people.title')} testId="control-people" pressed={panel === 'people'} look={panel === 'people' ? 'active' : undefined} expands hint={shortcutKeys(t, 'people')}
            onClick={() => togglePanel('people')} />
          <Control icon={copied === 'copied' ? 'check' : 'link'} text={t(copied === 'copied' ? 'meeting.copied' : 'meeting.copyLink')} testId="control-copy" onClick={() => {
            copy();
            if (!window.isSecureContext) show(t('meeting.copyManually', { link }));
          }} />
        </ControlBar>
      </footer>
      <AudioOutlet participants={snapshot.participants} speakerId={choice.speaker} />
      {dialog?.kind === 'shortcuts' && <ShortcutsDialog onClose={() => setDialog(null)} />}
      {dialog?.kind === 'devices' && (
        <Dialog title={t('devices.title')} closeLabel={t('app.close')} onClose={() => setDialog(null)} testId="devices">
          <DevicePickers media={media} />
          {cameraHelp !== null && <p role="status" data-testid="device-help"><strong>{cameraHelp.title}.</strong> {cameraHelp.text}</p>}
        </Dialog>
      )}
      {dialog?.kind === 'report' && <ReportDialog meeting={meeting} onClose={() => setDialog(null)} />}
      {dialog?.kind === 'network-check' && <LazyNetworkCheck meetingId={snapshot.meetingId} ticket={meeting.ticket} onClose={() => setDialog(null)} />}
      {dialog?.kind === 'verification' && <VerificationDialog phrase={snapshot.encryption?.phrase ?? null} onClose={() => setDialog(null)} />}
      {dialog?.kind === 'end' && (
        <ConfirmDialog {...dismissal} title={t('meeting.confirmEnd.title')} text={t('meeting.confirmEnd.text')} confirm={t('meeting.confirmEnd.confirm')}
          onConfirm={() => asHost(meeting.endForAll(), t('meeting.ended'))} />
      )}
      {dialog?.kind === 'remove' && (
        <ConfirmDialog {...dismissal} title={t('meeting.confirmRemove.title')} text={dialog.participant.displayName} confirm={t('meeting.confirmRemove.confirm')}
          onConfirm={() => asHost(meeting.removeParticipant(dialog.participant.id), t('meeting.participantRemoved', { name: dialog.participant.displayName }))} />
      )}
    </div>
  );
}
