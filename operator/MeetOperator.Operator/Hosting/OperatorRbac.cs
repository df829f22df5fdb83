using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Schema;

[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["tenants", "meetings", "sfupools", "sfunodes"], Verbs = ["list", "watch"],
    Reason = "Observe the desired state.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["tenants/status", "sfupools/status", "sfunodes/status"], Verbs = ["patch"],
    Reason = "Write the observed state.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["meetings/status"], Verbs = ["update"],
    Reason = "Write the whole status of a meeting at once, which is cheaper for the API server than a patch.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["meetings"], Verbs = ["patch", "delete"],
    Reason = "Add and remove the finalizer that frees the room, and delete meetings after their time to live.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["tenants", "sfupools"], Verbs = ["patch"],
    Reason = "Add and remove the finalizers that protect pools and tenants while participants are in their meetings.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["sfunodes"], Verbs = ["create", "patch", "delete"],
    Reason = "Create the nodes of a pool, drain them, and delete empty ones.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["sfunodes/finalizers", "sfupools/finalizers"], Verbs = ["update"],
    Reason = "Set owner references with blockOwnerDeletion where OwnerReferencesPermissionEnforcement is enabled.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["pods"], Verbs = ["list", "watch", "create", "patch", "delete"],
    Reason = "Run one media node in each Pod, replace failed Pods, and remove the owner reference that older versions set, which could delete a Pod in use.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["secrets"], Verbs = ["create"],
    Reason = "Give each media node Pod its certificate. These Secrets are never read or changed, and are deleted with their Pod.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["configmaps"], Verbs = ["list", "watch", "create", "patch"], OwnNamespace = true,
    Reason = "Provide signaling with the hashes of tenants' API keys, so that only the operator reads tenants' Secrets.")]
[assembly: RbacRule(MeetComponents.TenantSecrets, Resources = ["secrets"], Verbs = ["get"],
    Reason = "Read the Secrets that a Tenant references as its API keys, one by one by name. Not bound by default: each tenant's namespace binds this role to the operator, which has no such permission elsewhere.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["namespaces"], Verbs = ["list", "watch", "create", "patch", "delete"],
    Reason = "Create the namespace of each tenant, observe which tenant owns a namespace, remove the owner reference that older versions set, and delete the namespace of a tenant with deletionPolicy Delete.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["nodes"], Verbs = ["get", "list", "watch"],
    Reason = "Read the external address of the cluster node that runs a media node, and observe whether it is ready, cordoned or deleted.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["events"], Verbs = ["create", "patch"],
    Reason = "Record events.")]
[assembly: RbacRule(MeetComponents.Operator, Group = "networking.k8s.io", Resources = ["networkpolicies"], Verbs = ["create", "patch"],
    Reason = "Restrict access to the control port of media nodes with a policy for each pool.")]
[assembly: RbacRule(MeetComponents.Operator, Group = "coordination.k8s.io", Resources = ["leases"], Verbs = ["get", "create", "update"], OwnNamespace = true,
    Reason = "Elect the leader.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["secrets"], ResourceNames = ["meet-webhook-ca"], Verbs = ["get", "update"], OwnNamespace = true,
    Reason = "Maintain the webhook's own authority, which signs the serving certificates. The chart replaces meet with the release name.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["secrets"], ResourceNames = ["meet-control-ca", "meet-control-metrics", "meet-control-signaling"], Verbs = ["get", "update"], OwnNamespace = true,
    Reason = "Maintain the NodeControl authority, and the certificates that it issues to signaling and Prometheus.")]
[assembly: RbacRule(MeetComponents.Operator, Group = "admissionregistration.k8s.io", Resources = ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"],
    ResourceNames = ["meet-webhook"], Verbs = ["get", "update"], Reason = "Set the authority that the API server trusts in the two webhook configurations.")]
