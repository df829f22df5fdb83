import { useCallback, useEffect, useRef, useState } from 'react';
import { announce } from './announcer';
import { copyText } from './clipboard';

export type CopyState = 'idle' | 'copied' | 'refused';

export function useCopyLink(link: string): readonly [CopyState, () => void] {
  const [state, setState] = useState<CopyState>('idle');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = useCallback(() => {
    void copyText(link).then(done => {
      setState(done ? 'copied' : 'refused');
      announce(done ? 'Link copied' : `Your browser does not allow copying. The link is ${link}`);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setState('idle'), done ? 2_500 : 10_000);
    });
  }, [link]);
  return [state, copy];
}
