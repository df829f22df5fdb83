import { fitWithin } from './crop';

export type PictureProblem = 'type' | 'size' | 'unreadable';

const types: readonly string[] = ['image/jpeg', 'image/png', 'image/webp'];
const maxBytes = 15_000_000;
const maxPixels = 50_000_000;
/** Cameras are not larger. */
const keptSize = { width: 1280, height: 720 };
const key = 'background';

/** Why a file cannot be a background, or null. */
export function problemOf({ type, size }: Pick<Blob, 'type' | 'size'>): PictureProblem | null {
  if (!types.includes(type)) return 'type';
  return size > maxBytes ? 'size' : null;
}

/** The picture for pages that the browser lets store nothing: kept until the page is closed. */
let unstored: Blob | null = null;

/** The person's own picture. It is kept in this browser (IndexedDB) and never uploaded. */
export const ownPicture = {
  accepted: types.join(','),

  /** Keeps the picture in place of an earlier one: decoded, made smaller and encoded again, so that nothing else of the file is kept. Returns why that is impossible, or null. */
  async keep(file: Blob): Promise<PictureProblem | null> {
    const problem = problemOf(file);
    if (problem !== null) return problem;
    const picture = await reencode(file).catch(() => null);
    if (picture === null) return 'unreadable';
    unstored = picture;
    await store('readwrite', pictures => pictures.put(picture, key)).then(() => { unstored = null; }, () => undefined);
    return null;
  },

  /** Null without a picture. */
  async load(): Promise<Blob | null> {
    if (unstored !== null) return unstored;
    const stored = await store('readonly', pictures => pictures.get(key)).catch(() => null);
    return stored instanceof Blob ? stored : null;
  },
};

async function reencode(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file);
  try {
    if (picture.width * picture.height > maxPixels) throw new Error('The picture has too many pixels.');
    const { width, height } = fitWithin(picture, keptSize);
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d', { alpha: false });
    if (context === null) throw new Error('The browser has no 2D context for a canvas outside the page.');
    context.drawImage(picture, 0, 0, width, height);
    return await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
  } finally {
    picture.close();
  }
}

/** Runs one request on the store of pictures. Rejects where the browser blocks storage. */
function store(mode: IDBTransactionMode, request: (pictures: IDBObjectStore) => IDBRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('meet', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('pictures');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction('pictures', mode);
      const running = request(transaction.objectStore('pictures'));
      transaction.oncomplete = () => {
        database.close();
        resolve(running.result);
      };
      transaction.onabort = () => {
        database.close();
        reject(transaction.error);
      };
    };
  });
}
