// The published kstatus rules for unknown kinds, which Flux, kpt and other tools use:
// https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md

/** The status of an object: InProgress, Failed, Current or Terminating. */
export function kstatus(object) {
  const { metadata, status = {} } = object;
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (status.observedGeneration !== undefined && status.observedGeneration !== metadata.generation) return 'InProgress';
  const is = (type, value) => (status.conditions ?? []).some(condition => condition.type === type && condition.status === value);
  if (is('Reconciling', 'True')) return 'InProgress';
  if (is('Stalled', 'True')) return 'Failed';
  if (is('Ready', 'False') || is('Ready', 'Unknown')) return 'InProgress';
  return 'Current';
}
