namespace MeetOperator.Kube.ApiServer.Patch;

/// <summary>Media types of PATCH.</summary>
internal static class PatchTypes
{
    public const string Json = "application/json-patch+json";
    public const string Merge = "application/merge-patch+json";
    public const string StrategicMerge = "application/strategic-merge-patch+json";
    public const string Apply = "application/apply-patch+yaml";
    public static readonly string[] All = [Json, Merge, StrategicMerge, Apply];
}
