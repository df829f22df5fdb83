import { announce, copyText } from '@meetoperator/ui';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

export type CopyState = 'idle' | 'copied' | 'blocked';

export function useCopyLink(link: string): readonly [CopyState, () => void] {
  const { t } = useTranslation();
  const [state, setState] = useState<CopyState>('idle');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = useCallback(() => {
    void copyText(link).then(copied => {
      setState(copied ? 'copied' : 'blocked');
      announce(copied ? t('meeting.linkCopied') : t('meeting.copyBlocked', { link }));
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setState('idle'), copied ? 2_500 : 10_000);
    });
  }, [link, t]);
  return [state, copy];
}
