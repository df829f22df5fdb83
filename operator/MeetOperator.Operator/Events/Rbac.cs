using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Schema;

[assembly: RbacRule(MeetComponents.Operator, Resources = ["events"], Verbs = ["create", "patch"],
    Reason = "Record events.")]
