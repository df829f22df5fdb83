import type { EncryptionState, Participant } from '@meetoperator/client';

/** What a tile says about encryption: `off` in a meeting that is not encrypted end to end; in others, `none` as long as nothing arrives. */
export type TileEncryption = 'off' | 'none' | 'encrypted' | 'failing';

/** A tile fails when any track that it shows or plays fails. */
export function tileEncryption(encryption: EncryptionState | null, participant: Participant, source: 'camera' | 'screen'): TileEncryption {
  if (encryption === null) return 'off';
  if (participant.isSelf) return 'encrypted';
  const tracks = (source === 'camera' ? ['camera', 'microphone'] : ['screen', 'screen-audio']).map(name => `${participant.id} ${name}`);
  if (tracks.some(track => encryption.failing.has(track))) return 'failing';
  return tracks.some(track => encryption.decrypted.has(track)) ? 'encrypted' : 'none';
}
