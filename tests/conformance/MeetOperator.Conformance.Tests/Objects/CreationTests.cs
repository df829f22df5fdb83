using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Objects;

/// <summary>Creation: the fields that the server sets, and the objects that it rejects.</summary>
public sealed class CreationTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task Create_ValidObject_HasServerMetadata(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var created = await space.OkAsync("POST", space.Path(), Space.Widget(
            name,
            metadata: """{"uid":"00000000-0000-0000-0000-000000000001","generation":9,"creationTimestamp":"2001-01-01T00:00:00Z","deletionTimestamp":"2001-01-01T00:00:00Z","selfLink":"x"}"""));

        Assert.Equal(201, created.Code);
        Assert.Equal(1, created.Body.NumberAt("metadata.generation"));
        Assert.NotEqual("00000000-0000-0000-0000-000000000001", created["metadata.uid"]!.GetValue<string>());
        Assert.True(Guid.TryParse(created["metadata.uid"]!.GetValue<string>(), out _));
        Assert.NotEqual(2001, DateTimeOffset.Parse(created["metadata.creationTimestamp"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture).Year);
        Assert.Null(created["metadata.deletionTimestamp"]);
        Assert.Equal(space.Namespace, created["metadata.namespace"]!.GetValue<string>());
        Assert.NotEmpty(created.Version);
    }

    [Theory]
    [EveryServer]
    public async Task Create_WithStatus_DropsIt(string server)
    {
        var space = await SharedAsync(server);

        var created = await space.OkAsync("POST", space.Path(), Space.Widget(Space.NewName(), rest: """{"status":{"phase":"Running"}}"""));

        Assert.Null(created["status"]);
    }

    [Theory]
    [EveryServer]
    public async Task Create_WithGenerateName_GeneratesUniqueNames(string server)
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
    public async Task Create_WithoutName_IsRejected(string server)
    {
        var space = await SharedAsync(server);

        var response = await space.RejectedAsync(422, "POST", space.Path(), Space.Widget(string.Empty));

        Assert.Contains("FieldValueRequired metadata.name", response.Causes);
    }

    [Theory]
    [EveryServer]
    public async Task Create_ExistingName_IsAlreadyExists(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var response = await space.RejectedAsync(409, "POST", space.Path(), Space.Widget(name));

        Assert.Equal("AlreadyExists", response.Reason);
        Assert.Equal($"widgets.conformance.example.io \"{name}\" already exists", response.Message);
        Assert.Equal("widgets", response["details.kind"]!.GetValue<string>());
    }

    [Theory]
    [EveryServer]
    public async Task Create_WithResourceVersion_IsRejected(string server)
    {
        var space = await SharedAsync(server);

        var response = await space.SendAsync("POST", space.Path(), Space.Widget(Space.NewName(), metadata: """{"resourceVersion":"1"}"""));

        // The API server returns an internal error; clients must treat it neither as success nor as a conflict.
        Assert.Equal(500, response.Code);
        Assert.Contains("resourceVersion should not be set on objects to be created", response.Message, StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer]
    public async Task Create_WrongKindNamespaceOrVersion_IsRejected(string server)
    {
        var space = await SharedAsync(server);

        var kind = await space.RejectedAsync(422, "POST", space.Path(), Space.Widget(Space.NewName()).Replace("\"Widget\"", "\"Gizmo\"", StringComparison.Ordinal));
        var ns = await space.RejectedAsync(400, "POST", space.Path(), Space.Widget(Space.NewName(), metadata: """{"namespace":"elsewhere"}"""));
        var version = await space.RejectedAsync(400, "POST", space.Path(), Space.Widget(Space.NewName(), version: "v7"));

        Assert.Equal(["FieldValueInvalid kind"], kind.Causes);
        Assert.Contains("kind: Invalid value: \"Gizmo\": must be Widget", kind.Message, StringComparison.Ordinal);
        Assert.All((ApiResponse[])[ns, version], response => Assert.Equal("BadRequest", response.Reason));
        Assert.Equal("the API version in the data (conformance.example.io/v7) does not match the expected API version (conformance.example.io/v1)", version.Message);
        Assert.Equal("the namespace of the provided object does not match the namespace sent on the request", ns.Message);
    }

    [Theory]
    [EveryServer]
    public async Task Create_TypedClient_ReturnsStoredObject(string server)
    {
        var space = await SharedAsync(server);

        var created = await space.Client.CreateAsync(new TypedWidget { Metadata = new() { Name = Space.NewName(), Namespace = space.Namespace }, Spec = new() { Size = "Large" } }, CancellationToken.None);
        var again = await space.Client.GetAsync<TypedWidget>(created.Metadata.NamespacedName, CancellationToken.None);

        Assert.Equal("Large", again.Spec.Size);
        Assert.Equal(1, again.Spec.Replicas);
        Assert.Equal(created.Metadata.Uid, again.Metadata.Uid);
    }

    [Theory]
    [EveryServer]
    public async Task Read_OtherServedVersion_ReturnsSameObject(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.OkAsync("POST", space.Path(version: "v1beta1"), Space.Widget(name, version: "v1beta1"));

        Assert.Equal("conformance.example.io/v1beta1", created["apiVersion"]!.GetValue<string>());
        Assert.Equal("conformance.example.io/v1", (await space.GetAsync(name))["apiVersion"]!.GetValue<string>());
        var list = await space.OkAsync("GET", space.Path("?fieldSelector=metadata.name=" + name, "v1beta1"));
        Assert.Equal("conformance.example.io/v1beta1", list["items[0].apiVersion"]!.GetValue<string>());
    }
}
