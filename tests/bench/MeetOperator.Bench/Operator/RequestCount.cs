using System.Diagnostics;

namespace MeetOperator.Bench.Operator;

/// <summary>Counts the requests that the operator sends to the API server, by their User-Agent as they leave this process.</summary>
internal sealed class RequestCount : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private readonly List<IDisposable> _subscriptions = [];
    private long _all;
    private long _writes;

    public RequestCount() => _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));

    /// <summary>All requests but those for the Lease, which is kept whether there are meetings or not.</summary>
    public long All => Interlocked.Read(ref _all);

    /// <summary>Requests that write, the Lease's included.</summary>
    public long Writes => Interlocked.Read(ref _writes);

    public void Dispose() => _subscriptions.ForEach(subscription => subscription.Dispose());

    void IObserver<DiagnosticListener>.OnNext(DiagnosticListener value)
    {
        if (value.Name == "HttpHandlerDiagnosticListener")
        {
            _subscriptions.Add(value.Subscribe(this));
        }
    }

    void IObserver<KeyValuePair<string, object?>>.OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Key != "System.Net.Http.HttpRequestOut.Start"
            || value.Value?.GetType().GetProperty("Request")?.GetValue(value.Value) is not HttpRequestMessage request
            || !request.Headers.UserAgent.ToString().StartsWith("meet-operator", StringComparison.Ordinal))
        {
            return;
        }

        if (request.Method != HttpMethod.Get)
        {
            Interlocked.Increment(ref _writes);
        }

        if (!request.RequestUri!.AbsolutePath.Contains("/leases", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _all);
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
}
