using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Resources;

namespace MeetOperator.Kube.ApiServer.Discovery;

/// <summary>Builds /version, /api, /apis, and the resource lists, from which clients discover the served resources.</summary>
internal static class DiscoveryDocuments
{
    /// <summary>Review resources, which return a result and store no object.</summary>
    private static readonly (string Group, string Resource, string Kind, bool Namespaced)[] Reviews =
    [
        ("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview", false),
        ("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false),
        ("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview", false),
    ];

    public static JsonObject Version() => new()
    {
        ["major"] = "1",
        ["minor"] = "32",
        ["gitVersion"] = "v1.32.0+embedded",
        ["gitCommit"] = string.Empty,
        ["gitTreeState"] = "clean",
        ["buildDate"] = "1970-01-01T00:00:00Z",
        ["goVersion"] = "none",
        ["compiler"] = "dotnet",
        ["platform"] = "linux/amd64",
    };

    public static JsonObject CoreVersions(string address) => new()
    {
        ["kind"] = "APIVersions",
        ["versions"] = new JsonArray("v1"),
        ["serverAddressByClientCIDRs"] = new JsonArray(new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = address }),
    };

    public static JsonObject Groups(IReadOnlyList<ResourceDefinition> resources) => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = new JsonArray([.. GroupNames(resources).Select(g => (JsonNode)GroupBody(resources, g))]),
    };

    /// <summary>The APIGroup, or null if the group is not served.</summary>
    public static JsonObject? Group(IReadOnlyList<ResourceDefinition> resources, string group)
    {
        if (!GroupNames(resources).Contains(group))
        {
            return null;
        }

        var body = new JsonObject { ["kind"] = "APIGroup", ["apiVersion"] = "v1" };
        foreach (var (name, value) in GroupBody(resources, group))
        {
            body[name] = value?.DeepClone();
        }

        return body;
    }

    /// <summary>The resources of a group and version, or null if that version is not served.</summary>
    public static JsonObject? Resources(IReadOnlyList<ResourceDefinition> resources, string group, string version)
    {
        var list = new JsonArray();
        foreach (var resource in resources.Where(r => r.Group == group && r.Version == version))
        {
            AddResource(list, resource);
        }

        foreach (var review in Reviews.Where(r => r.Group == group && version == "v1"))
        {
            list.Add(Entry(review.Resource, review.Kind, review.Namespaced, ["create"]));
        }

        return list.Count == 0 ? null : new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
            ["resources"] = list,
        };
    }

    private static void AddResource(JsonArray list, ResourceDefinition resource)
    {
        var entry = Entry(resource.Plural, resource.Kind, resource.Namespaced, ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]);
        entry["singularName"] = resource.Singular;
        if (resource.ShortNames.Count > 0)
        {
            entry["shortNames"] = new JsonArray([.. resource.ShortNames.Select(n => (JsonNode)n!)]);
        }

        if (resource.Categories.Count > 0)
        {
            entry["categories"] = new JsonArray([.. resource.Categories.Select(n => (JsonNode)n!)]);
        }

        list.Add(entry);
        if (resource.HasStatus)
        {
            list.Add(Entry(resource.Plural + "/status", resource.Kind, resource.Namespaced, ["get", "patch", "update"]));
        }

        if (resource.Scale is not null)
        {
            var scale = Entry(resource.Plural + "/scale", "Scale", resource.Namespaced, ["get", "patch", "update"]);
            scale["group"] = "autoscaling";
            scale["version"] = "v1";
            list.Add(scale);
        }

        foreach (var other in resource.OtherSubresources)
        {
            list.Add(Entry($"{resource.Plural}/{other}", resource.Kind, resource.Namespaced, ["get"]));
        }
    }

    private static JsonObject Entry(string name, string kind, bool namespaced, string[] verbs) => new()
    {
        ["name"] = name,
        ["singularName"] = string.Empty,
        ["namespaced"] = namespaced,
        ["kind"] = kind,
        ["verbs"] = new JsonArray([.. verbs.Select(v => (JsonNode)v!)]),
    };

    private static List<string> GroupNames(IReadOnlyList<ResourceDefinition> resources) =>
        [.. resources.Select(r => r.Group).Where(g => g.Length > 0).Concat(Reviews.Select(r => r.Group)).Distinct().Order(StringComparer.Ordinal)];

    private static JsonObject GroupBody(IReadOnlyList<ResourceDefinition> resources, string group)
    {
        var versions = resources.Where(r => r.Group == group).Select(r => r.Version).DefaultIfEmpty("v1").Distinct().ToList();
        versions.Sort(VersionPriority.Compare);
        static JsonObject Version(string group, string version) => new() { ["groupVersion"] = $"{group}/{version}", ["version"] = version };
        return new JsonObject
        {
            ["name"] = group,
            ["versions"] = new JsonArray([.. versions.Select(v => (JsonNode)Version(group, v))]),
            ["preferredVersion"] = Version(group, versions[0]),
        };
    }
}
