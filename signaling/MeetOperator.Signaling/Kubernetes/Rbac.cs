using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Schema;

[assembly: RbacRule(
    "signaling", Group = MeetGroup.Name, Resources = ["meetings"], Verbs = ["get", "list", "watch", "create", "patch", "delete"],
    Reason = "finds meetings and their placement; the REST API creates meetings, ends them with spec.desiredState, and deletes a meeting if its creation fails")]
[assembly: RbacRule(
    "signaling", Group = MeetGroup.Name, Resources = ["sfunodes"], Verbs = ["list", "watch"],
    Reason = "reads the address of the media node of a meeting")]
[assembly: RbacRule(
    "signaling", Group = MeetGroup.Name, Resources = ["tenants"], Verbs = ["list", "watch"],
    Reason = "reads the namespaces, quotas and API key names of tenants")]
[assembly: RbacRule(
    "signaling", Resources = ["configmaps"], Verbs = ["list", "watch"], OwnNamespace = true,
    Reason = "finds the tenant of an API key by the hashes that the operator writes")]
[assembly: RbacRule(
    "signaling", Resources = ["secrets"], ResourceNames = ["meet-control-signaling"], Verbs = ["get"], OwnNamespace = true,
    Reason = "reads the client certificate for calls to media nodes; no other Secret is read")]
