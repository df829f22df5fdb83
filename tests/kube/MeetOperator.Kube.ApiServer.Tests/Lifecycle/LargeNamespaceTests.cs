using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Http;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Lifecycle;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.ApiServer.Writes;
using MeetOperator.Testing;

namespace MeetOperator.Kube.ApiServer.Tests.Lifecycle;

public sealed class LargeNamespaceTests
{
    [Fact]
    public async Task Delete_NamespaceWithTenThousandFinalizers_ListsEachObjectFewTimes()
    {
        const int Objects = 10_000;
        await using var core = new ServerCore(new ApiServerOptions { Manifests = [WidgetCrd.Yaml] });
        await core.PrepareAsync();
        var widgets = core.Registry.FindTable("widgets.example.test")!;
        WriteRequest Widget(int i) => new() { Resource = widgets, Namespace = "team", Name = $"w{i}", FieldManager = "test" };
        var team = new WriteRequest { Resource = BuiltInResources.Namespaces, Name = "team", FieldManager = "test" };
        await core.Writer.CreateAsync(team, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "team" } });
        for (var i = 0; i < Objects; i++)
        {
            await core.Writer.CreateAsync(Widget(i), JsonNode.Parse(WidgetCrd.Json($"w{i}", metadata: ""","finalizers":["example.test/hold"]"""))!.AsObject());
        }

        await core.Deleter.DeleteAsync(team, new DeleteOptions());
        for (var i = 0; i < Objects; i++)
        {
            await core.Writer.UpdateAsync(Widget(i), current =>
            {
                var root = (JsonObject)current.Root.DeepClone();
                root.Object("metadata")!.Remove("finalizers");
                root.Object("metadata")!.Remove("resourceVersion"); // The garbage collector changes the object concurrently.
                return root;
            });
        }

        await Eventually.TrueAsync(() => core.Store.Get(team.Key) is null, "the namespace is deleted");

        Assert.InRange(core.Store.ObjectsListed, Objects, 10 * Objects);
    }
}
