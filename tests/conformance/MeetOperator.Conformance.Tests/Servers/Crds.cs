using System.Text.Json.Nodes;
using MeetOperator.Testing;

namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>Installs and removes CustomResourceDefinitions on any server.</summary>
internal static class Crds
{
    private const string Path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    /// <summary>Creates or updates a definition and waits until its resources are served. Returns the definition as the server returns it.</summary>
    public static async Task<ApiResponse> InstallAsync(ConformanceServer server, JsonObject crd)
    {
        var space = new Space(server, "default");
        var name = crd.TextAt("metadata.name")!;
        await UntilAsync(async () =>
        {
            var present = await space.SendAsync("GET", $"{Path}/{name}");
            if (present["metadata.deletionTimestamp"] is not null)
            {
                return false; // an earlier run is still deleting it
            }

            var body = (JsonObject)crd.DeepClone();
            if (present.Code == 404)
            {
                await space.OkAsync("POST", Path, body.ToJsonString());
                return true;
            }

            body["metadata"]!["resourceVersion"] = present.Version;
            return (await space.SendAsync("PUT", $"{Path}/{name}", body.ToJsonString())).Code == 200;
        }, $"{name} can be installed");
        var shown = default(ApiResponse);
        await UntilAsync(async () => (shown = await space.OkAsync("GET", $"{Path}/{name}"))["status.conditions"] is JsonArray conditions
            && conditions.Any(c => c.TextAt("type") == "Established" && c.TextAt("status") == "True"), $"{name} is established");
        foreach (var version in ((JsonArray)crd["spec"]!["versions"]!).Select(v => v.TextAt("name")))
        {
            var list = $"/apis/{crd.TextAt("spec.group")}/{version}/{crd.TextAt("spec.names.plural")}";
            await UntilAsync(async () => (await space.SendAsync("GET", list)).Code == 200, $"{list} is served");
        }

        return shown!;
    }

    /// <summary>Deletes the definition with all its objects, including those with finalizers.</summary>
    public static async Task RemoveAsync(ConformanceServer server, string name)
    {
        var space = new Space(server, "default");
        var crd = await space.SendAsync("GET", $"{Path}/{name}");
        if (crd.Code == 404)
        {
            return;
        }

        var (group, plural) = (crd["spec.group"]!.GetValue<string>(), crd["spec.names.plural"]!.GetValue<string>());
        var version = crd["spec.versions[0].name"]!.GetValue<string>();
        var list = await space.SendAsync("GET", $"/apis/{group}/{version}/{plural}");
        foreach (var item in (list["items"] as JsonArray ?? []).Where(i => i.At("metadata.finalizers") is not null))
        {
            var ns = item.TextAt("metadata.namespace") is { } own ? $"namespaces/{own}/" : string.Empty;
            await space.SendAsync("PATCH", $"/apis/{group}/{version}/{ns}{plural}/{item.TextAt("metadata.name")}", """{"metadata":{"finalizers":null}}""", Space.MergePatch);
        }

        await space.SendAsync("DELETE", $"{Path}/{name}");
        await UntilAsync(async () => (await space.SendAsync("GET", $"{Path}/{name}")).Code == 404, $"{name} is deleted");
    }

    private static Task UntilAsync(Func<Task<bool>> condition, string what) => Eventually.TrueAsync(condition, what, TimeSpan.FromSeconds(90));
}
