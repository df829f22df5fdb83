using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Schema;

[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["meetings"], Verbs = ["list", "watch"],
    Reason = "Observe the desired state.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["meetings/status"], Verbs = ["update"],
    Reason = "Write the whole status of a meeting at once, which is cheaper for the API server than a patch.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["meetings"], Verbs = ["patch", "delete"],
    Reason = "Add and remove the finalizer that frees the room, and delete meetings after their time to live.")]
