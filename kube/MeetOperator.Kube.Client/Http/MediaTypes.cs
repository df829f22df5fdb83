namespace MeetOperator.Kube.Client;

internal static class MediaTypes
{
    public const string Json = "application/json";

    /// <summary>RFC 7386.</summary>
    public const string MergePatch = "application/merge-patch+json";

    /// <summary>JSON is YAML; older servers know only this name.</summary>
    public const string Apply = "application/apply-patch+yaml";
}
