import type { Meeting, Participant } from '@meetoperator/client';
import { useCallback, useEffect, useState } from 'react';
import { helpFor } from '../media/device-status';
import type { DeviceKind, LocalMedia } from '../media/local-media';
import { useLocalMedia } from '../media/useLocalMedia';
import type { Notice } from '../pages/notice-for';
import { meetingLink } from '../router';
import { IconButton } from '../ui/Button';
import { useCopyLink } from '../ui/useCopyLink';
import { useTitle } from '../useTitle';
import { AudioOutlet } from './AudioOutlet';
import { ChatPanel } from './ChatPanel';
import { ConfirmDialog } from './ConfirmDialog';
import { ConnectionBanner } from './ConnectionBanner';
import { Control, ControlBar } from './Controls';
import styles from './MeetingPage.module.css';
import { PeoplePanel } from './PeoplePanel';
import { QualityIndicator } from './QualityIndicator';
import { ShortcutsDialog } from './ShortcutsDialog';
import { Stage } from './Stage';
import { Toasts } from './Toasts';
import { useMediaBinding } from './useMediaBinding';
import { useMeeting } from './useMeeting';
import { useMeetingEvents } from './useMeetingEvents';
import { useScreenShare } from './useScreenShare';
import { useShortcuts } from './useShortcuts';
import { useSpeaking } from './useSpeaking';
import { useStats } from './useStats';
import { useToasts } from './useToasts';

interface Props {
  readonly meeting: Meeting;
  readonly title: string;
  readonly media: LocalMedia;
  readonly onOver: (notice: Notice) => void;
}

type Panel = 'chat' | 'people' | null;
type Asking = { readonly what: 'end' } | { readonly what: 'remove'; readonly participant: Participant } | { readonly what: 'shortcuts' } | null;

