using System.Text.Json.Nodes;
using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Requests;

/// <summary>Discovery documents.</summary>
public sealed class DiscoveryTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task Group_CustomResource_ListsVersionsInOrder(string server)
    {
        var space = await SharedAsync(server);

        var group = await space.OkAsync("GET", Space.Group);

        Assert.Equal("APIGroup", group.Body.TextAt("kind"));
        Assert.Equal("conformance.example.io", group.Body.TextAt("name"));
        Assert.Equal(["v1", "v1beta1"], ((JsonArray)group["versions"]!).Select(v => v.TextAt("version")!));
        Assert.Equal("conformance.example.io/v1", group.Body.TextAt("preferredVersion.groupVersion"));
    }

    [Theory]
    [EveryServer]
    public async Task Resources_OfVersion_ListSubresources(string server)
    {
        var space = await SharedAsync(server);

        var list = await space.OkAsync("GET", Space.Group + "/v1");

        Assert.Equal("APIResourceList", list.Body.TextAt("kind"));
        Assert.Equal("conformance.example.io/v1", list.Body.TextAt("groupVersion"));
        var resources = ((JsonArray)list["resources"]!).ToDictionary(r => r.TextAt("name")!, r => r!);
        Assert.Equal(["gadgets", "widgets", "widgets/scale", "widgets/status"], resources.Keys.Order(StringComparer.Ordinal));
        var widgets = resources["widgets"];
        Assert.Equal("widget", widgets.TextAt("singularName"));
        Assert.Equal("Widget", widgets.TextAt("kind"));
        Assert.True(widgets["namespaced"]!.GetValue<bool>());
        Assert.False(resources["gadgets"]["namespaced"]!.GetValue<bool>());
        Assert.Equal("""["wdg"]""", widgets["shortNames"].Json());
        Assert.Equal("""["gear"]""", widgets["categories"].Json());
        Assert.Equal(
            ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
            ((JsonArray)widgets["verbs"]!).Select(v => v!.GetValue<string>()).Order(StringComparer.Ordinal));
        Assert.Equal(["get", "patch", "update"], ((JsonArray)resources["widgets/status"]["verbs"]!).Select(v => v!.GetValue<string>()));
        Assert.Equal("Scale", resources["widgets/scale"].TextAt("kind"));
        Assert.Equal("autoscaling", resources["widgets/scale"].TextAt("group"));
    }

    [Theory]
    [EveryServer(Without = ServerNames.Apiextensions036, Because = "the list of groups comes from the aggregator of a full cluster")]
    public async Task Groups_WithCustomResources_AreListed(string server)
    {
        var space = await SharedAsync(server);

        var groups = await space.OkAsync("GET", "/apis");

        Assert.Contains("conformance.example.io", ((JsonArray)groups["groups"]!).Select(g => g.TextAt("name")));
        Assert.Contains("apiextensions.k8s.io", ((JsonArray)groups["groups"]!).Select(g => g.TextAt("name")));
    }

    [Theory]
    [EveryServer]
    public async Task Group_Unknown_IsNotFound(string server)
    {
        var space = await SharedAsync(server);

        using var response = await space.Server.Http.GetAsync("/apis/nothing.example.io/v1");

        Assert.Equal(404, (int)response.StatusCode);
    }
}
