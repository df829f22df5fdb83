import { MeetError, withText, type Meeting } from '@meetoperator/client';
import { Button, Dialog, TextAreaField } from '@meetoperator/ui';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './ReportDialog.module.css';

interface Props {
  readonly meeting: Meeting;
  readonly onClose: () => void;
}

type Problem = 'failed' | 'tooMany' | 'full';

type State = { readonly at: 'writing'; readonly problem?: Problem } | { readonly at: 'sending' } | { readonly at: 'sent'; readonly reportId: string };

/** Without a time after which to try again, this participant or the meeting may send no more reports. */
function problemOf(error: unknown): Problem {
  if (!(error instanceof MeetError) || error.code !== 'quota-exceeded') return 'failed';
  return error.retryAfterSeconds === undefined ? 'full' : 'tooMany';
}

/** Shows the person a report about a problem, and sends it once they agree. What is shown is what is sent: the measurements are those of the moment when the dialog opened. */
export function ReportDialog({ meeting, onClose }: Props) {
  const { t } = useTranslation();
  const [measured] = useState(() => meeting.prepareReport(navigator.userAgent));
  const [text, setText] = useState('');
  const [state, setState] = useState<State>({ at: 'writing' });
  const report = withText(measured, text);
  const send = () => {
    setState({ at: 'sending' });
    meeting.sendReport(report).then(
      reportId => setState({ at: 'sent', reportId }),
      (error: unknown) => setState({ at: 'writing', problem: problemOf(error) }),
    );
  };
  return (
    <Dialog title={t('report.title')} closeLabel={t('app.close')} onClose={onClose} testId="report">
      {state.at === 'sent' ? (
        <>
          <div role="status" data-testid="report-sent">
            <p>{t('report.sent')}</p>
            <p>{t('report.number')} <code className={styles.number} data-testid="report-number">{state.reportId}</code></p>
          </div>
          <div className={styles.actions}><Button look="primary" autoFocus onClick={onClose}>{t('app.close')}</Button></div>
        </>
      ) : (
        <div className={styles.form}>
          <TextAreaField label={t('report.label')} maxLength={2_000} value={text} disabled={state.at === 'sending'} onChange={event => setText(event.target.value)} data-testid="report-text" />
          <p>{t('report.contents')}</p>
          <p>{t('report.left')}</p>
          <p>{t('report.readers')}</p>
          <details>
            <summary data-testid="report-show">{t('report.show')}</summary>
            <pre className={styles.preview} role="region" aria-label={t('report.preview')} tabIndex={0} dir="ltr" data-testid="report-preview">{JSON.stringify(report, null, 1)}</pre>
          </details>
          <p className={styles.problem} role="alert">{state.at === 'writing' && state.problem !== undefined && t(`report.${state.problem}`)}</p>
          <div className={styles.actions}>
            <Button onClick={onClose}>{t('app.cancel')}</Button>
            <Button look="primary" busy={state.at === 'sending'} onClick={send} data-testid="report-send">{t('report.agree')}</Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
