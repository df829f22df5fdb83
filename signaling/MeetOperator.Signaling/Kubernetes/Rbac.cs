using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Schema;

[assembly: RbacRule(
    "signaling", Group = MeetGroup.Name, Resources = ["meetings"], Verbs = ["get", "list", "watch", "create", "patch", "delete"],
    Reason = "Find meetings and their placement. Create meetings over REST, end them with spec.desiredState, and delete a meeting whose creation failed.")]
[assembly: RbacRule(
    "signaling", Group = MeetGroup.Name, Resources = ["meetings/status"], Verbs = ["patch"],
    Reason = "Write whether sound and pictures flow through media nodes or directly.")]
[assembly: RbacRule(
    "signaling", Group = MeetGroup.Name, Resources = ["sfunodes"], Verbs = ["list", "watch"],
    Reason = "Read the address of the media node of a meeting.")]
[assembly: RbacRule(
    "signaling", Group = MeetGroup.Name, Resources = ["tenants"], Verbs = ["list", "watch"],
    Reason = "Read the namespaces, quotas and API key names of tenants.")]
[assembly: RbacRule(
    "signaling", Resources = ["configmaps"], Verbs = ["list", "watch"], OwnNamespace = true,
    Reason = "Find the tenant of an API key by the hashes that the operator writes.")]
[assembly: RbacRule(
    "signaling", Resources = ["secrets"], ResourceNames = ["meet-control-signaling"], Verbs = ["get"], OwnNamespace = true,
    Reason = "Read the client certificate for calls to media nodes.")]
[assembly: RbacRule(
    "signaling", Resources = ["secrets"], ResourceNames = ["meet-turn"], Verbs = ["get", "list", "watch"], OwnNamespace = true,
    Reason = "Read the relays (TURN) and the secrets with which their credentials are made. No other Secret is read. Earlier versions get it.")]
