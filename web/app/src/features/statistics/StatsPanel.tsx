import type { Meeting, Participant, StatsSummary, TrackStats } from '@meetoperator/client';
import { announce, Button, copyText, SidePanel } from '@meetoperator/ui';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { bitrateText, millisecondsText, percentText } from '../quality/texts';
import { Chart } from './Chart';
import { moveText } from './move-text';
import { pathTexts } from './path-text';
import styles from './StatsPanel.module.css';

interface Props {
  readonly meeting: Meeting;
  readonly stats: StatsSummary | null;
  readonly people: readonly Participant[];
  readonly onReport: () => void;
  readonly onCheck: () => void;
  readonly onClose: () => void;
}

/** The measurements of the last two minutes: charts of the line, and the figures of each track. */
export default function StatsPanel({ meeting, stats, people, onReport, onCheck, onClose }: Props) {
  const { t } = useTranslation();
  const history = meeting.statsHistory;
  const paths = pathTexts(t, stats?.paths ?? []);
  const points = (value: (summary: StatsSummary) => number | null) => history.map(summary => ({ at: summary.at, value: value(summary) }));
  const copy = () => void copyText(JSON.stringify(history, null, 1)).then(done => announce(t(done ? 'statistics.copied' : 'statistics.copyBlocked')));
  return (
    <SidePanel title={t('statistics.title')} closeLabel={t('statistics.close')} testId="statistics-panel" onClose={onClose}>
      <div className={styles.content} role="region" aria-label={t('statistics.title')} tabIndex={0}>
        <Chart title={t('quality.receiving')} points={points(one => one.receiveBitrate)} format={value => bitrateText(t, value)} />
        <Chart title={t('quality.sending')} points={points(one => one.sendBitrate)} format={value => bitrateText(t, value)} />
        <Chart title={t('quality.roundTrip')} points={points(one => one.rttMs)} format={value => millisecondsText(t, value)} />
        <Chart title={t('quality.lostReceiving')} points={points(one => one.receiveLossFraction)} format={value => percentText(t, value)} />
        <Chart title={t('quality.lostSending')} points={points(one => one.sendLossFraction)} format={value => percentText(t, value)} />
        {paths.length > 0 && (
          <section data-testid="statistics-paths">
            <h3>{t('statistics.path')}</h3>
            {paths.map(({ text, help }) => (
              <div key={text}>
                <p data-testid="statistics-path">{text}</p>
                {help !== null && <p data-testid="statistics-path-help">{help}</p>}
              </div>
            ))}
          </section>
        )}
        {meeting.snapshot.moves.length > 0 && (
          <section data-testid="statistics-moves">
            <h3>{t('statistics.moves')}</h3>
            <ul>{meeting.snapshot.moves.map(move => <li key={move.at}>{moveText(t, move)}</li>)}</ul>
          </section>
        )}
        {stats === null || stats.tracks.length === 0 ? <p>{t('statistics.empty')}</p> : (
          <ul className={styles.tracks}>
            {stats.tracks.map((track, index) => (
              <li key={`${track.direction} ${track.participantId} ${track.source} ${index}`} data-testid="statistics-track" data-source={track.source} data-direction={track.direction}>
                <h3>{trackTitle(t, track, people)}</h3>
                <dl>{figuresOf(t, track).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
              </li>
            ))}
          </ul>
        )}
      </div>
      <div className={styles.actions}>
        <Button wide onClick={copy} data-testid="copy-statistics">{t('statistics.copy')}</Button>
        <Button wide onClick={onCheck} data-testid="open-network-check">{t('networkCheck.title')}</Button>
        <Button wide onClick={onReport} data-testid="report-from-statistics">{t('report.title')}</Button>
      </div>
    </SidePanel>
  );
}

function trackTitle(t: TFunction, { direction, participantId, source }: TrackStats, people: readonly Participant[]): string {
  if (direction === 'send') return t('statistics.own', { source: t(`statistics.ownSources.${source}`) });
  return t(`statistics.track.${source}`, { name: people.find(person => person.id === participantId)?.displayName ?? '?' });
}

function figuresOf(t: TFunction, track: TrackStats): [string, string][] {
  const picture: [string, string][] = track.frameHeight === 0 ? [] : [
    [t('statistics.size'), t('statistics.sizeOf', { width: track.frameWidth, height: track.frameHeight })],
    [t('statistics.framesPerSecond'), String(Math.round(track.framesPerSecond))],
  ];
  return [
    ...picture,
    [t('statistics.bitrate'), bitrateText(t, track.bitrate)],
    [t('statistics.loss'), percentText(t, track.lossFraction)],
    [t('statistics.jitter'), millisecondsText(t, track.jitterMs)],
    ...(track.codec === null ? [] : [[t('statistics.codec'), track.codec] as [string, string]]),
    ...(track.layers.length === 0 ? [] : [[t('statistics.layers'), track.layers.join(', ')] as [string, string]]),
  ];
}
