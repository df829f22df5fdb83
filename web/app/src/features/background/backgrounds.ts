import { pictureNames, type PictureName } from './pictures';

/** What others see behind the person: the room, the room blurred, a picture that the page draws, or a picture of the person's own. */
export type Background = 'none' | 'blur' | PictureName | 'own';

export const backgrounds: readonly Background[] = ['none', 'blur', ...pictureNames, 'own'];

/** The background that was remembered. One that this version does not know becomes `blur`, because the person did not want to show the room. */
export function backgroundOf(remembered: unknown): Background {
  if (remembered === undefined) return 'none';
  return backgrounds.find(one => one === remembered) ?? 'blur';
}
