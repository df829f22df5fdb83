using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Schema;

[assembly: RbacRule(MeetComponents.Operator, Group = "networking.k8s.io", Resources = ["networkpolicies"], Verbs = ["create", "patch"],
    Reason = "Restrict access to the control port of media nodes with a policy for each pool.")]
