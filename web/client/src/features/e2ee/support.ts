import type { Environment } from '../../core/environment.js';
import { canEncrypt } from './frame-transforms.js';

/** What the browser offers for encryption end to end; nothing where it cannot do it. */
export function browserEncryption(): Pick<Environment, 'e2ee'> {
  return canEncrypt() ? { e2ee: { createWorker: () => new Worker(new URL('./frame-worker.js', import.meta.url), { type: 'module', name: 'frames' }) } } : {};
}
