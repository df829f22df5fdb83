using MeetOperator.Conformance.Tests.Servers;
using MeetOperator.Kube;

namespace MeetOperator.Conformance.Tests.Objects;

/// <summary>What a new object gets, and which are not made.</summary>
public sealed class CreationTests(Fleet fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task Create_Object_GetsWhatOnlyTheServerGives(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var made = await space.OkAsync("POST", space.Path(), Space.Widget(
            name,
            metadata: """{"uid":"00000000-0000-0000-0000-000000000001","generation":9,"creationTimestamp":"2001-01-01T00:00:00Z","deletionTimestamp":"2001-01-01T00:00:00Z","selfLink":"x"}"""));

        Assert.Equal(201, made.Code);
        Assert.Equal(1, made.Body.NumberAt("metadata.generation"));
        Assert.NotEqual("00000000-0000-0000-0000-000000000001", made["metadata.uid"]!.GetValue<string>());
        Assert.True(Guid.TryParse(made["metadata.uid"]!.GetValue<string>(), out _));
        Assert.NotEqual(2001, DateTimeOffset.Parse(made["metadata.creationTimestamp"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture).Year);
        Assert.Null(made["metadata.deletionTimestamp"]);
        Assert.Equal(space.Namespace, made["metadata.namespace"]!.GetValue<string>());
        Assert.NotEmpty(made.Version);
    }

    [Theory]
    [EveryServer]
    public async Task Create_WithStatus_DropsIt(string server)
    {
        var space = await SharedAsync(server);

        var made = await space.OkAsync("POST", space.Path(), Space.Widget(Space.NewName(), rest: """{"status":{"phase":"Running"}}"""));

        Assert.Null(made["status"]);
    }

    [Theory]
    [EveryServer]
    public async Task Create_WithGenerateName_MakesUpANameEachTime(string server)
    {
        var space = await SharedAsync(server);

        var first = await space.OkAsync("POST", space.Path(), Space.Widget(string.Empty, metadata: """{"generateName":"gen-"}"""));
        var second = await space.OkAsync("POST", space.Path(), Space.Widget(string.Empty, metadata: """{"generateName":"gen-"}"""));

        Assert.Matches("^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$", first.Name);
        Assert.NotEqual(first.Name, second.Name);
        Assert.Equal("gen-", first["metadata.generateName"]!.GetValue<string>());
    }

    [Theory]
    [EveryServer]
    public async Task Create_WithNameAndGenerateName_KeepsTheName(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        Assert.Equal(name, (await space.CreateAsync(name, metadata: """{"generateName":"gen-"}""")).Name);
    }

    [Theory]
    [EveryServer]
    public async Task Create_WithoutAnyName_IsRefused(string server)
    {
        var space = await SharedAsync(server);

        var answer = await space.RefusedAsync(422, "POST", space.Path(), Space.Widget(string.Empty));

        Assert.Contains("FieldValueRequired metadata.name", answer.Causes);
    }

    [Theory]
    [EveryServer]
    public async Task Create_OfATakenName_IsAlreadyExists(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var answer = await space.RefusedAsync(409, "POST", space.Path(), Space.Widget(name));

        Assert.Equal("AlreadyExists", answer.Reason);
        Assert.Equal($"widgets.conformance.example.io \"{name}\" already exists", answer.Message);
        Assert.Equal("widgets", answer["details.kind"]!.GetValue<string>());
    }

    [Theory]
    [EveryServer]
    public async Task Create_WithAResourceVersion_IsRefused(string server)
    {
        var space = await SharedAsync(server);

        var answer = await space.SendAsync("POST", space.Path(), Space.Widget(Space.NewName(), metadata: """{"resourceVersion":"1"}"""));

        // The API server tells it as a fault of its own; a client must not take it for success or a conflict.
        Assert.Equal(500, answer.Code);
        Assert.Contains("resourceVersion should not be set on objects to be created", answer.Message, StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer]
    public async Task Create_OfAnotherKindNamespaceOrVersion_IsRefused(string server)
    {
        var space = await SharedAsync(server);

        var kind = await space.RefusedAsync(422, "POST", space.Path(), Space.Widget(Space.NewName()).Replace("\"Widget\"", "\"Gizmo\"", StringComparison.Ordinal));
        var ns = await space.RefusedAsync(400, "POST", space.Path(), Space.Widget(Space.NewName(), metadata: """{"namespace":"elsewhere"}"""));
        var version = await space.RefusedAsync(400, "POST", space.Path(), Space.Widget(Space.NewName(), version: "v7"));

        Assert.Equal(["FieldValueInvalid kind"], kind.Causes);
        Assert.Contains("kind: Invalid value: \"Gizmo\": must be Widget", kind.Message, StringComparison.Ordinal);
        Assert.All((Answer[])[ns, version], answer => Assert.Equal("BadRequest", answer.Reason));
        Assert.Equal("the API version in the data (conformance.example.io/v7) does not match the expected API version (conformance.example.io/v1)", version.Message);
        Assert.Equal("the namespace of the provided object does not match the namespace sent on the request", ns.Message);
    }

    [Theory]
    [EveryServer]
    public async Task Create_WithTheTypedClient_GivesTheStoredObject(string server)
    {
        var space = await SharedAsync(server);

        var made = await space.Client.CreateAsync(new TypedWidget { Metadata = new() { Name = Space.NewName(), Namespace = space.Namespace }, Spec = new() { Size = "Large" } }, CancellationToken.None);
        var again = await space.Client.GetAsync<TypedWidget>(made.Metadata.NamespacedName, CancellationToken.None);

        Assert.Equal("Large", again.Spec.Size);
        Assert.Equal(1, again.Spec.Replicas);
        Assert.Equal(made.Metadata.Uid, again.Metadata.Uid);
    }

    [Theory]
    [EveryServer]
    public async Task Read_InAnotherServedVersion_IsTheSameObject(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var made = await space.OkAsync("POST", space.Path(version: "v1beta1"), Space.Widget(name, version: "v1beta1"));

        Assert.Equal("conformance.example.io/v1beta1", made["apiVersion"]!.GetValue<string>());
        Assert.Equal("conformance.example.io/v1", (await space.GetAsync(name))["apiVersion"]!.GetValue<string>());
        var list = await space.OkAsync("GET", space.Path("?fieldSelector=metadata.name=" + name, "v1beta1"));
        Assert.Equal("conformance.example.io/v1beta1", list["items[0].apiVersion"]!.GetValue<string>());
    }
}
