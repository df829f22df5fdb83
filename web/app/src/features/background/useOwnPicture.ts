import { useCallback, useEffect, useState } from 'react';
import { ownPicture } from './own-picture';

/** The address of the person's own picture, null without one, and what reads it again. */
export function useOwnPicture(): [string | null, () => void] {
  const [address, setAddress] = useState<string | null>(null);
  const [version, setVersion] = useState(0);
  useEffect(() => {
    let isOver = false;
    let created: string | null = null;
    void ownPicture.load().then(picture => {
      if (isOver) return;
      created = picture === null ? null : URL.createObjectURL(picture);
      setAddress(created);
    });
    return () => {
      isOver = true;
      if (created !== null) URL.revokeObjectURL(created);
    };
  }, [version]);
  return [address, useCallback(() => setVersion(count => count + 1), [])];
}
