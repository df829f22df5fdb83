using System.Text.Json.Nodes;
using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Apply;

/// <summary>The shape of metadata.managedFields, and how other writers keep it.</summary>
public sealed class ManagedFieldsTests(Fleet fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task Entry_OfAnApply_HasTheWholeShape(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var made = await space.ApplyAsync(
            name,
            "one",
            """{"size":"Small","ports":[{"name":"a","number":1}],"endpoints":[{"port":1}],"tags":["t"],"steps":[{"run":"x"}],"selector":{"k":"v"},"options":{"o":"1"},"blob":{"any":{"x":1}},"nested":{"inner":{"name":"n"}}}""",
            """{"labels":{"l":"1"},"annotations":{"a":"1"},"finalizers":["example.io/f"]}""");
        await space.MergeAsync(name, """{"metadata":{"finalizers":null}}""");

        var entry = (JsonObject)made["metadata.managedFields[0]"]!;
        Assert.Equal("conformance.example.io/v1", entry.TextAt("apiVersion"));
        Assert.Equal("FieldsV1", entry.TextAt("fieldsType"));
        Assert.Equal("one", entry.TextAt("manager"));
        Assert.Equal("Apply", entry.TextAt("operation"));
        Assert.NotNull(entry.TextAt("time"));
        Assert.Null(entry.TextAt("subresource"));
        // 1.20 takes what has no schema for one value.
        var free = server == ServerNames.Kubernetes120 ? "{}" : """{".":{},"f:x":{}}""";
        Assert.Equal(
            """{"f:metadata":{"f:annotations":{"f:a":{}},"f:finalizers":{"v:\"example.io/f\"":{}},"f:labels":{"f:l":{}}},"f:spec":{"f:blob":{"f:any":FREE},"f:endpoints":{"k:{\"port\":1,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}},"f:nested":{"f:inner":{"f:name":{}}},"f:options":{"f:o":{}},"f:ports":{"k:{\"name\":\"a\"}":{".":{},"f:name":{},"f:number":{}}},"f:selector":{},"f:size":{},"f:steps":{},"f:tags":{"v:\"t\"":{}}}}""".Replace("FREE", free, StringComparison.Ordinal),
            entry["fieldsV1"].Sorted());
    }

    [Theory]
    [EveryServer]
    public async Task Entry_OfACreate_HoldsAllThatWasWrittenWithItsParents(string server)
    {
        var space = await SharedAsync(server);

        var made = await space.CreateAsync(Space.NewName(), """{"size":"Small","nested":{"level":2}}""", """{"labels":{"l":"1"}}""", "?fieldManager=maker");

        var entry = Assert.Single(Ownership.Of(made));
        Assert.Equal(("maker", "Update", string.Empty), (entry.Manager, entry.Operation, entry.Subresource));
        Assert.Contains("\"f:labels\":{\".\":{},\"f:l\":{}}", entry.Fields, StringComparison.Ordinal);
        Assert.Contains("\"f:spec\":{\".\":{},", entry.Fields, StringComparison.Ordinal);
        Assert.Contains("\"f:nested\":{\".\":{},", entry.Fields, StringComparison.Ordinal);
        Assert.Contains("\"f:replicas\":{}", entry.Fields, StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer]
    public async Task Manager_ThatIsNotNamed_IsThePartOfTheUserAgentBeforeTheSlash(string server)
    {
        var space = await SharedAsync(server);

        var made = await space.CreateAsync(Space.NewName());

        Assert.Equal("conformance", Assert.Single(Ownership.Of(made)).Manager);
    }

    [Theory]
    [EveryServer]
    public async Task Replace_OfAnObject_KeepsTheOwnershipOfOthers(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var made = await space.ApplyAsync(name, "one", """{"size":"Small","title":"x"}""");

        // Without managedFields in the body, and with them: what is there stays.
        var without = await space.OkAsync("PUT", space.Path(name + "?fieldManager=hand"), Space.Widget(name, """{"size":"Small","title":"x","replicas":2}""", $$"""{"resourceVersion":"{{made.Version}}"}"""));
        var body = (JsonObject)without.Body.DeepClone();
        body["spec"]!["replicas"] = 3;
        var with = await space.OkAsync("PUT", space.Path(name + "?fieldManager=hand"), body.ToJsonString());

        Assert.All((Answer[])[without, with], answer =>
        {
            Assert.Equal("""{"f:spec":{"f:size":{},"f:title":{}}}""", Ownership.FieldsOf(answer, "one"));
            Assert.Contains("f:replicas", Ownership.FieldsOf(answer, "hand", "Update"), StringComparison.Ordinal);
        });
    }

    [Theory]
    [EveryServer]
    public async Task Replace_WithOneEmptyEntry_ForgetsAllOwnership(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.ApplyAsync(name, "one", """{"size":"Small","title":"x"}""");

        var cleared = await space.MergeAsync(name, """{"metadata":{"managedFields":[{}]}}""");

        Assert.Null(cleared["metadata.managedFields"]);
    }

    [Theory]
    [EveryServer]
    public async Task Status_ThatIsUpdated_HasAnEntryOfItsOwn(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name, query: "?fieldManager=boss");

        var changed = await space.OkAsync("PATCH", space.Path(name + "/status?fieldManager=boss"), """{"status":{"phase":"Running"}}""", Space.MergePatch);

        if (server != ServerNames.Kubernetes120)
        {
            // Since 1.22 the subresource is part of an entry's identity; 1.20 folds both into one.
            var entry = Assert.Single(Ownership.Of(changed), e => e.Subresource == "status");
            Assert.Equal("""{"f:status":{".":{},"f:observed":{},"f:phase":{}}}""", entry.Fields);
            Assert.DoesNotContain("f:status", Assert.Single(Ownership.Of(changed), e => e.Subresource.Length == 0).Fields, StringComparison.Ordinal);
        }
    }

    [Theory]
    [EveryServer]
    public async Task Field_ThatIsRemoved_IsOwnedByNobody(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name, """{"size":"Small","title":"x","options":{"a":"1"}}""", query: "?fieldManager=maker");

        var changed = await space.MergeAsync(name, """{"spec":{"title":null,"options":null}}""", "?fieldManager=hand");

        Assert.DoesNotContain("f:title", Ownership.FieldsOf(changed, "maker", "Update"), StringComparison.Ordinal);
        Assert.DoesNotContain("f:options", Ownership.FieldsOf(changed, "maker", "Update"), StringComparison.Ordinal);
        Assert.Equal("null", Ownership.FieldsOf(changed, "hand", "Update"));
    }

    [Theory]
    [EveryServer]
    public async Task Apply_WithoutAManagerOrWithManagedFields_IsRefused(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var nobody = await space.SendAsync("PATCH", space.Path(name), Space.Widget(name), Space.ApplyPatch);
        var claimed = await space.SendAsync("PATCH", space.Path(name + "?fieldManager=one"), Space.Widget(name, metadata: """{"managedFields":[{"manager":"x","operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{}}]}"""), Space.ApplyPatch);
        var forced = await space.SendAsync("PATCH", space.Path(name + "?force=true"), "{}", Space.MergePatch);

        Assert.Contains("fieldManager: Required value: is required for apply patch", nobody.Message, StringComparison.Ordinal);
        Assert.Equal(400, claimed.Code);
        Assert.Equal("metadata.managedFields must be nil", claimed.Message);
        Assert.Contains("force: Forbidden: may not be specified for non-apply patch", forced.Message, StringComparison.Ordinal);
        Assert.All((Answer[])[nobody, forced], answer => Assert.True(answer.Code is 400 or 422, answer.ToString()));
    }

    [Theory]
    [EveryServer]
    public async Task Apply_WithoutAChange_KeepsTimeAndVersion(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var made = await space.ApplyAsync(name, "one", """{"size":"Small"}""");
        await space.ApplyAsync(name, "two", """{"size":"Small"}""");
        var before = await space.GetAsync(name);

        var after = await space.ApplyAsync(name, "one", """{"size":"Small"}""");

        Assert.Equal(before["metadata.managedFields"].Json(), after["metadata.managedFields"].Json());
        Assert.Equal(before.Version, after.Version);
        Assert.NotEqual(made.Version, after.Version);
    }
}
