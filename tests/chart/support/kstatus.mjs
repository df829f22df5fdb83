// kstatus' published rules for a kind that it does not know
// (https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md): what Flux, `kpt` and others make of an object.

/** InProgress, Failed, Current or Terminating. */
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
