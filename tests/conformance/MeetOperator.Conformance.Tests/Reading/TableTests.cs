using System.Text.Json.Nodes;
using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Reading;

/// <summary>Tables, as kubectl requests them.</summary>
public sealed class TableTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    private const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

    [Theory]
    [EveryServer]
    public async Task List_AsTable_HasColumnsOfDefinition(string server)
    {
        var space = await OwnAsync(server);
        await space.CreateAsync("a", """{"size":"Large","replicas":3,"when":"2020-01-01T00:00:00Z"}""");
        await space.OkAsync("PATCH", space.Path("a/status"), """{"status":{"conditions":[{"type":"Placed","status":"False"},{"type":"Ready","status":"True"}]}}""", Space.MergePatch);
        await space.CreateAsync("b");

        var table = await space.OkAsync("GET", space.Path(), accept: Table);

        Assert.Equal("Table", table.Body.TextAt("kind"));
        Assert.Equal("meta.k8s.io/v1", table.Body.TextAt("apiVersion"));
        Assert.Equal(
            ["Name string 0 name", "Size string 0 ", "Replicas integer 0 ", "Ready string 0 ", "Since date 1 ", "Age date 0 "],
            ((JsonArray)table["columnDefinitions"]!).Select(c => $"{c.TextAt("name")} {c.TextAt("type")} {c.NumberAt("priority")} {c.TextAt("format")}"));
        Assert.Equal("How big it is", table.Body.TextAt("columnDefinitions[1].description"));
        var cells = (JsonArray)table["rows[0].cells"]!;
        Assert.Equal("""["a","Large",3,"True"]""", new JsonArray([.. cells.Take(4).Select(c => c?.DeepClone())]).Json());
        Assert.Matches("^\\d+y(\\d+d)?$", cells[4]!.GetValue<string>());
        Assert.Matches("^\\d+(s|m)$|^\\d+m\\d+s$", cells[5]!.GetValue<string>());
        Assert.Equal("null", ((JsonArray)table["rows[1].cells"]!)[3].Json());
        Assert.Equal("PartialObjectMetadata", table.Body.TextAt("rows[0].object.kind"));
        Assert.Equal("a", table.Body.TextAt("rows[0].object.metadata.name"));
        Assert.Null(table["rows[0].object.spec"]);
    }

    [Theory]
    [EveryServer]
    public async Task Get_AsTable_HasOneRow(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var table = await space.OkAsync("GET", space.Path(name), accept: Table);

        Assert.Single((JsonArray)table["rows"]!);
    }

    [Theory]
    [EveryServer]
    public async Task List_AsTable_IncludesRequestedObjects(string server)
    {
        var space = await OwnAsync(server);
        await space.CreateAsync("a");

        var whole = await space.OkAsync("GET", space.Path("?includeObject=Object"), accept: Table);
        var bare = await space.OkAsync("GET", space.Path("?includeObject=None"), accept: Table);
        var wrong = await space.SendAsync("GET", space.Path("?includeObject=Half"), accept: Table);

        Assert.Equal("Small", whole.Body.TextAt("rows[0].object.spec.size"));
        Assert.Null(bare["rows[0].object.metadata.name"]);
        Assert.Equal(400, wrong.Code);
    }

    [Theory]
    [EveryServer]
    public async Task Watch_AsTables_SendsColumnsOnce(string server)
    {
        var space = await OwnAsync(server);
        await space.CreateAsync("a");
        await space.CreateAsync("b");
        await using var watch = await WatchReader.OpenAsync(space.Server, space.Path("?watch=true&resourceVersion=0"), Table);

        var (first, one) = await watch.NextAsync();
        var (_, two) = await watch.NextAsync();

        Assert.Equal("ADDED", first);
        Assert.Equal("Table", one.TextAt("kind"));
        Assert.Equal(6, ((JsonArray)one["columnDefinitions"]!).Count);
        Assert.True(two.At("columnDefinitions") is null or JsonArray { Count: 0 });
        Assert.Single((JsonArray)two["rows"]!);
    }

    [Theory]
    [EveryServer]
    public async Task List_AsMetadataOnly_HasNoSpec(string server)
    {
        var space = await OwnAsync(server);
        await space.CreateAsync("a", metadata: """{"labels":{"l":"1"}}""");

        var list = await space.OkAsync("GET", space.Path(), accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io");
        var item = await space.OkAsync("GET", space.Path("a"), accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io");

        Assert.Equal("PartialObjectMetadataList", list.Body.TextAt("kind"));
        Assert.Equal("1", list.Body.TextAt("items[0].metadata.labels.l"));
        Assert.Null(list["items[0].spec"]);
        Assert.Equal("PartialObjectMetadata", item.Body.TextAt("kind"));
        Assert.Null(item["spec"]);
    }
}
