using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Schema;

[assembly: RbacRule(MeetComponents.Operator, Resources = ["secrets"], ResourceNames = ["meet-webhook-ca"], Verbs = ["get", "update"], OwnNamespace = true,
    Reason = "Maintain the webhook's own authority, which signs the serving certificates. The chart replaces meet with the release name.")]
[assembly: RbacRule(MeetComponents.Operator, Group = "admissionregistration.k8s.io", Resources = ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"],
    ResourceNames = ["meet-webhook"], Verbs = ["get", "update"], Reason = "Set the authority that the API server trusts in the two webhook configurations.")]
