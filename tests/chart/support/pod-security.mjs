// The "restricted" profile of the Pod Security Standards (https://kubernetes.io/docs/concepts/security/pod-security-standards/), as a judge of rendered Pods.
const VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];
const SECCOMP = ['RuntimeDefault', 'Localhost'];

/** What the profile refuses, one sentence each; none when the Pod may run. */
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
    const say = text => found.push(`container ${container.name}: ${text}`);
    if (own.privileged) say('privileged');
    if (own.allowPrivilegeEscalation !== false) say('allowPrivilegeEscalation is not false');
    if (!(own.runAsNonRoot ?? pod.runAsNonRoot)) say('runAsNonRoot is not true');
    if (own.runAsUser === 0) say('runs as root');
    if (!(own.capabilities?.drop ?? []).includes('ALL')) say('does not drop ALL capabilities');
    for (const capability of own.capabilities?.add ?? []) if (capability !== 'NET_BIND_SERVICE') say(`adds ${capability}`);
    if (!SECCOMP.includes((own.seccompProfile ?? pod.seccompProfile)?.type)) say('has no seccomp profile');
    if (own.procMount !== undefined && own.procMount !== 'Default') say('changes procMount');
    for (const port of container.ports ?? []) if (port.hostPort) say(`takes the node's port ${port.hostPort}`);
  }
  return found;
}
