using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Bench.Operator;

/// <summary>Records the write requests of operators where they arrive: at the embedded API server, which runs in this process. Rejected requests count too, because they also cost the server.</summary>
internal sealed class ServerWrites : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    /// <summary>Name under which <see cref="Write.Resource"/> shows status writes of Meetings.</summary>
    public const string MeetingStatuses = "meetings/status";

    private const string Request = "Microsoft.AspNetCore.Hosting.HttpRequestIn";
    private readonly ConcurrentQueue<Write> _writes = new();
    private readonly IDisposable _listeners;
    private readonly List<IDisposable> _subscriptions = [];

    public ServerWrites() => _listeners = DiagnosticListener.AllListeners.Subscribe(this);

    /// <summary>The writes that arrived from then on, in the order of their times.</summary>
    public IReadOnlyList<Write> Since(long timestamp) => [.. _writes.Where(write => write.At >= timestamp).OrderBy(write => write.At)];

    /// <summary>The highest number of these writes within any period of this length, for each second of it.</summary>
    public static double Busiest(IReadOnlyList<Write> writes, TimeSpan period)
    {
        var (most, first) = (0, 0);
        for (var last = 0; last < writes.Count; last++)
        {
            while (Stopwatch.GetElapsedTime(writes[first].At, writes[last].At) >= period)
            {
                first++;
            }

            most = Math.Max(most, last - first + 1);
        }

        return most / period.TotalSeconds;
    }

    /// <summary>For example <c>meetings/status 99.8, leases 1.0</c>.</summary>
    public static string Describe(IReadOnlyList<Write> writes, TimeSpan duration)
    {
        var kinds = writes.GroupBy(write => write.Resource).OrderByDescending(kind => kind.Count());
        var rejected = writes.Count(write => write.Code >= 400);
        return string.Join(", ", kinds.Select(kind => string.Create(CultureInfo.InvariantCulture, $"{kind.Key} {kind.Count() / duration.TotalSeconds:0.00}")))
            + (rejected > 0 ? $"; {rejected} of {writes.Count} were rejected" : string.Empty);
    }

    public void Dispose()
    {
        _listeners.Dispose();
        _subscriptions.ForEach(static subscription => subscription.Dispose());
    }

    void IObserver<DiagnosticListener>.OnNext(DiagnosticListener value)
    {
        if (value.Name == "Microsoft.AspNetCore")
        {
            _subscriptions.Add(value.Subscribe(this, static name => name.StartsWith(Request, StringComparison.Ordinal)));
        }
    }

    void IObserver<KeyValuePair<string, object?>>.OnNext(KeyValuePair<string, object?> value)
    {
        if (value is { Key: $"{Request}.Stop", Value: HttpContext http }
            && !HttpMethods.IsGet(http.Request.Method)
            && http.Request.Headers.UserAgent.ToString().StartsWith("meet-operator", StringComparison.Ordinal)
            && ResourceOf(http.Request.Path) is { } resource)
        {
            _writes.Enqueue(new Write(Stopwatch.GetTimestamp(), resource, http.Response.StatusCode));
        }
    }

    void IObserver<DiagnosticListener>.OnCompleted()
    {
    }

    void IObserver<DiagnosticListener>.OnError(Exception error)
    {
    }

    void IObserver<KeyValuePair<string, object?>>.OnCompleted()
    {
    }

    void IObserver<KeyValuePair<string, object?>>.OnError(Exception error)
    {
    }

    /// <summary>The resource and subresource of a path such as <c>/apis/GROUP/VERSION/namespaces/NAMESPACE/RESOURCE/NAME/SUBRESOURCE</c>; null for requests to media nodes.</summary>
    private static string? ResourceOf(string? path)
    {
        var parts = path?.Trim('/').Split('/') ?? [];
        var rest = parts switch
        {
            ["api", _, .. var core] => core,
            ["apis", _, _, .. var group] => group,
            _ => [],
        };
        return rest is ["namespaces", _, .. var inside and not []] ? Name(inside) : rest is [] ? null : Name(rest);

        static string Name(string[] parts) => parts is [var resource, _, var subresource, ..] ? $"{resource}/{subresource}" : parts[0];
    }

    /// <summary>One write request.</summary>
    /// <param name="At">Timestamp of the response.</param>
    /// <param name="Resource">What was written, for example <c>meetings/status</c>.</param>
    /// <param name="Code">HTTP status code of the response.</param>
    internal readonly record struct Write(long At, string Resource, int Code);
}
