using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Schema;

[assembly: RbacRule(MeetComponents.Operator, Group = "coordination.k8s.io", Resources = ["leases"], Verbs = ["get", "create", "update"], OwnNamespace = true,
    Reason = "Elect the leader.")]
