using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Discovery;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Requests;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>Handles every request: checks the token, routes by path, and turns errors into a Status.</summary>
internal sealed partial class RequestRouter(ServerCore core, string token, ILogger logger)
{
    private readonly byte[] _expected = Encoding.UTF8.GetBytes("Bearer " + token);

    public async Task HandleAsync(HttpContext http)
    {
        try
        {
            await RouteAsync(http);
        }
        catch (StatusException error)
        {
            await WriteErrorAsync(http, error);
        }
        catch (Exception e) when (e is OperationCanceledException or ConnectionResetException || http.RequestAborted.IsCancellationRequested)
        {
            http.Abort();
        }
        catch (BadHttpRequestException e)
        {
            await WriteErrorAsync(http, new StatusException(e.StatusCode, e.StatusCode == 413 ? "RequestEntityTooLarge" : "BadRequest", e.Message));
        }
        catch (IOException e)
        {
            LogStorageFailed(e.Message);
            await WriteErrorAsync(http, new StatusException(500, "InternalError", $"Internal error occurred: {e.Message}"));
        }
        catch (Exception e)
        {
            // An internal error: the client must still get a Status, and the process must continue.
            LogRequestFailed(e, http.Request.Method, http.Request.Path);
            await WriteErrorAsync(http, new StatusException(500, "InternalError", $"Internal error occurred: {e.Message}"));
        }
    }

    private static Task WriteErrorAsync(HttpContext http, StatusException error)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return Task.CompletedTask;
        }

        http.Response.Clear();
        return Responses.WriteStatusAsync(http, error);
    }

    private Task RouteAsync(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "/";
        if (path is "/healthz" or "/livez" or "/readyz")
        {
            return Responses.WriteAsync(http, 200, "ok"u8.ToArray(), "text/plain; charset=utf-8");
        }

        Authenticate(http);
        if (RequestPath.TryParse(path, out var parsed))
        {
            if (core.Registry.Find(parsed.Group, parsed.Version, parsed.Resource) is { } resource)
            {
                return core.Resources.HandleAsync(http, resource, parsed);
            }

            if (HttpMethods.IsPost(http.Request.Method) && parsed.Group is "authorization.k8s.io" or "authentication.k8s.io" && parsed.Name is null)
            {
                return ReviewAsync(http, parsed.Resource);
            }

            throw StatusErrors.PathNotFound();
        }

        return core.Documents.HandleAsync(http, path);
    }

    private void Authenticate(HttpContext http)
    {
        var given = http.Request.Headers.Authorization.ToString();
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), _expected))
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
            throw new StatusException(401, "Unauthorized", "Unauthorized");
        }
    }

    private async Task ReviewAsync(HttpContext http, string resource)
    {
        var bytes = await RequestBody.ReadAsync(http, core.Options.MaxBodyBytes);
        var body = RequestBody.Object(RequestBody.Parse(bytes, RequestBody.MediaType(http), null));
        JsonNode answer = Reviews.Answer(resource, body) ?? throw StatusErrors.PathNotFound();
        await Responses.WriteAsync(http, 201, answer);
    }

    [LoggerMessage(EventId = 1401, Level = LogLevel.Error, Message = "{Method} {Path} failed with an internal error")]
    private partial void LogRequestFailed(Exception exception, string method, string path);

    [LoggerMessage(EventId = 1402, Level = LogLevel.Error, Message = "Storage error: {Problem}")]
    private partial void LogStorageFailed(string problem);
}
