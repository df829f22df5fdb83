using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Local.Settings;

namespace MeetOperator.Local.Manifests;

/// <summary>Applies and deletes objects of any kind in the server's discovery.</summary>
internal sealed class ManifestClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _defaultNamespace;

    public ManifestClient(Uri server, string token, string defaultNamespace)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server, Timeout = TimeSpan.FromSeconds(30) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _defaultNamespace = defaultNamespace;
    }

    /// <summary>Server-side apply. With <paramref name="dryRun"/>, the server only validates the object.</summary>
    /// <exception cref="LocalException">The server rejects the object.</exception>
    public async Task<ManifestKey> ApplyAsync(JsonObject item, bool dryRun, CancellationToken ct)
    {
        var key = ManifestKey.Of(item);
        var (path, namespaced) = await PathAsync(key, ct).ConfigureAwait(false);
        if (namespaced && key.Namespace is null)
        {
            item["metadata"]!["namespace"] = _defaultNamespace;
            key = key with { Namespace = _defaultNamespace };
        }

        var query = $"fieldManager=meet-local&force=true{(dryRun ? "&dryRun=All" : string.Empty)}";
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"{path}?{query}")
        {
            Content = new StringContent(item.ToJsonString(), Encoding.UTF8, "application/apply-patch+yaml"),
        };
        using var response = await _http.SendAsync(request, ct).ConfigureAwait(false);
        await ThrowIfRejectedAsync(response, key, ct).ConfigureAwait(false);
        return key;
    }

    /// <summary>Deletes an object; does nothing when it does not exist.</summary>
    public async Task DeleteAsync(ManifestKey key, CancellationToken ct)
    {
        var (path, _) = await PathAsync(key, ct).ConfigureAwait(false);
        using var response = await _http.DeleteAsync(path, ct).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.NotFound)
        {
            await ThrowIfRejectedAsync(response, key, ct).ConfigureAwait(false);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<(string Path, bool Namespaced)> PathAsync(ManifestKey key, CancellationToken ct)
    {
        var root = key.ApiVersion.Contains('/', StringComparison.Ordinal) ? $"apis/{key.ApiVersion}" : $"api/{key.ApiVersion}";
        using var response = await _http.GetAsync(root, ct).ConfigureAwait(false);
        var resources = response.IsSuccessStatusCode
            ? JsonNode.Parse(await response.Content.ReadAsStringAsync(ct).ConfigureAwait(false))?["resources"]?.AsArray() ?? []
            : [];
        var resource = resources.FirstOrDefault(r => (string?)r?["kind"] == key.Kind && ((string?)r?["name"])?.Contains('/', StringComparison.Ordinal) == false)
            ?? throw new LocalException($"{key}: the server has no kind {key.Kind} in {key.ApiVersion}");
        var namespaced = (bool?)resource["namespaced"] == true;
        var scope = namespaced ? $"/namespaces/{Uri.EscapeDataString(key.Namespace ?? _defaultNamespace)}" : string.Empty;
        return ($"{root}{scope}/{(string)resource["name"]!}/{Uri.EscapeDataString(key.Name)}", namespaced);
    }

    private static async Task ThrowIfRejectedAsync(HttpResponseMessage response, ManifestKey key, CancellationToken ct)
    {
        if (!response.IsSuccessStatusCode)
        {
            var text = await response.Content.ReadAsStringAsync(ct).ConfigureAwait(false);
            string? message;
            try
            {
                message = (string?)JsonNode.Parse(text)?["message"];
            }
            catch (System.Text.Json.JsonException)
            {
                message = null;
            }

            throw new LocalException($"{key}: {message ?? $"HTTP {(int)response.StatusCode}"}");
        }
    }
}
