using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Schema;

// Rights for several of our kinds. Those for one kind are in its folder.
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["tenants", "meetings", "sfupools", "sfunodes"], Verbs = ["list", "watch"],
    Reason = "Observe the desired state.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["tenants/status", "sfupools/status", "sfunodes/status"], Verbs = ["patch"],
    Reason = "Write the observed state.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["tenants", "sfupools"], Verbs = ["patch"],
    Reason = "Add and remove the finalizers that protect pools and tenants while participants are in their meetings.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["sfunodes/finalizers", "sfupools/finalizers"], Verbs = ["update"],
    Reason = "Set owner references with blockOwnerDeletion where OwnerReferencesPermissionEnforcement is enabled.")]
