import { selectedPair } from '../media/path-health.js';

/** The URL of the relay (TURN) that a connection uses; undefined if it uses none, or the browser does not say which. */
export function relayInUse(report: RTCStatsReport): string | undefined {
  const local = report.get(selectedPair(report)?.localCandidateId ?? '') as { readonly candidateType?: string; readonly url?: string } | undefined;
  return local?.candidateType === 'relay' ? local.url : undefined;
}
