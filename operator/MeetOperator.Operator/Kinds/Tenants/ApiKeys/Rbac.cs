using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Schema;

[assembly: RbacRule(MeetComponents.Operator, Resources = ["configmaps"], Verbs = ["list", "watch", "create", "patch"], OwnNamespace = true,
    Reason = "Provide signaling with the hashes of tenants' API keys, so that only the operator reads tenants' Secrets.")]
[assembly: RbacRule(MeetComponents.TenantSecrets, Resources = ["secrets"], Verbs = ["get"],
    Reason = "Read the Secrets that a Tenant references as its API keys, one by one by name. Not bound by default: each tenant's namespace binds this role to the operator, which has no such permission elsewhere.")]
