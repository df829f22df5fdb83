using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.Tests.Testing;

/// <summary>A real HTTP server on loopback with responses scripted by the test, for behavior that a correct API server rarely shows.</summary>
public sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedServer(WebApplication app) => _app = app;

    public ConcurrentQueue<SeenRequest> Requests { get; } = new();

    public Uri Address => new(_app.Urls.Single());

    public KubeConfig Config => new() { Server = Address };

    public static X509Certificate2 CreateCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    /// <param name="answer">Handles every request.</param>
    /// <param name="certificate">Enables HTTPS with optional client certificates; null uses plain HTTP.</param>
    public static async Task<ScriptedServer> StartAsync(Func<HttpContext, Task> answer, X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate, https =>
                {
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                    https.AllowAnyClientCertificate();
                });
            }
        }));
        var app = builder.Build();
        var server = new ScriptedServer(app);
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync(context.RequestAborted);
            server.Requests.Enqueue(new SeenRequest(
                context.Request.Method,
                context.Request.Path.Value!,
                context.Request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString()),
                context.Request.Headers.Authorization.ToString(),
                context.Request.ContentType,
                body));
            await answer(context);
        });
        await app.StartAsync();
        return server;
    }

    public static Task JsonAsync(HttpContext context, object body, int code = 200)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(JsonSerializer.Serialize(body, KubeJson.Options), context.RequestAborted);
    }

    public static Task StatusAsync(HttpContext context, int code, string reason, string message) =>
        JsonAsync(context, new Status { Outcome = "Failure", Code = code, Reason = reason, Message = message }, code);

    /// <summary>Sends one watch event and flushes it.</summary>
    public static async Task EventAsync(HttpContext context, string type, object body)
    {
        await context.Response.WriteAsync(JsonSerializer.Serialize(new { type, @object = body }, KubeJson.Options) + "\n", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    /// <summary>Keeps the request open until the client disconnects.</summary>
    public static Task HoldAsync(HttpContext context) =>
        Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}

public sealed record SeenRequest(string Method, string Path, IReadOnlyDictionary<string, string> Query, string Authorization, string? ContentType, string Body)
{
    public bool IsWatch => Query.ContainsKey("watch");
}
