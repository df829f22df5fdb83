// The Pod security level `baseline`, enforced by the API server of this cluster. Its version has no Pod Security Admission (namespace labels, since 1.23), so the same
// rules are a PodSecurityPolicy: https://kubernetes.io/docs/concepts/security/pod-security-standards/
import { apply, cluster, kubectl, until } from './kubectl.mjs';

const everybody = ['system:authenticated', 'system:serviceaccounts'].map(name => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name }));
const any = { rule: 'RunAsAny' };
const names = { baseline: 'test-baseline', privileged: 'test-privileged' };

const policy = (name, profiles, spec) => ({
  apiVersion: 'policy/v1beta1', kind: 'PodSecurityPolicy', metadata: { name, annotations: { 'seccomp.security.alpha.kubernetes.io/allowedProfileNames': profiles } },
  spec: { runAsUser: any, seLinux: any, supplementalGroups: any, fsGroup: any, ...spec },
});
const role = name => ({
  apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name },
  rules: [{ apiGroups: ['policy'], resources: ['podsecuritypolicies'], resourceNames: [name], verbs: ['use'] }],
});
const binding = (kind, name, metadata) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata: { name, ...metadata }, subjects: everybody, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
});

const objects = privilegedNamespace => [
  policy(names.baseline, 'runtime/default', {
    privileged: false, hostNetwork: false, hostIPC: false, hostPID: false, // Without `hostPorts`, no host port is allowed.
    allowedCapabilities: ['CHOWN', 'DAC_OVERRIDE', 'FSETID', 'FOWNER', 'MKNOD', 'NET_RAW', 'SETGID', 'SETUID', 'SETFCAP', 'SETPCAP', 'NET_BIND_SERVICE', 'SYS_CHROOT', 'KILL', 'AUDIT_WRITE'],
    volumes: ['configMap', 'emptyDir', 'projected', 'secret', 'downwardAPI', 'persistentVolumeClaim', 'csi'],
  }),
  policy(names.privileged, '*', { privileged: true, hostNetwork: true, hostIPC: true, hostPID: true, hostPorts: [{ min: 0, max: 65535 }], allowedCapabilities: ['*'], volumes: ['*'] }),
  ...Object.values(names).map(role),
  binding('ClusterRoleBinding', names.baseline),
  binding('RoleBinding', names.privileged, { namespace: privilegedNamespace }),
];

async function restartApiServer(...plugins) {
  await cluster('stop', 'apiserver');
  await cluster('start', 'apiserver', ...plugins);
  await until(() => kubectl('get', '--raw', '/readyz').then(() => true, () => false), 'the API server responds', 180_000);
}

/** Enforces `baseline` for new Pods in all namespaces except one, for everybody except cluster administrators. Call `stopEnforcement` afterwards. */
export async function enforceBaseline({ except }) {
  await apply(...objects(except));
  await restartApiServer('PodSecurityPolicy');
}

export async function stopEnforcement({ except }) {
  await restartApiServer();
  for (const { kind, metadata } of objects(except).reverse()) await kubectl('delete', kind, metadata.name, '--ignore-not-found', ...(metadata.namespace ? ['-n', metadata.namespace] : []));
}
