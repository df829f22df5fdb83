using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Schema;

[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["sfunodes"], Verbs = ["list", "watch"],
    Reason = "Observe the desired state.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["sfunodes/status"], Verbs = ["patch"],
    Reason = "Write the observed state.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["sfunodes/finalizers"], Verbs = ["update"],
    Reason = "Set owner references with blockOwnerDeletion where OwnerReferencesPermissionEnforcement is enabled.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["sfunodes"], Verbs = ["create", "patch", "delete"],
    Reason = "Create the nodes of a pool, drain them, and delete empty ones.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["pods"], Verbs = ["list", "watch", "create", "patch", "delete"],
    Reason = "Run one media node in each Pod, replace failed Pods, mark those that are in use, and remove the owner reference that older versions set, which could delete a Pod in use.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["pods/log"], Verbs = ["get"],
    Reason = "Notice a lost machine early: when a media node does not answer, the operator requests a line of its log, which the API server reads from the kubelet, and does not look at the text.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["pods/status"], Verbs = ["patch"], OwnNamespace = true,
    Reason = "Mark replicas of signaling and the operator on a lost machine as not ready, so that Services send nothing there.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["secrets"], Verbs = ["create"],
    Reason = "Give each media node Pod its certificate. These Secrets are never read or changed, and are deleted with their Pod.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["nodes"], Verbs = ["get", "list", "watch"],
    Reason = "Read the addresses of the cluster node that runs a media node, and observe whether it is ready, cordoned or deleted.")]
