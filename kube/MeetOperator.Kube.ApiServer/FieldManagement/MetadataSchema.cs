using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Schema;

namespace MeetOperator.Kube.ApiServer.FieldManagement;

/// <summary>The merge rules of ObjectMeta (the listType and mapType markers of apimachinery).</summary>
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

    /// <summary>Whether the field has no owner because the server writes it or it is fixed at creation.</summary>
    public static bool IsUnowned(string name) => name is "name" or "namespace" or "generateName" or "uid" or "resourceVersion" or "generation"
        or "creationTimestamp" or "deletionTimestamp" or "deletionGracePeriodSeconds" or "managedFields" or "selfLink";
}
