using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MeetOperator.KubectlMeet.Tests;

/// <summary>
/// A proxy in front of the embedded API server, which knows no rights: it answers 403 to what a Role in one namespace does not allow, with the text of the real API server.
/// </summary>
internal sealed class RightsGate : IAsyncDisposable
{
    private readonly WebApplication _proxy;
    private readonly HttpClient _target;

    private RightsGate(WebApplication proxy, HttpClient target)
    {
        _proxy = proxy;
        _target = target;
    }

    public string Address => _proxy.Urls.Single();

    /// <param name="target">The API server, with its token.</param>
    /// <param name="allows">Whether a request with this method and path is allowed.</param>
    public static async Task<RightsGate> StartAsync(HttpClient target, Func<string, string, bool> allows)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var proxy = builder.Build();
        proxy.Run(async http =>
        {
            var path = $"{http.Request.Path}{http.Request.QueryString}";
            if (!allows(http.Request.Method, path))
            {
                http.Response.StatusCode = 403;
                await http.Response.WriteAsJsonAsync(new { kind = "Status", apiVersion = "v1", status = "Failure", reason = "Forbidden", code = 403, message = $"User \"engineer\" cannot {http.Request.Method} {http.Request.Path}" });
                return;
            }

            using var request = new HttpRequestMessage(new HttpMethod(http.Request.Method), path.TrimStart('/'));
            if (!HttpMethods.IsGet(http.Request.Method))
            {
                request.Content = new StreamContent(http.Request.Body);
                request.Content.Headers.TryAddWithoutValidation("Content-Type", http.Request.ContentType);
            }

            using var response = await target.SendAsync(request);
            http.Response.StatusCode = (int)response.StatusCode;
            http.Response.ContentType = response.Content.Headers.ContentType?.ToString();
            await response.Content.CopyToAsync(http.Response.Body);
        });
        await proxy.StartAsync();
        return new RightsGate(proxy, target);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _target.Dispose();
    }
}
