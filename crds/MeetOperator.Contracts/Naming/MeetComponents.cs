namespace MeetOperator.Contracts.Naming;

/// <summary>Values of the label <see cref="MeetLabels.Component"/>, and the components that RBAC is generated for.</summary>
public static class MeetComponents
{
    public const string Operator = "operator";
    public const string Signaling = "signaling";
    public const string MediaNode = "media-node";
    public const string Turn = "turn";

    /// <summary>On the ConfigMaps with the hashes of tenants' API keys.</summary>
    public const string ApiKeys = "api-keys";

    /// <summary>The operator's permissions in the namespace of a tenant that binds them: read the Secrets with API keys.</summary>
    public const string TenantSecrets = "tenant-secrets";

    /// <summary>Runs after an uninstall and removes the finalizers from the remaining objects.</summary>
    public const string Uninstall = "uninstall";
}
