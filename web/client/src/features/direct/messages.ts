import { isText, type MessageChecks } from '../../core/messages.js';

/** Whether media flows through the SFU or directly between the participants. */
export type TopologyKind = 'sfu' | 'p2p';

export type DirectClientMessage =
  | { type: 'p2p-ready'; to: string; generation: number }
  | { type: 'p2p-failed'; generation: number };

export type DirectServerMessage =
  | { type: 'topology'; kind: TopologyKind; generation: number }
  | { type: 'p2p-ready'; from: string; generation: number };

export const directChecks: MessageChecks<DirectServerMessage> = {
  'topology': { kind: isText, generation: Number.isInteger },
  'p2p-ready': { from: isText, generation: Number.isInteger },
};

/** What `joined` says: `p2p` in a meeting with mode `P2P`, in which the SFU is not used; otherwise whether `topology` follows. */
export interface JoinedTopology {
  readonly topology?: string;
  readonly capabilities?: { readonly p2p?: boolean };
}
