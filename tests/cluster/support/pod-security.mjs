// The Pod security level of the namespaces of this cluster; see manifests/pod-security.yaml.
import { apply, kubectl } from './kubectl.mjs';

const everybody = ['system:authenticated', 'system:serviceaccounts'].map(name => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name }));
const name = 'test-pod-security';
const binding = (kind, level, namespace) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata: { name, namespace }, subjects: everybody, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `test-${level}` },
});

/** The role of a binding cannot be changed, so the binding is replaced. */
async function bindEverywhere(level) {
  await kubectl('delete', 'clusterrolebinding', name, '--ignore-not-found');
  await apply(binding('ClusterRoleBinding', level));
}

/** Enforces `baseline` for new Pods in all namespaces except one, for everybody except cluster administrators. Call `stopEnforcement` afterwards. */
export async function enforceBaseline({ except }) {
  await apply(binding('RoleBinding', 'privileged', except));
  await bindEverywhere('baseline');
}

export async function stopEnforcement({ except }) {
  await bindEverywhere('privileged');
  await kubectl('delete', 'rolebinding', name, '-n', except, '--ignore-not-found');
}
