using System.Text.Json.Nodes;
using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Apply;

/// <summary>The content of metadata.managedFields, and its preservation by other writes.</summary>
public sealed class ManagedFieldsTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task Entry_AfterApply_HasAllMembers(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var created = await space.ApplyAsync(
            name,
            "one",
            """{"size":"Small","ports":[{"name":"a","number":1}],"endpoints":[{"port":1}],"tags":["t"],"steps":[{"run":"x"}],"selector":{"k":"v"},"options":{"o":"1"},"blob":{"any":{"x":1}},"nested":{"inner":{"name":"n"}}}""",
            """{"labels":{"l":"1"},"annotations":{"a":"1"},"finalizers":["example.io/f"]}""");
        await space.MergeAsync(name, """{"metadata":{"finalizers":null}}""");

        var entry = (JsonObject)created["metadata.managedFields[0]"]!;
        Assert.Equal("conformance.example.io/v1", entry.TextAt("apiVersion"));
        Assert.Equal("FieldsV1", entry.TextAt("fieldsType"));
        Assert.Equal("one", entry.TextAt("manager"));
        Assert.Equal("Apply", entry.TextAt("operation"));
        Assert.NotNull(entry.TextAt("time"));
        Assert.Null(entry.TextAt("subresource"));
        // 1.20 treats a field without a schema as one value.
        var free = server == ServerNames.Kubernetes120 ? "{}" : """{".":{},"f:x":{}}""";
        Assert.Equal(
            """{"f:metadata":{"f:annotations":{"f:a":{}},"f:finalizers":{"v:\"example.io/f\"":{}},"f:labels":{"f:l":{}}},"f:spec":{"f:blob":{"f:any":FREE},"f:endpoints":{"k:{\"port\":1,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}},"f:nested":{"f:inner":{"f:name":{}}},"f:options":{"f:o":{}},"f:ports":{"k:{\"name\":\"a\"}":{".":{},"f:name":{},"f:number":{}}},"f:selector":{},"f:size":{},"f:steps":{},"f:tags":{"v:\"t\"":{}}}}""".Replace("FREE", free, StringComparison.Ordinal),
            entry["fieldsV1"].Sorted());
    }

    [Theory]
    [EveryServer]
    public async Task Entry_AfterCreate_HoldsAllFieldsWithParents(string server)
    {
        var space = await SharedAsync(server);

        var created = await space.CreateAsync(Space.NewName(), """{"size":"Small","nested":{"level":2}}""", """{"labels":{"l":"1"}}""", "?fieldManager=maker");

        var entry = Assert.Single(Ownership.Of(created));
        Assert.Equal(("maker", "Update", string.Empty), (entry.Manager, entry.Operation, entry.Subresource));
        Assert.Contains("\"f:labels\":{\".\":{},\"f:l\":{}}", entry.Fields, StringComparison.Ordinal);
        Assert.Contains("\"f:spec\":{\".\":{},", entry.Fields, StringComparison.Ordinal);
        Assert.Contains("\"f:nested\":{\".\":{},", entry.Fields, StringComparison.Ordinal);
        Assert.Contains("\"f:replicas\":{}", entry.Fields, StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer]
    public async Task Manager_NotNamed_IsUserAgentPrefix(string server)
    {
        var space = await SharedAsync(server);

        var created = await space.CreateAsync(Space.NewName());

        Assert.Equal("conformance", Assert.Single(Ownership.Of(created)).Manager);
    }

    [Theory]
    [EveryServer]
    public async Task Replace_ExistingObject_KeepsOtherOwners(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.ApplyAsync(name, "one", """{"size":"Small","title":"x"}""");

        // The entries are kept with and without managedFields in the body.
        var without = await space.OkAsync("PUT", space.Path(name + "?fieldManager=hand"), Space.Widget(name, """{"size":"Small","title":"x","replicas":2}""", $$"""{"resourceVersion":"{{created.Version}}"}"""));
        var body = (JsonObject)without.Body.DeepClone();
        body["spec"]!["replicas"] = 3;
        var with = await space.OkAsync("PUT", space.Path(name + "?fieldManager=hand"), body.ToJsonString());

        Assert.All((ApiResponse[])[without, with], response =>
        {
            Assert.Equal("""{"f:spec":{"f:size":{},"f:title":{}}}""", Ownership.FieldsOf(response, "one"));
            Assert.Contains("f:replicas", Ownership.FieldsOf(response, "hand", "Update"), StringComparison.Ordinal);
        });
    }

    [Theory]
    [EveryServer]
    public async Task Replace_EmptyManagedFieldsEntry_ResetsOwnership(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.ApplyAsync(name, "one", """{"size":"Small","title":"x"}""");

        var cleared = await space.MergeAsync(name, """{"metadata":{"managedFields":[{}]}}""");

        Assert.Null(cleared["metadata.managedFields"]);
    }

    [Theory]
    [EveryServer]
    public async Task Status_Update_HasOwnEntry(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name, query: "?fieldManager=boss");

        var changed = await space.OkAsync("PATCH", space.Path(name + "/status?fieldManager=boss"), """{"status":{"phase":"Running"}}""", Space.MergePatch);

        if (server != ServerNames.Kubernetes120)
        {
            // Since 1.22 the subresource is part of the identity of an entry; 1.20 merges both entries.
            var entry = Assert.Single(Ownership.Of(changed), e => e.Subresource == "status");
            Assert.Equal("""{"f:status":{".":{},"f:observed":{},"f:phase":{}}}""", entry.Fields);
            Assert.DoesNotContain("f:status", Assert.Single(Ownership.Of(changed), e => e.Subresource.Length == 0).Fields, StringComparison.Ordinal);
        }
    }

    [Theory]
    [EveryServer]
    public async Task Field_Removed_HasNoOwner(string server)
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
    public async Task Apply_WithoutManagerOrWithManagedFields_IsRejected(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var unnamed = await space.SendAsync("PATCH", space.Path(name), Space.Widget(name), Space.ApplyPatch);
        var claimed = await space.SendAsync("PATCH", space.Path(name + "?fieldManager=one"), Space.Widget(name, metadata: """{"managedFields":[{"manager":"x","operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{}}]}"""), Space.ApplyPatch);
        var forced = await space.SendAsync("PATCH", space.Path(name + "?force=true"), "{}", Space.MergePatch);

        Assert.Contains("fieldManager: Required value: is required for apply patch", unnamed.Message, StringComparison.Ordinal);
        Assert.Equal(400, claimed.Code);
        Assert.Equal("metadata.managedFields must be nil", claimed.Message);
        Assert.Contains("force: Forbidden: may not be specified for non-apply patch", forced.Message, StringComparison.Ordinal);
        Assert.All((ApiResponse[])[unnamed, forced], response => Assert.True(response.Code is 400 or 422, response.ToString()));
    }

    [Theory]
    [EveryServer]
    public async Task Apply_WithoutChange_KeepsTimeAndVersion(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.ApplyAsync(name, "one", """{"size":"Small"}""");
        await space.ApplyAsync(name, "two", """{"size":"Small"}""");
        var before = await space.GetAsync(name);

        var after = await space.ApplyAsync(name, "one", """{"size":"Small"}""");

        Assert.Equal(before["metadata.managedFields"].Json(), after["metadata.managedFields"].Json());
        Assert.Equal(before.Version, after.Version);
        Assert.NotEqual(created.Version, after.Version);
    }
}
