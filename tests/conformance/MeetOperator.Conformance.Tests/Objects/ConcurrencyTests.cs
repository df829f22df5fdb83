using MeetOperator.Conformance.Tests.Servers;
using MeetOperator.Kube.Client;

namespace MeetOperator.Conformance.Tests.Objects;

/// <summary>Two writers of one object.</summary>
public sealed class ConcurrencyTests(Fleet fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task Replace_OfAnOldVersion_IsAConflict(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var old = await space.CreateAsync(name);
        await space.MergeAsync(name, """{"spec":{"replicas":2}}""");

        var answer = await space.RefusedAsync(409, "PUT", space.Path(name), Space.Widget(name, """{"size":"Large"}""", $$"""{"resourceVersion":"{{old.Version}}"}"""));

        Assert.Equal("Conflict", answer.Reason);
        Assert.Equal(
            $"Operation cannot be fulfilled on widgets.conformance.example.io \"{name}\": the object has been modified; please apply your changes to the latest version and try again",
            answer.Message);
        Assert.Equal("Small", (await space.GetAsync(name))["spec.size"]!.GetValue<string>());
    }

    [Theory]
    [EveryServer]
    public async Task Replace_WithoutAVersion_IsRefused(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var answer = await space.RefusedAsync(422, "PUT", space.Path(name), Space.Widget(name, """{"size":"Large"}"""));

        Assert.Equal(["FieldValueInvalid metadata.resourceVersion"], answer.Causes);
        Assert.Contains("must be specified for an update", answer.Message, StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer]
    public async Task Replace_OfNothing_IsNotFound(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var answer = await space.RefusedAsync(404, "PUT", space.Path(name), Space.Widget(name, metadata: """{"resourceVersion":"7"}"""));

        Assert.Equal("NotFound", answer.Reason);
        Assert.Equal($"widgets.conformance.example.io \"{name}\" not found", answer.Message);
    }

    [Theory]
    [EveryServer]
    public async Task Patch_WithAVersion_IsAConflictOnlyWhenItIsOld(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var old = await space.CreateAsync(name);

        var changed = await space.MergeAsync(name, $$$"""{"metadata":{"resourceVersion":"{{{old.Version}}}"},"spec":{"replicas":2}}""");
        var merge = await space.RefusedAsync(409, "PATCH", space.Path(name), $$$"""{"metadata":{"resourceVersion":"{{{old.Version}}}"},"spec":{"replicas":3}}""", Space.MergePatch);
        var json = await space.RefusedAsync(409, "PATCH", space.Path(name), $$"""[{"op":"replace","path":"/metadata/resourceVersion","value":"{{old.Version}}"},{"op":"replace","path":"/spec/replicas","value":3}]""", Space.JsonPatch);
        await space.MergeAsync(name, """{"spec":{"replicas":4}}""");

        Assert.Equal(2, changed.Body.NumberAt("spec.replicas"));
        Assert.All((Answer[])[merge, json], answer => Assert.Equal("Conflict", answer.Reason));
        Assert.Equal(4, (await space.GetAsync(name)).Body.NumberAt("spec.replicas"));
    }

    [Theory]
    [EveryServer]
    public async Task Write_OfAnotherUid_IsAConflict(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var made = await space.CreateAsync(name);
        const string Other = "00000000-0000-0000-0000-000000000001";

        var put = await space.RefusedAsync(409, "PUT", space.Path(name), Space.Widget(name, metadata: $$"""{"resourceVersion":"{{made.Version}}","uid":"{{Other}}"}"""));

        Assert.Equal("Conflict", put.Reason);
        Assert.Contains("Precondition failed: UID in precondition: " + Other, put.Message, StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer]
    public async Task Patches_FromManyAtOnce_AllCount(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        // A patch names no version: the server tries again by itself, and no label is lost.
        await Task.WhenAll(Enumerable.Range(0, 5).Select(i => space.MergeAsync(name, $$$$"""{"metadata":{"labels":{"l{{{{i}}}}":"x"}}}""")));

        Assert.Equal(5, (await space.GetAsync(name))["metadata.labels"]!.AsObject().Count);
    }

    [Theory]
    [EveryServer]
    public async Task Conflict_WithTheTypedClient_IsAKubeApiException(string server)
    {
        var space = await SharedAsync(server);
        var made = await space.Client.CreateAsync(new TypedWidget { Metadata = new() { Name = Space.NewName(), Namespace = space.Namespace }, Spec = new() { Size = "Large" } }, CancellationToken.None);
        await space.MergeAsync(made.Metadata.Name!, """{"spec":{"replicas":2}}""");

        var refusal = await Assert.ThrowsAsync<KubeApiException>(() => space.Client.ReplaceAsync(made, CancellationToken.None));

        Assert.True(refusal.IsConflict);
    }

    [Theory]
    [EveryServer]
    public async Task Replace_ThatChangesWhatTheServerOwns_IsUndoneOrRefused(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var made = await space.CreateAsync(name);

        var going = await space.RefusedAsync(422, "PUT", space.Path(name), Space.Widget(name, metadata: $$"""{"resourceVersion":"{{made.Version}}","deletionTimestamp":"2001-01-01T00:00:00Z"}"""));
        Assert.Contains("FieldValueInvalid metadata.deletionTimestamp", going.Causes);
        Assert.Contains("field is immutable", going.Message, StringComparison.Ordinal);

        var changed = await space.OkAsync("PUT", space.Path(name), Space.Widget(
            name,
            metadata: $$$"""{"resourceVersion":"{{{made.Version}}}","generation":50,"creationTimestamp":"2001-01-01T00:00:00Z","labels":{"a":"b"}}"""));

        Assert.Equal(1, changed.Body.NumberAt("metadata.generation"));
        Assert.Equal(made["metadata.creationTimestamp"].Json(), changed["metadata.creationTimestamp"].Json());
        Assert.Equal("b", changed["metadata.labels.a"]!.GetValue<string>());
    }

    [Theory]
    [EveryServer]
    public async Task Write_UnderAnotherName_IsABadRequest(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var made = await space.CreateAsync(name);

        var put = await space.RefusedAsync(400, "PUT", space.Path(name), Space.Widget("other", metadata: $$"""{"resourceVersion":"{{made.Version}}"}"""));
        var patch = await space.SendAsync("PATCH", space.Path(name), """{"metadata":{"name":"other"}}""", Space.MergePatch);

        Assert.Equal("the name of the object (other) does not match the name on the URL (" + name + ")", put.Message);
        Assert.Equal(400, patch.Code);
    }
}
