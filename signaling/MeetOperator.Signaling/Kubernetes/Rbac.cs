using MeetOperator.Contracts;
using MeetOperator.Kube;

[assembly: RbacRule(
    "signaling", Group = MeetGroup.Name, Resources = ["meetings"], Verbs = ["get", "list", "watch", "create", "patch", "delete"],
    Reason = "finds meetings and their placement; REST creates them, ends them by spec.desiredState, and takes one back whose creation failed halfway")]
[assembly: RbacRule(
    "signaling", Group = MeetGroup.Name, Resources = ["sfunodes"], Verbs = ["list", "watch"],
    Reason = "learns where the media node of a meeting is reached")]
[assembly: RbacRule(
    "signaling", Group = MeetGroup.Name, Resources = ["tenants"], Verbs = ["list", "watch"],
    Reason = "finds the tenant's namespace and quotas, and whose an API key is")]
[assembly: RbacRule(
    "signaling", Resources = ["configmaps"], Verbs = ["list", "watch"], OwnNamespace = true,
    Reason = "finds the tenant of an API key by the hashes that the operator keeps")]
[assembly: RbacRule(
    "signaling", Resources = ["secrets"], ResourceNames = ["meet-control-signaling"], Verbs = ["get"], OwnNamespace = true,
    Reason = "follows the certificate with which it calls media nodes; no other Secret is read")]
