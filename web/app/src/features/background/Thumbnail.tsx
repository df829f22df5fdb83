import { Icon } from '@meetoperator/ui';
import { useEffect, useRef } from 'react';
import type { Background } from './backgrounds';
import styles from './BackgroundPicker.module.css';
import { drawPicture } from './pictures';

const width = 96;
const height = 54;

/** A small picture of a background. Decorative: the name stands below it. `own` is the address of the person's own picture. */
export function Thumbnail({ background, own }: { readonly background: Background; readonly own: string | null }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const surface = ref.current?.getContext('2d');
    if (surface && background !== 'none' && background !== 'blur' && background !== 'own') drawPicture(background, surface, width, height);
  }, [background]);
  if (background === 'own' && own !== null) return <img className={styles.thumbnail} src={own} alt="" />;
  if (background === 'none' || background === 'blur' || background === 'own') {
    return <span className={styles.thumbnail} data-blurred={background === 'blur'} aria-hidden="true"><Icon name="people" size={28} /></span>;
  }
  return <canvas ref={ref} className={styles.thumbnail} width={width} height={height} aria-hidden="true" />;
}
