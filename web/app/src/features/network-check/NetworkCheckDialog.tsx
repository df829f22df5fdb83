import type { NetworkCheck } from '@meetoperator/client';
import { announce, Button, copyText, Dialog } from '@meetoperator/ui';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { linkRegion } from '../../navigation/link-region';
import { client } from '../../server/client';
import { bandwidthText, checkText, findingTexts, problemText, rowsOf } from './check-texts';
import styles from './NetworkCheckDialog.module.css';

interface Props {
  readonly meetingId: string;
  /** The ticket of a person in the meeting; absent before. */
  readonly ticket?: string;
  readonly onClose: () => void;
}

type State = { readonly at: 'start' } | { readonly at: 'running' | 'done'; readonly check: NetworkCheck | null } | { readonly at: 'problem'; readonly text: string };

/** Tries every way to the media server and says what a firewall would have to let out. It ends when the dialog closes. */
export default function NetworkCheckDialog({ meetingId, ticket, onClose }: Props) {
  const { t, i18n } = useTranslation();
  const [state, setState] = useState<State>({ at: 'start' });
  const abort = useRef<AbortController | null>(null);
  const findings = useRef<HTMLHeadingElement>(null);
  useEffect(() => () => abort.current?.abort(), []);
  useEffect(() => { if (state.at === 'done') findings.current?.focus(); }, [state.at]);

  const run = () => {
    const current = abort.current = new AbortController();
    const region = linkRegion();
    setState({ at: 'running', check: null });
    client.checkNetwork(meetingId, {
      signal: current.signal,
      ...(ticket === undefined ? {} : { ticket }),
      ...(region === undefined ? {} : { region }),
      onProgress: check => setState({ at: 'running', check }),
    }).then(
      check => setState({ at: 'done', check }),
      (error: unknown) => { if (!current.signal.aborted) setState({ at: 'problem', text: problemText(t, error) }); },
    );
  };
  const copy = (check: NetworkCheck) => {
    const time = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium', timeStyle: 'long' }).format(new Date());
    void copyText(checkText(t, check, location.origin, navigator.userAgent, time)).then(done => announce(t(done ? 'networkCheck.copied' : 'statistics.copyBlocked')));
  };

  const check = state.at === 'running' || state.at === 'done' ? state.check : null;
  const tried = check?.results.filter(result => result.state !== 'trying').length ?? 0;
  const count = check?.results.length ?? 0;
  const bandwidth = check === null ? null : bandwidthText(t, check);
  return (
    <Dialog title={t('networkCheck.title')} closeLabel={t('app.close')} onClose={onClose} testId="network-check">
      <div className={styles.content}>
        {state.at === 'start' && <p>{t(ticket === undefined ? 'networkCheck.lead' : 'networkCheck.leadInMeeting')}</p>}
        {state.at === 'problem' && <p role="alert" className={styles.problem} data-testid="network-check-problem">{state.text}</p>}
        {state.at === 'running' && (
          <div>
            <p role="status" data-testid="network-check-progress">{t(count > 0 && tried === count ? 'networkCheck.measuring' : 'networkCheck.trying', { tried, count })}</p>
            <progress className={styles.progress} aria-label={t('networkCheck.title')} {...(count === 0 ? {} : { value: tried, max: count + 1 })} />
          </div>
        )}
        {state.at === 'done' && check !== null && (
          <section data-testid="network-check-findings">
            <h3 ref={findings} tabIndex={-1}>{t('networkCheck.findings')}</h3>
            <ul>{findingTexts(t, check).map(text => <li key={text}>{text}</li>)}</ul>
          </section>
        )}
        {check !== null && count > 0 && (
          <div className={styles.scroll} role="region" aria-label={t('networkCheck.results')} tabIndex={0}>
            <table className={styles.table}>
              <caption className="visually-hidden">{t('networkCheck.results')}</caption>
              <thead>
                <tr>
                  <th scope="col">{t('networkCheck.columns.way')}</th>
                  <th scope="col">{t('networkCheck.columns.result')}</th>
                  <th scope="col">{t('networkCheck.columns.connectTime')}</th>
                  <th scope="col">{t('networkCheck.columns.roundTrip')}</th>
                  <th scope="col">{t('networkCheck.columns.loss')}</th>
                </tr>
              </thead>
              <tbody>
                {rowsOf(t, check).map(row => (
                  <tr key={row.name} data-testid="network-check-row" data-way={row.name} data-state={row.state}>
                    <th scope="row">{row.way}<span className={styles.address} dir="ltr">{row.address}</span></th>
                    <td>{row.result}</td>
                    <td>{row.connectTime}</td>
                    <td>{row.roundTrip}</td>
                    <td>{row.loss}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        {bandwidth !== null && <p data-testid="network-check-bandwidth">{bandwidth}</p>}
        <div className={styles.actions}>
          {state.at === 'done' && check !== null && <Button onClick={() => copy(check)} data-testid="network-check-copy">{t('networkCheck.copy')}</Button>}
          <Button look={state.at === 'start' ? 'primary' : 'quiet'} busy={state.at === 'running'} onClick={run} data-testid="network-check-start">
            {t(state.at === 'start' || state.at === 'running' ? 'networkCheck.start' : 'networkCheck.again')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
