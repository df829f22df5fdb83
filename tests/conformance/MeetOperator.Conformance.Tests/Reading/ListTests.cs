using System.Text.Json.Nodes;
using MeetOperator.Conformance.Tests.Servers;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Lists;

namespace MeetOperator.Conformance.Tests.Reading;

/// <summary>Lists: pages, versions and selectors.</summary>
public sealed class ListTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task List_Collection_IsOrderedWithVersion(string server)
    {
        var space = await OwnAsync(server);
        await FillAsync(space, "c", "a", "b");

        var list = await space.OkAsync("GET", space.Path());

        Assert.Equal("WidgetList", list.Body.TextAt("kind"));
        Assert.Equal("conformance.example.io/v1", list.Body.TextAt("apiVersion"));
        Assert.Equal(["a", "b", "c"], Names(list));
        Assert.Equal("Widget", list.Body.TextAt("items[0].kind"));
        Assert.True(Number(list.Version) >= Number(list.Body.TextAt("items[1].metadata.resourceVersion")!));
        Assert.True(string.IsNullOrEmpty(list.Body.TextAt("metadata.continue")));
    }

    [Theory]
    [EveryServer]
    public async Task List_WithoutObjects_HasEmptyItems(string server)
    {
        var space = await OwnAsync(server);

        Assert.Equal("[]", (await space.OkAsync("GET", space.Path()))["items"].Json());
    }

    [Theory]
    [EveryServer]
    public async Task List_WithLimit_PagesAtOneVersion(string server)
    {
        var space = await OwnAsync(server);
        await FillAsync(space, "a", "b", "c", "d", "e");

        var first = await space.OkAsync("GET", space.Path("?limit=2"));
        await space.CreateAsync("bb");
        await space.OkAsync("DELETE", space.Path("d"));
        var second = await space.OkAsync("GET", space.Path($"?limit=2&continue={Uri.EscapeDataString(first.Body.TextAt("metadata.continue")!)}"));
        var third = await space.OkAsync("GET", space.Path($"?limit=2&continue={Uri.EscapeDataString(second.Body.TextAt("metadata.continue")!)}"));

        Assert.Equal(["a", "b"], Names(first));
        Assert.Equal(3, first.Body.NumberAt("metadata.remainingItemCount"));
        Assert.Equal(["c", "d"], Names(second));
        Assert.Equal(1, second.Body.NumberAt("metadata.remainingItemCount"));
        Assert.Equal(["e"], Names(third));
        Assert.True(string.IsNullOrEmpty(third.Body.TextAt("metadata.continue")));
        Assert.Null(third["metadata.remainingItemCount"]);
        Assert.All((ApiResponse[])[second, third], page => Assert.Equal(first.Version, page.Version));
    }

    [Theory]
    [EveryServer]
    public async Task List_LimitAndSelector_HasNoRemainingCount(string server)
    {
        var space = await OwnAsync(server);
        foreach (var name in (string[])["a", "b", "c", "d"])
        {
            await space.CreateAsync(name, metadata: $$$"""{"labels":{"odd":"{{{name is "a" or "c"}}}"}}""");
        }

        var first = await space.OkAsync("GET", space.Path("?limit=1&labelSelector=odd%3DTrue"));
        var second = await space.OkAsync("GET", space.Path($"?limit=1&labelSelector=odd%3DTrue&continue={Uri.EscapeDataString(first.Body.TextAt("metadata.continue")!)}"));

        Assert.Equal(["a"], Names(first));
        Assert.Null(first["metadata.remainingItemCount"]);
        Assert.Equal(["c"], Names(second));
    }

    [Theory]
    [EveryServer]
    public async Task List_ExpiredContinueToken_IsGoneWithNewToken(string server)
    {
        var space = await OwnAsync(server);
        await FillAsync(space, "a", "b", "c");
        var first = await space.OkAsync("GET", space.Path("?limit=1"));
        await space.CreateAsync("d");
        await space.Server.CompactAsync();

        var response = await space.RejectedAsync(410, "GET", space.Path($"?limit=1&continue={OfVersionOne(first)}"));
        var onward = await space.OkAsync("GET", space.Path($"?limit=9&continue={Uri.EscapeDataString(response.Body.TextAt("metadata.continue")!)}"));

        Assert.Equal("Expired", response.Reason);
        Assert.Equal(["b", "c", "d"], Names(onward));
    }

    [Theory]
    [EveryServer]
    public async Task List_InvalidTokenOrLimit_IsBadRequest(string server)
    {
        var space = await OwnAsync(server);

        Assert.Equal(400, (await space.SendAsync("GET", space.Path("?limit=1&continue=nonsense"))).Code);
        Assert.Equal(400, (await space.SendAsync("GET", space.Path("?limit=many"))).Code);
    }

    [Theory]
    [EveryServer]
    public async Task List_AtResourceVersion_ReturnsThatVersionOrNewer(string server)
    {
        var space = await OwnAsync(server);
        await FillAsync(space, "a");
        var created = await space.CreateAsync("b");

        var zero = await space.OkAsync("GET", space.Path("?resourceVersion=0"));
        var since = await space.OkAsync("GET", space.Path($"?resourceVersion={created.Version}"));
        var future = await space.SendAsync("GET", space.Path("?resourceVersion=999999999999"));

        Assert.NotEmpty(zero.Version);
        Assert.Equal(["a", "b"], Names(since).Order(StringComparer.Ordinal));
        Assert.Equal(504, future.Code);
        Assert.Equal("Timeout", future.Reason);
        Assert.Contains("Too large resource version", future.Message, StringComparison.Ordinal);
        Assert.Equal("ResourceVersionTooLarge", future.Body.TextAt("details.causes[0].reason"));
    }

    [Theory]
    [EveryServer]
    public async Task List_LabelSelector_SupportsEveryForm(string server)
    {
        var space = await OwnAsync(server);
        await space.CreateAsync("a", metadata: """{"labels":{"tier":"gold","zone":"1"}}""");
        await space.CreateAsync("b", metadata: """{"labels":{"tier":"iron"}}""");
        await space.CreateAsync("c");

        foreach (var (selector, expected) in ((string, string[])[])
                 [
                     ("tier=gold", ["a"]), ("tier==gold", ["a"]), ("tier!=gold", ["b", "c"]), ("tier", ["a", "b"]), ("!tier", ["c"]),
                     ("tier in (gold,iron)", ["a", "b"]), ("tier notin (gold)", ["b", "c"]), ("tier,zone=1", ["a"]), ("zone>0", ["a"]), ("zone<1", []),
                 ])
        {
            Assert.Equal(expected, Names(await space.OkAsync("GET", space.Path("?labelSelector=" + Uri.EscapeDataString(selector)))));
        }

        Assert.Equal(400, (await space.SendAsync("GET", space.Path("?labelSelector=" + Uri.EscapeDataString("a b")))).Code);
    }

    [Theory]
    [EveryServer]
    public async Task List_FieldSelector_SupportsNameAndNamespace(string server)
    {
        var space = await OwnAsync(server);
        await FillAsync(space, "a", "b");

        Assert.Equal(["b"], Names(await space.OkAsync("GET", space.Path("?fieldSelector=metadata.name%3Db"))));
        Assert.Equal(["a"], Names(await space.OkAsync("GET", space.Path("?fieldSelector=metadata.name!%3Db"))));
        Assert.Equal([], Names(await space.OkAsync("GET", space.Path("?fieldSelector=metadata.namespace%3Delsewhere"))));
        var other = await space.SendAsync("GET", space.Path("?fieldSelector=spec.size%3DSmall"));
        Assert.Equal(400, other.Code);
        Assert.Contains("field label not supported: spec.size", other.Message, StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer]
    public async Task List_AllNamespaces_ContainsEachNamespace(string server)
    {
        var (one, two) = (await OwnAsync(server), await OwnAsync(server));
        var mark = Space.NewName();
        await one.CreateAsync("a", metadata: $$$"""{"labels":{"mark":"{{{mark}}}"}}""");
        await two.CreateAsync("a", metadata: $$$"""{"labels":{"mark":"{{{mark}}}"}}""");

        var list = await one.OkAsync("GET", $"{Space.Group}/v1/widgets?labelSelector=mark%3D{mark}");

        Assert.Equal([one.Namespace, two.Namespace], ((JsonArray)list["items"]!).Select(i => i.TextAt("metadata.namespace")!));
    }

    [Theory]
    [EveryServer]
    public async Task ListAll_TypedClient_ReadsEveryPage(string server)
    {
        var space = await OwnAsync(server);
        await FillAsync(space, "a", "b", "c", "d", "e");

        var all = await space.Client.ListAllAsync<Objects.TypedWidget>(space.Namespace, new ListOptions { Limit = 2 }, CancellationToken.None);

        Assert.Equal(["a", "b", "c", "d", "e"], all.Items.Select(i => i.Metadata.Name));
    }

    private static async Task FillAsync(Space space, params string[] names)
    {
        foreach (var name in names)
        {
            await space.CreateAsync(name);
        }
    }

    /// <summary>The continue token of a page with an expired version.</summary>
    private static string OfVersionOne(ApiResponse page)
    {
        var token = page.Body.TextAt("metadata.continue")!;
        var content = JsonNode.Parse(Convert.FromBase64String(token.Replace('-', '+').Replace('_', '/').PadRight((token.Length + 3) / 4 * 4, '=')))!;
        content["rv"] = 1;
        return Uri.EscapeDataString(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(content.ToJsonString())).TrimEnd('=').Replace('+', '-').Replace('/', '_'));
    }

    private static IEnumerable<string> Names(ApiResponse list) => ((JsonArray)list["items"]!).Select(item => item.TextAt("metadata.name")!);

    private static long Number(string version) => long.Parse(version, System.Globalization.CultureInfo.InvariantCulture);
}
