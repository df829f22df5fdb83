import { selectedPair } from '../media/path-health.js';

type LocalCandidate = { readonly candidateType?: string; readonly relayProtocol?: string; readonly url?: string };

/** Whether a local candidate is one on a relay. If the media node sees another address than the relay's own, because of address translation, its type is `prflx`. */
export const isRelayed = (candidate: Readonly<Record<string, unknown>>): boolean => candidate['candidateType'] === 'relay' || candidate['relayProtocol'] !== undefined;

/** The URL of the relay (TURN) that a connection uses; undefined if it uses none, or the browser does not say which. */
export function relayInUse(report: RTCStatsReport): string | undefined {
  const local = report.get(selectedPair(report)?.localCandidateId ?? '') as LocalCandidate | undefined;
  return local !== undefined && isRelayed(local) ? local.url : undefined;
}
