using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Schema;

[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["sfupools"], Verbs = ["list", "watch", "patch"],
    Reason = "Observe pools, and add and remove the finalizer that protects a pool while participants are on its media nodes.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["sfupools/status"], Verbs = ["patch", "update"],
    Reason = "Write the observed state; the state of a rollout only if nobody has changed the pool meanwhile.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["sfupools/finalizers"], Verbs = ["update"],
    Reason = "Set owner references with blockOwnerDeletion where OwnerReferencesPermissionEnforcement is enabled.")]
[assembly: RbacRule(MeetComponents.Operator, Group = "networking.k8s.io", Resources = ["networkpolicies"], Verbs = ["create", "patch"],
    Reason = "Restrict access to the control port of media nodes and relays, and what relays reach, with a policy for each pool.")]
[assembly: RbacRule(MeetComponents.Operator, Group = "policy", Resources = ["poddisruptionbudgets"], Verbs = ["create", "patch"],
    Reason = "Refuse evictions of media nodes that are in use while no operator answers the webhook.")]
