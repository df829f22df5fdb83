using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.Testing;
using MeetOperator.Testing;

namespace MeetOperator.Kube.ApiServer.Tests.Http;

/// <summary>A test server with the Widget CRD, and helpers for requests to it.</summary>
internal sealed class Api : IAsyncDisposable
{
    public const string Widgets = "/apis/example.test/v1/namespaces/default/widgets";
    private readonly TestApiServer _test;

    private Api(TestApiServer test)
    {
        _test = test;
        Http = test.CreateHttpClient();
    }

    public HttpClient Http { get; }
    public EmbeddedApiServer Server => _test.Server;

    public static Task<Api> StartAsync() => StartAsync(new ApiServerOptions());

    public static async Task<Api> StartAsync(ApiServerOptions options) =>
        new(await TestApiServer.StartAsync(options with { Manifests = [WidgetCrd.Yaml] }));

    public async Task<(int Code, JsonObject Body)> SendAsync(string method, string path, string? body = null, string contentType = "application/json", string? accept = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        }

        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, JsonNode.Parse(text)!.AsObject());
    }

    /// <summary>Sends a request and expects success.</summary>
    public async Task<JsonObject> OkAsync(string method, string path, string? body = null, string contentType = "application/json")
    {
        var (code, response) = await SendAsync(method, path, body, contentType);
        Assert.True(code is 200 or 201, $"{method} {path}: {code} {response}");
        return response;
    }

    public Task<JsonObject> CreateWidgetAsync(string name, string spec = """{"size":"Small"}""", string metadata = "") =>
        OkAsync("POST", Widgets, WidgetCrd.Json(name, spec, metadata));

    public Task<JsonObject> PatchAsync(string path, string merge) => OkAsync("PATCH", path, merge, "application/merge-patch+json");

    /// <summary>Polls until the path returns 404.</summary>
    public Task WaitUntilDeletedAsync(string path) =>
        Eventually.TrueAsync(async () => (await SendAsync("GET", path)).Code == 404, $"{path} is deleted", TimeSpan.FromSeconds(90));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _test.DisposeAsync();
    }
}
