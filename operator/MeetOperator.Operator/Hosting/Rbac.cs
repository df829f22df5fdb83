using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Schema;

[assembly: RbacRule(MeetComponents.Operator, Group = "coordination.k8s.io", Resources = ["leases"], Verbs = ["get", "create", "update"], OwnNamespace = true,
    Reason = "Elect the leader.")]
[assembly: RbacRule(MeetComponents.Operator, Group = "coordination.k8s.io", Resources = ["leases"], Verbs = ["list", "watch"],
    Reason = "Observe when the kubelet of a cluster node last renewed its Lease, so that a lost machine is noticed early.")]
