using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Resources;

namespace MeetOperator.Kube.ApiServer.Discovery;

/// <summary>Builds the schemas of OpenAPI documents.</summary>
internal static class OpenApiSchemas
{
    public const string ObjectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
    public const string ListMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";

    /// <summary>The schema name of a kind: the reversed group, then version and kind.</summary>
    public static string NameOf(ResourceDefinition resource)
    {
        var group = resource.Group.Length == 0 ? "io.k8s.api.core" : string.Join('.', resource.Group.Split('.').Reverse());
        return $"{group}.{resource.Version}.{resource.Kind}";
    }

    /// <summary>The schemas of the given resources by name, including the schemas that they reference.</summary>
    public static JsonObject Of(IEnumerable<ResourceDefinition> resources, string refPrefix)
    {
        var schemas = new JsonObject
        {
            [ObjectMeta] = Meta(),
            [ListMeta] = new JsonObject
            {
                ["type"] = "object",
                ["description"] = "ListMeta describes metadata that synthetic resources must have.",
                ["properties"] = new JsonObject { ["continue"] = Type("string"), ["remainingItemCount"] = Type("integer"), ["resourceVersion"] = Type("string") },
            },
        };
        foreach (var resource in resources)
        {
            var schema = (JsonObject)resource.Schema.Source.DeepClone();
            schema["type"] = "object";
            var properties = schema.Ensure("properties");
            properties["apiVersion"] = Described("string", "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values.");
            properties["kind"] = Described("string", "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase.");
            properties["metadata"] = new JsonObject
            {
                ["description"] = "Standard object's metadata.",
                ["allOf"] = new JsonArray(new JsonObject { ["$ref"] = refPrefix + ObjectMeta }),
            };
            schema["x-kubernetes-group-version-kind"] = new JsonArray(Kind(resource, resource.Kind));
            schemas[NameOf(resource)] = schema;
            schemas[NameOf(resource) + "List"] = new JsonObject
            {
                ["type"] = "object",
                ["description"] = $"{resource.ListKind} is a list of {resource.Kind}",
                ["required"] = new JsonArray("items"),
                ["properties"] = new JsonObject
                {
                    ["apiVersion"] = Type("string"),
                    ["kind"] = Type("string"),
                    ["metadata"] = new JsonObject { ["$ref"] = refPrefix + ListMeta },
                    ["items"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["$ref"] = refPrefix + NameOf(resource) } },
                },
                ["x-kubernetes-group-version-kind"] = new JsonArray(Kind(resource, resource.ListKind)),
            };
        }

        return schemas;
    }

    public static JsonObject Kind(ResourceDefinition resource, string kind) => new()
    {
        ["group"] = resource.Group,
        ["kind"] = kind,
        ["version"] = resource.Version,
    };

    private static JsonObject Type(string type) => new() { ["type"] = type };

    private static JsonObject Described(string type, string description) => new() { ["description"] = description, ["type"] = type };

    private static JsonObject Meta()
    {
        static JsonObject TextMap(string description) => new() { ["description"] = description, ["type"] = "object", ["additionalProperties"] = Type("string") };
        static JsonObject Time(string description) => new() { ["description"] = description, ["type"] = "string", ["format"] = "date-time" };
        return new JsonObject
        {
            ["type"] = "object",
            ["description"] = "ObjectMeta is metadata that all persisted resources must have, which includes all objects users must create.",
            ["properties"] = new JsonObject
            {
                ["annotations"] = TextMap("Annotations is an unstructured key value map stored with a resource that may be set by external tools to store and retrieve arbitrary metadata."),
                ["creationTimestamp"] = Time("CreationTimestamp is the server time when this object was created."),
                ["deletionGracePeriodSeconds"] = Described("integer", "Number of seconds allowed for this object to gracefully terminate before it will be removed from the system."),
                ["deletionTimestamp"] = Time("DeletionTimestamp is the time at which this resource will be deleted."),
                ["finalizers"] = new JsonObject { ["description"] = "Must be empty before the object is deleted from the registry.", ["type"] = "array", ["items"] = Type("string"), ["x-kubernetes-list-type"] = "set", ["x-kubernetes-patch-strategy"] = "merge" },
                ["generateName"] = Described("string", "GenerateName is an optional prefix, used by the server, to generate a unique name ONLY IF the Name field has not been provided."),
                ["generation"] = Described("integer", "A sequence number representing a specific generation of the desired state."),
                ["labels"] = TextMap("Map of string keys and values that can be used to organize and categorize (scope and select) objects."),
                ["managedFields"] = new JsonObject { ["description"] = "ManagedFields maps workflow-id and version to the set of fields that are managed by that workflow.", ["type"] = "array", ["items"] = Type("object") },
                ["name"] = Described("string", "Name must be unique within a namespace."),
                ["namespace"] = Described("string", "Namespace defines the space within which each name must be unique."),
                ["ownerReferences"] = new JsonObject
                {
                    ["description"] = "List of objects depended by this object.",
                    ["type"] = "array",
                    ["items"] = Type("object"),
                    ["x-kubernetes-list-type"] = "map",
                    ["x-kubernetes-list-map-keys"] = new JsonArray("uid"),
                    ["x-kubernetes-patch-merge-key"] = "uid",
                    ["x-kubernetes-patch-strategy"] = "merge",
                },
                ["resourceVersion"] = Described("string", "An opaque value that represents the internal version of this object that can be used by clients to determine when objects have changed."),
                ["selfLink"] = Described("string", "Deprecated: selfLink is a legacy read-only field that is no longer populated by the system."),
                ["uid"] = Described("string", "UID is the unique in time and space value for this object."),
            },
        };
    }
}
