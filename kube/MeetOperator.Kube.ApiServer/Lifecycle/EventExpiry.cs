using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Metadata;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Storage;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ApiServer.Lifecycle;

/// <summary>Deletes Events one hour after they were last observed, the default of kube-apiserver (<c>--event-ttl</c>).</summary>
internal sealed partial class EventExpiry(ObjectStore store, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);
    private readonly PeriodicTimer _timer = new(Period, time);
    private Task _worker = Task.CompletedTask;

    public void Start() => _worker = Task.Run(RunAsync);

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _worker;
    }

    private async Task RunAsync()
    {
        do
        {
            try
            {
                await Task.WhenAll(store.List(BuiltInResources.Events.Table, ns: null).Objects.Where(IsExpired).Select(e => store.TryDelete(e)?.Durable ?? Task.CompletedTask));
            }
            catch (Exception e)
            {
                LogFailure(e);
            }
        }
        while (await _timer.WaitForNextTickAsync());
    }

    private bool IsExpired(StoredObject stored)
    {
        var (root, metadata) = (stored.Root, stored.Root.Object("metadata"));
        var last = ((string?[])[root.Object("series").Text("lastObservedTime"), root.Text("lastTimestamp"), root.Text("eventTime"), metadata.Text("creationTimestamp")])
            .Select(Timestamps.Parse).Max();
        return last + Lifetime < time.GetUtcNow() && metadata.Array("finalizers") is not { Count: > 0 };
    }

    [LoggerMessage(EventId = 1411, Level = LogLevel.Error, Message = "Expired Events could not be deleted; the next attempt follows in a minute")]
    private partial void LogFailure(Exception exception);
}
