using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Schema;

[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["tenants"], Verbs = ["list", "watch", "patch"],
    Reason = "Observe tenants, and add and remove the finalizer that protects a tenant while participants are in its meetings.")]
[assembly: RbacRule(MeetComponents.Operator, Group = MeetGroup.Name, Resources = ["tenants/status"], Verbs = ["patch"],
    Reason = "Write the observed state.")]
[assembly: RbacRule(MeetComponents.Operator, Resources = ["namespaces"], Verbs = ["list", "watch", "create", "patch", "delete"],
    Reason = "Create the namespace of each tenant, observe which tenant owns a namespace, remove the owner reference that older versions set, and delete the namespace of a tenant with deletionPolicy Delete.")]
