using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Client;
using MeetOperator.Testing;

namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>A namespace of one server, with one-line requests for Widgets.</summary>
internal sealed class Space(ConformanceServer server, string ns)
{
    public const string Group = "/apis/conformance.example.io";
    public const string SmallSpec = """{"size":"Small"}""";
    public const string Json = "application/json";
    public const string MergePatch = "application/merge-patch+json";
    public const string JsonPatch = "application/json-patch+json";
    public const string ApplyPatch = "application/apply-patch+yaml";

    public ConformanceServer Server { get; } = server;

    public string Namespace { get; } = ns;

    public KubeClient Client => Server.Client;

    /// <summary>The path of the collection, followed by <paramref name="rest"/>.</summary>
    public string Path(string rest = "", string version = "v1") => $"{Group}/{version}/namespaces/{Namespace}/widgets{(rest.Length == 0 || rest[0] == '?' ? rest : "/" + rest)}";

    /// <summary>A Widget as JSON text. The parts are JSON objects, and may contain JSON that no serializer writes.</summary>
    public static string Widget(string name, string spec = SmallSpec, string metadata = "{}", string rest = "{}", string version = "v1") =>
        $"{{\"apiVersion\":\"conformance.example.io/{version}\",\"kind\":\"Widget\",\"metadata\":{{{Join(name.Length == 0 ? string.Empty : $"\"name\":\"{name}\"", Inner(metadata))}}},{Join($"\"spec\":{spec}", Inner(rest))}}}";

    public static string NamespaceBody(string name) => $"{{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{{\"name\":\"{name}\"}}}}";

    public static string NewName() => $"w-{Guid.NewGuid():N}"[..14];

    public async Task<ApiResponse> SendAsync(string method, string path, string? body = null, string contentType = Json, string? accept = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        }

        request.Headers.TryAddWithoutValidation("Accept", accept ?? Json);
        using var response = await Server.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var warnings = response.Headers.TryGetValues("Warning", out var values) ? values.ToArray() : [];
        return new ApiResponse((int)response.StatusCode, Parse(response, text), warnings);
    }

    /// <summary>Sends a request and expects success.</summary>
    public async Task<ApiResponse> OkAsync(string method, string path, string? body = null, string contentType = Json, string? accept = null)
    {
        var response = await SendAsync(method, path, body, contentType, accept);
        Assert.True(response.Code is 200 or 201, $"{method} {path}: {response}");
        return response;
    }

    /// <summary>Sends a request and expects this status code.</summary>
    public async Task<ApiResponse> RejectedAsync(int code, string method, string path, string? body = null, string contentType = Json)
    {
        var response = await SendAsync(method, path, body, contentType);
        Assert.True(response.Code == code, $"{method} {path}: expected {code}, got {response}");
        return response;
    }

    public Task<ApiResponse> CreateAsync(string name, string spec = SmallSpec, string metadata = "{}", string query = "") =>
        OkAsync("POST", Path(query), Widget(name, spec, metadata));

    public Task<ApiResponse> GetAsync(string name) => OkAsync("GET", Path(name));

    public Task<ApiResponse> MergeAsync(string name, string patch, string query = "") => OkAsync("PATCH", Path(name + query), patch, MergePatch);

    public Task<ApiResponse> ApplyAsync(string name, string manager, string spec, string metadata = "{}", bool force = false) =>
        OkAsync("PATCH", Path($"{name}?fieldManager={manager}{(force ? "&force=true" : string.Empty)}"), Widget(name, spec, metadata), ApplyPatch);

    /// <summary>Polls until the object is deleted.</summary>
    public Task WaitUntilDeletedAsync(string name) => Eventually.TrueAsync(async () => (await SendAsync("GET", Path(name))).Code == 404, $"{name} is deleted");

    /// <summary>The response for an unknown path is plain text.</summary>
    private static JsonObject Parse(HttpResponseMessage response, string text) =>
        response.Content.Headers.ContentType?.MediaType == Json && JsonNode.Parse(text) is JsonObject body ? body : new JsonObject { ["text"] = text };

    private static string Inner(string json) => json.Trim()[1..^1];

    private static string Join(string left, string right) => left.Length == 0 || right.Length == 0 ? left + right : $"{left},{right}";
}
