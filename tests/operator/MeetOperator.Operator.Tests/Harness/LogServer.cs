using System.Collections.Concurrent;
using System.Net;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Operator.Tests.Harness;

/// <summary>An API server that serves only logs of Pods, and an empty list of Pods. A test sets how the kubelet of a Pod answers; by default, it sends one line.</summary>
internal sealed class LogServer : IAsyncDisposable
{
    private readonly WebApplication _server;
    private int _open;

    private LogServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0));
        _server = builder.Build();
        _server.Run(AnswerAsync);
    }

    public KubeConfig Config => new() { Server = new Uri(_server.Urls.First()) };

    /// <summary>How the kubelet of a Pod answers, by the name of the Pod.</summary>
    public ConcurrentDictionary<string, Func<HttpContext, Task>> Kubelets { get; } = new();

    /// <summary>The Pods whose logs were requested, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>The query of the last request.</summary>
    public string Query { get; private set; } = string.Empty;

    /// <summary>Number of requests without an answer yet. It falls when the client gives up.</summary>
    public int Open => Volatile.Read(ref _open);

    public static async Task<LogServer> StartAsync()
    {
        var server = new LogServer();
        await server._server.StartAsync();
        return server;
    }

    /// <summary>A kubelet that does not answer.</summary>
    public static Task HangAsync(HttpContext context) => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);

    public static Func<HttpContext, Task> Error(int code, string message) => context =>
    {
        context.Response.StatusCode = code;
        return context.Response.WriteAsJsonAsync(new Status { Outcome = "Failure", Code = code, Reason = "Error", Message = message }, KubeJson.Options);
    };

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _server.StopAsync(now.Token);
        await _server.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path.Value!.EndsWith("/pods", StringComparison.Ordinal))
        {
            await context.Response.WriteAsync("{\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"metadata\":{},\"items\":[]}");
            return;
        }

        Interlocked.Increment(ref _open);
        try
        {
            var pod = context.Request.Path.Value!.Split('/')[6];
            Query = context.Request.QueryString.Value!;
            Asked.Enqueue(pod);
            await (Kubelets.TryGetValue(pod, out var answer) ? answer(context) : context.Response.WriteAsync("a line\n"));
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException)
        {
            // The client has canceled the request.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }
}
