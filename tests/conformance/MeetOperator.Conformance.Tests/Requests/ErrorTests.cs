using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Requests;

/// <summary>Requests that cannot be served, and in which shape that is told.</summary>
public sealed class ErrorTests(Fleet fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task Object_ThatIsMissing_IsNotFoundWithDetails(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var answer = await space.RefusedAsync(404, "GET", space.Path(name));

        Assert.Equal(
            $$$"""{"apiVersion":"v1","code":404,"details":{"group":"conformance.example.io","kind":"widgets","name":"{{{name}}}"},"kind":"Status","message":"widgets.conformance.example.io \"{{{name}}}\" not found","metadata":{},"reason":"NotFound","status":"Failure"}""",
            answer.Body.Sorted());
    }

    [Theory]
    [EveryServer]
    public async Task Resource_ThatIsUnknown_IsNotFound(string server)
    {
        var space = await SharedAsync(server);

        foreach (var path in (string[])
                 [
                     $"{Space.Group}/v1/namespaces/{space.Namespace}/gizmos", $"{Space.Group}/v1/namespaces/{space.Namespace}/gizmos/x",
                     $"{Space.Group}/v9/namespaces/{space.Namespace}/widgets", space.Path("x/unknown"),
                 ])
        {
            using var response = await space.Server.Http.GetAsync(path);

            // The body is a Status or plain text, as the server has a handler for the group or not; clients go by the code.
            Assert.Equal(404, (int)response.StatusCode);
        }
    }

    [Theory]
    [EveryServer]
    public async Task Method_ThatDoesNotFit_IsRefused(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var put = await space.RefusedAsync(400, "PUT", space.Path(), Space.Widget(name));
        var patch = await space.RefusedAsync(400, "PATCH", space.Path(), "{}", Space.MergePatch);
        var delete = await space.RefusedAsync(405, "DELETE", space.Path(name + "/status"));

        Assert.Equal("name must be provided", put.Message);
        Assert.Equal("name must be provided", patch.Message);
        Assert.Equal("MethodNotAllowed", delete.Reason);
        Assert.Equal("delete is not supported on resources of kind \"widgets.conformance.example.io\"", delete.Message);
    }

    [Theory]
    [EveryServer]
    public async Task Body_OfAnUnknownType_IsUnsupported(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var patch = await space.SendAsync("PATCH", space.Path(name), "{}", "application/json");
        var strategic = await space.SendAsync("PATCH", space.Path(name), "{}", "application/strategic-merge-patch+json");
        var post = await space.SendAsync("POST", space.Path(), Space.Widget(Space.NewName()), "text/plain");

        Assert.All((Answer[])[patch, strategic, post], answer =>
        {
            Assert.Equal(415, answer.Code);
            Assert.Equal("UnsupportedMediaType", answer.Reason);
        });
        Assert.Contains("application/merge-patch+json", patch.Message, StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer]
    public async Task Body_ThatIsBroken_IsABadRequest(string server)
    {
        var space = await SharedAsync(server);

        var broken = await space.SendAsync("POST", space.Path(), """{"apiVersion":""");
        var kindless = await space.SendAsync("POST", space.Path(), """{"metadata":{"name":"x"},"spec":{"size":"Small"}}""");
        var labels = await space.SendAsync("POST", space.Path(), Space.Widget(Space.NewName(), metadata: """{"labels":{"a":1}}"""));
        var list = await space.SendAsync("POST", space.Path(), "[]");

        Assert.All((Answer[])[broken, kindless, labels, list], answer => Assert.True(answer.Code == 400, answer.ToString()));
    }

    [Theory]
    [EveryServer]
    public async Task Body_OfYaml_IsTaken(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var made = await space.OkAsync("POST", space.Path(), $"apiVersion: conformance.example.io/v1\nkind: Widget\nmetadata: {{name: {name}}}\nspec: {{size: Large, blob: {{yes: on}}}}\n", "application/yaml");

        Assert.Equal("Large", made.Body.TextAt("spec.size"));
    }

    [Theory]
    [EveryServer(Without = ServerNames.Apiextensions036, Because = "it would ask a cluster about them, and has none")]
    public async Task Credentials_ThatAreMissing_AreAsked(string server)
    {
        var space = await SharedAsync(server);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } }) { BaseAddress = space.Server.Http.BaseAddress };

        using var response = await http.GetAsync(space.Path());

        // Whoever is nobody is refused: as unknown, or as anonymous without rights.
        Assert.True((int)response.StatusCode is 401 or 403, $"{(int)response.StatusCode}");
    }

    [Theory]
    [EveryServer(Without = ServerNames.Apiextensions036, Because = "it has no namespaces")]
    public async Task Namespace_ThatIsMissing_IsNotFound(string server)
    {
        var space = await SharedAsync(server);

        var answer = await space.RefusedAsync(404, "POST", $"{Space.Group}/v1/namespaces/nowhere/widgets", Space.Widget("x"));

        Assert.Equal("namespaces \"nowhere\" not found", answer.Message);
        Assert.Equal("[]", (await space.OkAsync("GET", $"{Space.Group}/v1/namespaces/nowhere/widgets"))["items"].Json());
    }
}
