// The "restricted" profile of the Pod Security Standards (https://kubernetes.io/docs/concepts/security/pod-security-standards/), for rendered Pods.
const VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];
const SECCOMP = ['RuntimeDefault', 'Localhost'];

/** The violations of the profile, one sentence each; empty when the Pod is allowed. */
export function restrictedViolations(spec) {
  const found = [];
  const pod = spec.securityContext ?? {};
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) if (spec[field]) found.push(`${field} is true`);
  for (const volume of spec.volumes ?? []) {
    const kind = Object.keys(volume).find(key => key !== 'name');
    if (!VOLUMES.includes(kind)) found.push(`volume ${volume.name} is a ${kind}`);
  }
  if (pod.runAsUser === 0) found.push('the Pod runs as root');
  if ((pod.sysctls ?? []).length > 0) found.push('the Pod sets sysctls');
  for (const container of [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]) {
    const own = container.securityContext ?? {};
    const report = text => found.push(`container ${container.name}: ${text}`);
    if (own.privileged) report('privileged');
    if (own.allowPrivilegeEscalation !== false) report('allowPrivilegeEscalation is not false');
    if (!(own.runAsNonRoot ?? pod.runAsNonRoot)) report('runAsNonRoot is not true');
    if (own.runAsUser === 0) report('runs as root');
    if (!(own.capabilities?.drop ?? []).includes('ALL')) report('does not drop ALL capabilities');
    for (const capability of own.capabilities?.add ?? []) if (capability !== 'NET_BIND_SERVICE') report(`adds ${capability}`);
    if (!SECCOMP.includes((own.seccompProfile ?? pod.seccompProfile)?.type)) report('has no seccomp profile');
    if (own.procMount !== undefined && own.procMount !== 'Default') report('changes procMount');
    for (const port of container.ports ?? []) if (port.hostPort) report(`takes the node's port ${port.hostPort}`);
  }
  return found;
}
