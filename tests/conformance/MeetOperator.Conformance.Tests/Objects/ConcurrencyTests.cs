using MeetOperator.Conformance.Tests.Servers;
using MeetOperator.Kube.Client.Errors;

namespace MeetOperator.Conformance.Tests.Objects;

/// <summary>Concurrent writes of one object.</summary>
public sealed class ConcurrencyTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task Replace_OldResourceVersion_IsConflict(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var old = await space.CreateAsync(name);
        await space.MergeAsync(name, """{"spec":{"replicas":2}}""");

        var response = await space.RejectedAsync(409, "PUT", space.Path(name), Space.Widget(name, """{"size":"Large"}""", $$"""{"resourceVersion":"{{old.Version}}"}"""));

        Assert.Equal("Conflict", response.Reason);
        Assert.Equal(
            $"Operation cannot be fulfilled on widgets.conformance.example.io \"{name}\": the object has been modified; please apply your changes to the latest version and try again",
            response.Message);
        Assert.Equal("Small", (await space.GetAsync(name))["spec.size"]!.GetValue<string>());
    }

    [Theory]
    [EveryServer]
    public async Task Replace_WithoutResourceVersion_IsRejected(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var response = await space.RejectedAsync(422, "PUT", space.Path(name), Space.Widget(name, """{"size":"Large"}"""));

        Assert.Equal(["FieldValueInvalid metadata.resourceVersion"], response.Causes);
        Assert.Contains("must be specified for an update", response.Message, StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer]
    public async Task Replace_MissingObject_IsNotFound(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var response = await space.RejectedAsync(404, "PUT", space.Path(name), Space.Widget(name, metadata: """{"resourceVersion":"7"}"""));

        Assert.Equal("NotFound", response.Reason);
        Assert.Equal($"widgets.conformance.example.io \"{name}\" not found", response.Message);
    }

    [Theory]
    [EveryServer]
    public async Task Patch_OldResourceVersion_IsConflict(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var old = await space.CreateAsync(name);

        var changed = await space.MergeAsync(name, $$$"""{"metadata":{"resourceVersion":"{{{old.Version}}}"},"spec":{"replicas":2}}""");
        var merge = await space.RejectedAsync(409, "PATCH", space.Path(name), $$$"""{"metadata":{"resourceVersion":"{{{old.Version}}}"},"spec":{"replicas":3}}""", Space.MergePatch);
        var json = await space.RejectedAsync(409, "PATCH", space.Path(name), $$"""[{"op":"replace","path":"/metadata/resourceVersion","value":"{{old.Version}}"},{"op":"replace","path":"/spec/replicas","value":3}]""", Space.JsonPatch);
        await space.MergeAsync(name, """{"spec":{"replicas":4}}""");

        Assert.Equal(2, changed.Body.NumberAt("spec.replicas"));
        Assert.All((ApiResponse[])[merge, json], response => Assert.Equal("Conflict", response.Reason));
        Assert.Equal(4, (await space.GetAsync(name)).Body.NumberAt("spec.replicas"));
    }

    [Theory]
    [EveryServer]
    public async Task Write_OtherUid_IsConflict(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.CreateAsync(name);
        const string Other = "00000000-0000-0000-0000-000000000001";

        var put = await space.RejectedAsync(409, "PUT", space.Path(name), Space.Widget(name, metadata: $$"""{"resourceVersion":"{{created.Version}}","uid":"{{Other}}"}"""));

        Assert.Equal("Conflict", put.Reason);
        Assert.Contains("Precondition failed: UID in precondition: " + Other, put.Message, StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer]
    public async Task Patches_Concurrent_AreAllApplied(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        // A patch without a version is retried by the server, so no label is lost.
        await Task.WhenAll(Enumerable.Range(0, 5).Select(i => space.MergeAsync(name, $$$$"""{"metadata":{"labels":{"l{{{{i}}}}":"x"}}}""")));

        Assert.Equal(5, (await space.GetAsync(name))["metadata.labels"]!.AsObject().Count);
    }

    [Theory]
    [EveryServer]
    public async Task Conflict_TypedClient_ThrowsKubeApiException(string server)
    {
        var space = await SharedAsync(server);
        var created = await space.Client.CreateAsync(new TypedWidget { Metadata = new() { Name = Space.NewName(), Namespace = space.Namespace }, Spec = new() { Size = "Large" } }, CancellationToken.None);
        await space.MergeAsync(created.Metadata.Name!, """{"spec":{"replicas":2}}""");

        var exception = await Assert.ThrowsAsync<KubeApiException>(() => space.Client.ReplaceAsync(created, CancellationToken.None));

        Assert.True(exception.IsConflict);
    }

    [Theory]
    [EveryServer]
    public async Task Replace_ServerOwnedFields_AreKeptOrRejected(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.CreateAsync(name);

        var going = await space.RejectedAsync(422, "PUT", space.Path(name), Space.Widget(name, metadata: $$"""{"resourceVersion":"{{created.Version}}","deletionTimestamp":"2001-01-01T00:00:00Z"}"""));
        Assert.Contains("FieldValueInvalid metadata.deletionTimestamp", going.Causes);
        Assert.Contains("field is immutable", going.Message, StringComparison.Ordinal);

        var changed = await space.OkAsync("PUT", space.Path(name), Space.Widget(
            name,
            metadata: $$$"""{"resourceVersion":"{{{created.Version}}}","generation":50,"creationTimestamp":"2001-01-01T00:00:00Z","labels":{"a":"b"}}"""));

        Assert.Equal(1, changed.Body.NumberAt("metadata.generation"));
        Assert.Equal(created["metadata.creationTimestamp"].Json(), changed["metadata.creationTimestamp"].Json());
        Assert.Equal("b", changed["metadata.labels.a"]!.GetValue<string>());
    }

    [Theory]
    [EveryServer]
    public async Task Write_OtherName_IsBadRequest(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.CreateAsync(name);

        var put = await space.RejectedAsync(400, "PUT", space.Path(name), Space.Widget("other", metadata: $$"""{"resourceVersion":"{{created.Version}}"}"""));
        var patch = await space.SendAsync("PATCH", space.Path(name), """{"metadata":{"name":"other"}}""", Space.MergePatch);

        Assert.Equal("the name of the object (other) does not match the name on the URL (" + name + ")", put.Message);
        Assert.Equal(400, patch.Code);
    }
}
