using MeetOperator.Contracts;
using MeetOperator.Kube;

[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["tenants", "meetings", "sfupools", "sfunodes"], Verbs = ["list", "watch"],
    Reason = "Observe what is asked for.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["tenants/status", "sfupools/status", "sfunodes/status"], Verbs = ["patch"],
    Reason = "Write what was observed.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["meetings/status"], Verbs = ["update"],
    Reason = "Write what was observed and decided of a meeting, as a whole: its API server has many of them.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["meetings"], Verbs = ["patch", "delete"],
    Reason = "Put and remove the finalizer that frees the room, and remove meetings after their time to live.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["tenants", "sfupools"], Verbs = ["patch"],
    Reason = "Put and remove the finalizers that keep a pool and a tenant while people are in their meetings.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["sfunodes"], Verbs = ["create", "patch", "delete"],
    Reason = "Make the nodes of a pool, drain them, and remove empty ones.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["sfunodes/finalizers", "sfupools/finalizers"], Verbs = ["update"],
    Reason = "Own objects with blockOwnerDeletion where OwnerReferencesPermissionEnforcement is on.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["pods"], Verbs = ["list", "watch", "create", "patch", "delete"],
    Reason = "Run one media node in each Pod, replace dead ones, and take the owner off those of older versions, with which they would go under people.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["secrets"], Verbs = ["create"],
    Reason = "Give each Pod of a media node its certificate; those Secrets are neither read nor changed, and go with their Pod.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["configmaps"], Verbs = ["list", "watch", "create", "patch"], OwnNamespace = true,
    Reason = "Keep the hashes of tenants' API keys for signaling, so that only the operator reads tenants' Secrets.")]
[assembly: RbacRule(MeetComponents.TenantSecrets, Resources = ["secrets"], Verbs = ["get"],
    Reason = "Read the Secrets that a Tenant names as its API keys, one by one by name. Bound to nobody: a tenant's namespace binds it to the operator, which may do nothing of it elsewhere.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["namespaces"], Verbs = ["list", "watch", "create", "patch", "delete"],
    Reason = "Make each tenant's namespace, see which tenant owns one, take the owner off those that older versions made, and remove one whose tenant is deleted with deletionPolicy Delete.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["nodes"], Verbs = ["get", "list", "watch"],
    Reason = "Read the external address of the cluster node that runs a media node, and see whether it is ready, cordoned or gone.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["events"], Verbs = ["create", "patch"],
    Reason = "Tell people what happened.")]
[assembly: RbacRule(MeetComponents.Operator, Group = "networking.k8s.io", Resources = ["networkpolicies"], Verbs = ["create", "patch"],
    Reason = "Keep others away from media nodes' control port, by a policy beside each pool.")]
[assembly: RbacRule(MeetComponents.Operator, Group = "coordination.k8s.io", Resources = ["leases"], Verbs = ["get", "create", "update"], OwnNamespace = true,
    Reason = "Elect the replica that leads.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["secrets"], ResourceNames = ["meet-webhook-ca"], Verbs = ["get", "update"], OwnNamespace = true,
    Reason = "Keep the webhook's own authority, and sign serving certificates with it; the chart renders its own release name for meet.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["secrets"], ResourceNames = ["meet-control-ca", "meet-control-metrics", "meet-control-signaling"], Verbs = ["get", "update"], OwnNamespace = true,
    Reason = "Keep the authority of NodeControl, and the certificates of it for signaling and Prometheus.")]
[assembly: RbacRule(MeetComponents.Operator, Group = "admissionregistration.k8s.io", Resources = ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"],
    ResourceNames = ["meet-webhook"], Verbs = ["get", "update"], Reason = "Tell the API server which authority its own two configurations trust.")]
