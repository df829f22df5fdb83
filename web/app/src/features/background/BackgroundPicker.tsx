import { Button } from '@meetoperator/ui';
import { useRef, useState, type ChangeEvent, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './BackgroundPicker.module.css';
import { backgrounds, type Background } from './backgrounds';
import { ownPicture, type PictureProblem } from './own-picture';
import { Thumbnail } from './Thumbnail';
import { useOwnPicture } from './useOwnPicture';

interface Props {
  readonly background: Background;
  readonly onChange: (background: Background) => void;
}

const steps: Partial<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Arrow keys move the focus only, and Space chooses: a choice on the way to another one would show the room. */
function moveFocus(event: KeyboardEvent<HTMLInputElement>): void {
  const step = steps[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const all = [...event.currentTarget.closest('fieldset')?.querySelectorAll<HTMLInputElement>('input[type=radio]') ?? []];
  all.at((all.indexOf(event.currentTarget) + step) % all.length)?.focus();
}

export function BackgroundPicker({ background, onChange }: Props) {
  const { t } = useTranslation();
  const [own, reload] = useOwnPicture();
  const [problem, setProblem] = useState<PictureProblem | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const chooseFile = async ({ target }: ChangeEvent<HTMLInputElement>) => {
    const [file] = target.files ?? [];
    if (file === undefined) return;
    const found = await ownPicture.keep(file);
    target.value = ''; // so that the same file can be chosen again
    setProblem(found);
    if (found !== null) return;
    reload();
    onChange('own');
  };
  return (
    <fieldset className={styles.picker} data-testid="background">
      <legend>{t('background.title')}</legend>
      <div className={styles.choices}>
        {backgrounds.filter(name => name !== 'own' || own !== null || background === 'own').map(name => (
          <label key={name} className={styles.choice}>
            <input type="radio" name="background" className="visually-hidden" checked={background === name} onChange={() => onChange(name)} onKeyDown={moveFocus} data-testid={`background-${name}`} />
            <Thumbnail background={name} own={own} />
            <span>{t(`background.names.${name}`)}</span>
          </label>
        ))}
      </div>
      <div className={styles.own}>
        <input ref={input} type="file" accept={ownPicture.accepted} hidden onChange={event => void chooseFile(event)} data-testid="background-file" />
        <Button icon="plus" onClick={() => input.current?.click()}>{t('background.chooseFile')}</Button>
        <p className={styles.note}>{t('background.fileNote')}</p>
      </div>
      {problem !== null && <p className={styles.note} role="alert">{t(`background.file.${problem}`)}</p>}
    </fieldset>
  );
}
