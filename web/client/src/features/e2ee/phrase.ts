import { encodeFields } from './bytes.js';

const iterations = 100_000;
const groups = 6;

/**
 * The verification phrase: six groups of four digits, the same for all participants whose server did not exchange keys. It has 80 bits and is slow to compute on purpose: a server
 * that exchanges keys would have to try about 2⁴⁰ pairs of keys, 100,000 hashes each, while the participants wait.
 */
export async function verificationPhrase(meetingId: string, identityKeys: readonly string[]): Promise<string> {
  const input = encodeFields('meet-e2ee v1 phrase', meetingId, ...[...identityKeys].sort());
  const key = await crypto.subtle.importKey('raw', input, 'PBKDF2', false, ['deriveBits']);
  const salt = new TextEncoder().encode('meet-e2ee v1 phrase');
  const bits = new DataView(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, key, groups * 32));
  return Array.from({ length: groups }, (_, i) => String(bits.getUint32(i * 4) % 10_000).padStart(4, '0')).join(' ');
}
