using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Schema;

[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["turnpools"], Verbs = ["list", "watch"],
    Reason = "Observe pools of relays.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["turnpools/status"], Verbs = ["patch"],
    Reason = "Write the observed state.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["secrets"], ResourceNames = ["meet-turn"], Verbs = ["get", "update"], OwnNamespace = true,
    Reason = "Maintain the secrets of relays, with which signaling makes credentials.")]
