using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using MeetOperator.Local.Settings;

namespace MeetOperator.Local.Exporting;

/// <summary>Reads all objects of every kind in the server's discovery.</summary>
internal sealed class ExportReader : IDisposable
{
    private readonly HttpClient _http;

    public ExportReader(Uri server, string token)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server, Timeout = TimeSpan.FromMinutes(2) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <exception cref="LocalException">The server does not respond, or rejects the request.</exception>
    public async Task<IReadOnlyList<JsonObject>> ReadAllAsync(CancellationToken ct)
    {
        var found = new List<JsonObject>();
        var groups = Items(await GetAsync("apis", ct).ConfigureAwait(false), "groups").Select(g => "apis/" + (string)g["preferredVersion"]!["groupVersion"]!);
        foreach (var root in groups.Prepend("api/v1"))
        {
            foreach (var resource in Items(await GetAsync(root, ct).ConfigureAwait(false), "resources").Where(IsListed))
            {
                var list = await GetAsync($"{root}/{(string)resource["name"]!}", ct).ConfigureAwait(false);
                foreach (var item in Items(list, "items"))
                {
                    // List items have no apiVersion and kind of their own.
                    found.Add(new JsonObject([
                        KeyValuePair.Create<string, JsonNode?>("apiVersion", root[(root.IndexOf('/', StringComparison.Ordinal) + 1)..]),
                        KeyValuePair.Create<string, JsonNode?>("kind", (string)resource["kind"]!),
                        .. item.Where(field => field.Key is not ("apiVersion" or "kind")).Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone()))]));
                }
            }
        }

        return found;
    }

    public void Dispose() => _http.Dispose();

    private static bool IsListed(JsonObject resource) =>
        !((string)resource["name"]!).Contains('/', StringComparison.Ordinal) && resource["verbs"]!.AsArray().Any(verb => (string?)verb == "list");

    private static IEnumerable<JsonObject> Items(JsonObject document, string field) => (document[field] as JsonArray ?? []).OfType<JsonObject>();

    private async Task<JsonObject> GetAsync(string path, CancellationToken ct)
    {
        try
        {
            using var response = await _http.GetAsync(path, ct).ConfigureAwait(false);
            response.EnsureSuccessStatusCode();
            return JsonNode.Parse(await response.Content.ReadAsStringAsync(ct).ConfigureAwait(false))!.AsObject();
        }
        catch (HttpRequestException e)
        {
            throw new LocalException($"request to the embedded API server failed for /{path}: {e.Message}");
        }
    }
}
