using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Schema;

[assembly: RbacRule(MeetComponents.Operator, Resources = ["secrets"], ResourceNames = ["meet-control-ca", "meet-control-metrics", "meet-control-signaling"], Verbs = ["get", "update"], OwnNamespace = true,
    Reason = "Maintain the NodeControl authority, and the certificates that it issues to signaling and Prometheus.")]
