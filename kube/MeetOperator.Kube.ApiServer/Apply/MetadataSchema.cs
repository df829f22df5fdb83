using MeetOperator.Kube.ApiServer.Schema;

namespace MeetOperator.Kube.ApiServer.Apply;

/// <summary>How ObjectMeta merges (apimachinery's listType and mapType markers).</summary>
internal static class MetadataSchema
{
    public static readonly SchemaNode Node = new SchemaReader([]).Read(JsonText.ParseObject("""
        {"type":"object","properties":{
          "labels":{"type":"object","additionalProperties":{"type":"string"}},
          "annotations":{"type":"object","additionalProperties":{"type":"string"}},
          "finalizers":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}},
          "ownerReferences":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["uid"],
            "items":{"type":"object","x-kubernetes-map-type":"atomic"}}
        }}
        """), string.Empty);

    /// <summary>Written by the server or fixed at creation: owned by nobody.</summary>
    public static bool IsUnowned(string name) => name is "name" or "namespace" or "generateName" or "uid" or "resourceVersion" or "generation"
        or "creationTimestamp" or "deletionTimestamp" or "deletionGracePeriodSeconds" or "managedFields" or "selfLink";
}
