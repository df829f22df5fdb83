import type { Meeting, SurveyRating } from '@meetoperator/client';
import { announce, Button, TextAreaField } from '@meetoperator/ui';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './SurveyCard.module.css';

interface Props {
  readonly meeting: Meeting;
  readonly onSkip: () => void;
  /** The form with the focus has disappeared. */
  readonly onSent: () => void;
}

const steps = [[1, 'veryBad'], [2, 'bad'], [3, 'okay'], [4, 'good'], [5, 'veryGood']] as const;

/** Asks how the call was, with five steps and an optional text. */
export function SurveyCard({ meeting, onSkip, onSent }: Props) {
  const { t } = useTranslation();
  const [rating, setRating] = useState<SurveyRating | null>(null);
  const [text, setText] = useState('');
  const [state, setState] = useState<'asking' | 'missing' | 'sending' | 'failed' | 'sent'>('asking');
  const send = () => {
    if (rating === null) {
      setState('missing');
      return;
    }
    setState('sending');
    meeting.answerSurvey(rating, text).then(() => {
      setState('sent');
      announce(t('survey.thanks'));
      onSent();
    }, () => setState('failed'));
  };
  if (state === 'sent') return <p className={styles.card} data-testid="survey-sent">{t('survey.thanks')}</p>;
  return (
    <form className={styles.card} data-testid="survey" noValidate onSubmit={event => {
      event.preventDefault();
      send();
    }}>
      <fieldset className={styles.question} disabled={state === 'sending'}>
        <legend>{t('survey.question')}</legend>
        <div className={styles.steps}>
          {steps.map(([step, name]) => (
            <label key={step} className={styles.step}>
              <input type="radio" name="rating" value={step} checked={rating === step} onChange={() => {
                setRating(step);
                setState('asking');
              }} data-testid={`survey-rating-${step}`} />
              <span>{t(`survey.ratings.${name}`)}</span>
            </label>
          ))}
        </div>
        <TextAreaField label={t('survey.label')} hint={t('survey.readers')} rows={2} maxLength={1_000} value={text} onChange={event => setText(event.target.value)} data-testid="survey-text" />
      </fieldset>
      <p className={styles.problem} role="alert">{(state === 'missing' || state === 'failed') && t(`survey.${state}`)}</p>
      <div className={styles.actions}>
        <Button onClick={onSkip} data-testid="survey-skip">{t('survey.skip')}</Button>
        <Button type="submit" look="primary" busy={state === 'sending'} data-testid="survey-send">{t('survey.send')}</Button>
      </div>
    </form>
  );
}
