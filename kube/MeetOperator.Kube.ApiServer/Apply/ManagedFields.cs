using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Lifecycle;

namespace MeetOperator.Kube.ApiServer.Apply;

/// <summary>metadata.managedFields: who wrote which field.</summary>
internal static class ManagedFields
{
    public static void Set(JsonObject root, JsonObject from) =>
        root.Ensure("metadata")["managedFields"] = from.Object("metadata")?["managedFields"]?.DeepClone();

    public static void Record(JsonObject? old, JsonObject root, WriteRequest write, DateTimeOffset now)
    {
        _ = (write, now);
        var metadata = root.Ensure("metadata");
        if (old?.Object("metadata")?["managedFields"] is { } managed)
        {
            metadata["managedFields"] = managed.DeepClone();
        }
        else
        {
            metadata.Remove("managedFields");
        }
    }
}
