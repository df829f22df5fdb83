using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Requests;

/// <summary>Error responses.</summary>
public sealed class ErrorTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task Object_Missing_IsNotFoundWithDetails(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var answer = await space.RejectedAsync(404, "GET", space.Path(name));

        Assert.Equal(
            $$$"""{"apiVersion":"v1","code":404,"details":{"group":"conformance.example.io","kind":"widgets","name":"{{{name}}}"},"kind":"Status","message":"widgets.conformance.example.io \"{{{name}}}\" not found","metadata":{},"reason":"NotFound","status":"Failure"}""",
            answer.Body.Sorted());
    }

    [Theory]
    [EveryServer]
    public async Task Resource_Unknown_IsNotFound(string server)
    {
        var space = await SharedAsync(server);

        foreach (var path in (string[])
                 [
                     $"{Space.Group}/v1/namespaces/{space.Namespace}/gizmos", $"{Space.Group}/v1/namespaces/{space.Namespace}/gizmos/x",
                     $"{Space.Group}/v9/namespaces/{space.Namespace}/widgets", space.Path("x/unknown"),
                 ])
        {
            using var response = await space.Server.Http.GetAsync(path);

            // The body is a Status or plain text, depending on whether the server has a handler for the group; clients use the status code.
            Assert.Equal(404, (int)response.StatusCode);
        }
    }

    [Theory]
    [EveryServer]
    public async Task Method_Unsupported_IsRejected(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var put = await space.RejectedAsync(400, "PUT", space.Path(), Space.Widget(name));
        var patch = await space.RejectedAsync(400, "PATCH", space.Path(), "{}", Space.MergePatch);
        var delete = await space.RejectedAsync(405, "DELETE", space.Path(name + "/status"));

        Assert.Equal("name must be provided", put.Message);
        Assert.Equal("name must be provided", patch.Message);
        Assert.Equal("MethodNotAllowed", delete.Reason);
        Assert.Equal("delete is not supported on resources of kind \"widgets.conformance.example.io\"", delete.Message);
    }

    [Theory]
    [EveryServer]
    public async Task Body_UnknownMediaType_IsUnsupported(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var patch = await space.SendAsync("PATCH", space.Path(name), "{}", "application/json");
        var strategic = await space.SendAsync("PATCH", space.Path(name), "{}", "application/strategic-merge-patch+json");
        var post = await space.SendAsync("POST", space.Path(), Space.Widget(Space.NewName()), "text/plain");

        Assert.All((ApiResponse[])[patch, strategic, post], answer =>
        {
            Assert.Equal(415, answer.Code);
            Assert.Equal("UnsupportedMediaType", answer.Reason);
        });
        Assert.Contains("application/merge-patch+json", patch.Message, StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer]
    public async Task Body_Malformed_IsBadRequest(string server)
    {
        var space = await SharedAsync(server);

        var broken = await space.SendAsync("POST", space.Path(), """{"apiVersion":""");
        var kindless = await space.SendAsync("POST", space.Path(), """{"metadata":{"name":"x"},"spec":{"size":"Small"}}""");
        var labels = await space.SendAsync("POST", space.Path(), Space.Widget(Space.NewName(), metadata: """{"labels":{"a":1}}"""));
        var list = await space.SendAsync("POST", space.Path(), "[]");

        Assert.All((ApiResponse[])[broken, kindless, labels, list], answer => Assert.True(answer.Code == 400, answer.ToString()));
    }

    [Theory]
    [EveryServer]
    public async Task Body_Yaml_IsAccepted(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var created = await space.OkAsync("POST", space.Path(), $"apiVersion: conformance.example.io/v1\nkind: Widget\nmetadata: {{name: {name}}}\nspec: {{size: Large, blob: {{yes: on}}}}\n", "application/yaml");

        Assert.Equal("Large", created.Body.TextAt("spec.size"));
    }

    [Theory]
    [EveryServer(Without = ServerNames.Apiextensions036, Because = "it delegates authentication to a cluster, which it does not have")]
    public async Task Request_WithoutCredentials_IsRejected(string server)
    {
        var space = await SharedAsync(server);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } }) { BaseAddress = space.Server.Http.BaseAddress };

        using var response = await http.GetAsync(space.Path());

        // The server rejects the request as unauthenticated, or as anonymous without rights.
        Assert.True((int)response.StatusCode is 401 or 403, $"{(int)response.StatusCode}");
    }

    [Theory]
    [EveryServer(Without = ServerNames.Apiextensions036, Because = "it has no namespaces")]
    public async Task Namespace_Missing_IsNotFound(string server)
    {
        var space = await SharedAsync(server);

        var answer = await space.RejectedAsync(404, "POST", $"{Space.Group}/v1/namespaces/nowhere/widgets", Space.Widget("x"));

        Assert.Equal("namespaces \"nowhere\" not found", answer.Message);
        Assert.Equal("[]", (await space.OkAsync("GET", $"{Space.Group}/v1/namespaces/nowhere/widgets"))["items"].Json());
    }
}
