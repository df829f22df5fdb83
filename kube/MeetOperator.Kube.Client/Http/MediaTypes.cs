namespace MeetOperator.Kube.Client.Http;

internal static class MediaTypes
{
    public const string Json = "application/json";

    /// <summary>JSON Merge Patch, RFC 7396.</summary>
    public const string MergePatch = "application/merge-patch+json";

    /// <summary>The body is JSON, which is valid YAML. Older servers support only this media type.</summary>
    public const string Apply = "application/apply-patch+yaml";
}
