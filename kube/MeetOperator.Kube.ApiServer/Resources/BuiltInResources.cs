namespace MeetOperator.Kube.ApiServer.Resources;

/// <summary>The built-in kinds, which are served without a CRD.</summary>
internal static class BuiltInResources
{
    public static readonly ResourceDefinition CustomResourceDefinitions =
        Kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced: false) with
        {
            ShortNames = ["crd", "crds"], Categories = ["api-extensions"], HasStatus = true, TracksGeneration = true,
        };

    public static readonly ResourceDefinition Namespaces =
        Kind(string.Empty, "v1", "Namespace", "namespaces", namespaced: false) with
        {
            ShortNames = ["ns"], HasStatus = true, NameRule = NameRule.DnsLabel, SelectableFields = ["status.phase"],
        };

    public static readonly ResourceDefinition Pods = Kind(string.Empty, "v1", "Pod", "pods") with
    {
        ShortNames = ["po"], Categories = ["all"], HasStatus = true, TracksGeneration = false, OtherSubresources = ["log"],
        SelectableFields = ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"],
    };

    public static readonly ResourceDefinition Events = Kind(string.Empty, "v1", "Event", "events") with
    {
        ShortNames = ["ev"],
        SelectableFields =
        [
            "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
            "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
        ],
    };

    public static readonly IReadOnlyList<ResourceDefinition> All =
    [
        Kind(string.Empty, "v1", "ConfigMap", "configmaps") with { ShortNames = ["cm"] },
        Events,
        Namespaces,
        Kind(string.Empty, "v1", "Node", "nodes", namespaced: false) with { ShortNames = ["no"], HasStatus = true, SelectableFields = ["spec.unschedulable"] },
        Pods,
        Kind(string.Empty, "v1", "Secret", "secrets") with { SelectableFields = ["type"] },
        Kind(string.Empty, "v1", "ServiceAccount", "serviceaccounts") with { ShortNames = ["sa"] },
        Kind(string.Empty, "v1", "Service", "services") with { ShortNames = ["svc"], Categories = ["all"], HasStatus = true, NameRule = NameRule.DnsLabel, SelectableFields = ["spec.clusterIP", "spec.type"] },
        CustomResourceDefinitions,
        Kind("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", namespaced: false) with { Categories = ["api-extensions"], TracksGeneration = true },
        Kind("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", namespaced: false) with { Categories = ["api-extensions"], TracksGeneration = true },
        Kind("coordination.k8s.io", "v1", "Lease", "leases"),
        Kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies") with { ShortNames = ["netpol"], TracksGeneration = true },
        Kind("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets") with { ShortNames = ["pdb"], HasStatus = true, TracksGeneration = true },
        Kind("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", namespaced: false) with { NameRule = NameRule.PathSegment },
        Kind("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", namespaced: false) with { NameRule = NameRule.PathSegment },
        Kind("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings") with { NameRule = NameRule.PathSegment },
        Kind("rbac.authorization.k8s.io", "v1", "Role", "roles") with { NameRule = NameRule.PathSegment },
        Kind("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", namespaced: false) with { ShortNames = ["pc"] },
    ];

    private static ResourceDefinition Kind(string group, string version, string kind, string plural, bool namespaced = true) => new()
    {
        Group = group,
        Version = version,
        Kind = kind,
        Plural = plural,
        Namespaced = namespaced,
        Singular = kind.ToLowerInvariant(),
        ListKind = kind + "List",
        StorageVersion = version,
        Schema = CoreSchemas.Of(kind),
    };
}