export function MeetingPage({ meeting, title, media, onOver }: Props) {
  const snapshot = useMeeting(meeting);
  const { microphone, camera, choice } = useLocalMedia(media);
  const [panel, setPanel] = useState<Panel>(null);
  const [asking, setAsking] = useState<Asking>(null);
  const [draft, setDraft] = useState('');
  const [seen, setSeen] = useState(0);
  const [toasts, show] = useToasts();
  const share = useScreenShare(meeting);
  const speaking = useSpeaking(meeting, microphone.track, microphone.wanted);
  const stats = useStats(meeting);
  const link = meetingLink(snapshot.meetingId);
  const [copied, copy] = useCopyLink(link);
  useTitle(`${title} · Meet`);
  useMediaBinding(meeting, media);
  useMeetingEvents(meeting, panel === 'chat', show, onOver);

  const { messages } = snapshot;
  const unread = panel === 'chat' ? 0 : messages.slice(seen).filter(message => !message.own).length;
  const openPanel = useCallback((next: Panel) => {
    setPanel(next);
    setSeen(meeting.snapshot.messages.length);
  }, [meeting]);
  const togglePanel = (which: 'chat' | 'people') => openPanel(panel === which ? null : which);

  const toggle = async (kind: DeviceKind) => {
    await media.set(kind, !media.snapshot()[kind].wanted);
    const help = helpFor(kind, media.snapshot()[kind].status);
    if (help !== null) show(`${help.title}. ${help.text}`);
  };
  const toggleShare = async () => {
    if (share.sharing) share.stop();
    else if (await share.start() === 'failed') show('The screen could not be shared');
  };
  const asHost = (action: Promise<void>, done: string) => void action.then(() => show(done), () => show('The server did not allow that'));

  useShortcuts({
    microphone: () => void toggle('microphone'),
    camera: () => void toggle('camera'),
    chat: () => togglePanel('chat'),
    people: () => togglePanel('people'),
    help: () => setAsking({ what: 'shortcuts' }),
  });

  // Closing the window during a meeting is leaving it; nothing else has to be confirmed.
  useEffect(() => {
    document.getElementById('controls')?.focus();
  }, []);

  const micOn = microphone.wanted && microphone.track !== null;
  const cameraOn = camera.wanted && camera.track !== null;
  const count = snapshot.participants.length + 1;
  return (
    <div className={styles.page} data-testid="meeting" data-phase={snapshot.connection.phase} data-self={snapshot.self.id} data-panel={panel ?? undefined}>
      <a className="skip-link" href="#controls">Skip to the controls</a>
      <header className={styles.header}>
        <h1 className={styles.title}><bdi>{title}</bdi></h1>
        <span className={styles.count} data-testid="count">{count === 1 ? '1 person' : `${count} people`}</span>
        <span className={styles.tools}>
          <QualityIndicator stats={stats} />
          <IconButton icon="keyboard" label="Keyboard shortcuts" onClick={() => setAsking({ what: 'shortcuts' })} data-testid="open-shortcuts" />
        </span>
      </header>
      <main className={styles.main}>
        <Stage snapshot={snapshot} speaking={speaking} stats={stats} link={link} />
        <ConnectionBanner status={snapshot.connection} />
        <Toasts toasts={toasts} />
      </main>
      {panel === 'chat' && (
        <ChatPanel messages={messages} outgoing={snapshot.outgoing} draft={draft} connected={snapshot.connection.phase === 'connected'} onDraft={setDraft}
          onSend={text => meeting.sendChat(text)} onResend={reference => meeting.resendChat(reference)} onDiscard={reference => meeting.discardChat(reference)} onClose={() => openPanel(null)} />
      )}
      {panel === 'people' && (
        <PeoplePanel self={snapshot.self} others={snapshot.participants} speaking={speaking} host={meeting.isHost} link={link}
          onMute={person => asHost(meeting.muteParticipant(person.id, 'audio'), `${person.displayName} was muted`)}
          onRemove={participant => setAsking({ what: 'remove', participant })} onClose={() => openPanel(null)} />
      )}
      <footer className={styles.footer}>
        <ControlBar end={(
          <>
            {meeting.isHost && <Control icon="end" text="End for all" testId="control-end" onClick={() => setAsking({ what: 'end' })} />}
            <Control icon="leave" text="Leave" testId="control-leave" look="leave" onClick={() => meeting.leave()} />
          </>
        )}>
          <Control icon={micOn ? 'mic' : 'mic-off'} text="Microphone" testId="control-microphone" pressed={micOn} look={micOn ? undefined : 'off'} hint="Ctrl+D"
            onClick={() => void toggle('microphone')} />
          <Control icon={cameraOn ? 'camera' : 'camera-off'} text="Camera" testId="control-camera" pressed={cameraOn} look={cameraOn ? undefined : 'off'} hint="Ctrl+E"
            onClick={() => void toggle('camera')} />
          {share.supported && (
            <Control icon={share.sharing ? 'screen-stop' : 'screen'} text="Share screen" testId="control-share" pressed={share.sharing}
              look={share.sharing ? 'active' : undefined} onClick={() => void toggleShare()} />
          )}
          <Control icon="chat" text="Chat" testId="control-chat" pressed={panel === 'chat'} look={panel === 'chat' ? 'active' : undefined} expands badge={unread} hint="C"
            onClick={() => togglePanel('chat')} />
          <Control icon="people" text="People" testId="control-people" pressed={panel === 'people'} look={panel === 'people' ? 'active' : undefined} expands hint="P"
            onClick={() => togglePanel('people')} />
          <Control icon={copied === 'copied' ? 'check' : 'link'} text={copied === 'copied' ? 'Copied' : 'Copy link'} testId="control-copy" onClick={() => {
            copy();
            if (!window.isSecureContext) show(`Copy this link: ${link}`);
          }} />
        </ControlBar>
      </footer>
      <AudioOutlet participants={snapshot.participants} speakerId={choice.speaker} />
      {asking?.what === 'shortcuts' && <ShortcutsDialog onClose={() => setAsking(null)} />}
      {asking?.what === 'end' && (
        <ConfirmDialog title="End the meeting for everyone?" text="Nobody can come back to it." confirm="End for everyone" onClose={() => setAsking(null)}
          onConfirm={() => asHost(meeting.endForAll(), 'The meeting has ended')} />
      )}
      {asking?.what === 'remove' && (
        <ConfirmDialog title="Remove this person?" text={asking.participant.displayName} confirm="Remove" onClose={() => setAsking(null)}
          onConfirm={() => asHost(meeting.removeParticipant(asking.participant.id), `${asking.participant.displayName} was removed`)} />
      )}
    </div>
  );
}
