using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Schema;

[assembly: RbacRule(MeetComponents.Operator, Resources = ["namespaces"], Verbs = ["list", "watch", "create", "patch", "delete"],
    Reason = "Create the namespace of each tenant, observe which tenant owns a namespace, remove the owner reference that older versions set, and delete the namespace of a tenant with deletionPolicy Delete.")]
