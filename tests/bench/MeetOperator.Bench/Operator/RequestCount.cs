using System.Diagnostics;

namespace MeetOperator.Bench.Operator;

/// <summary>Counts the operator's requests to the API server. It identifies them by the User-Agent of the HTTP requests of this process.</summary>
internal sealed class RequestCount : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private readonly List<IDisposable> _subscriptions = [];
    private long _all;
    private long _writes;

    public RequestCount() => _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));

    /// <summary>All requests except those for the Lease, which do not depend on meetings.</summary>
    public long All => Interlocked.Read(ref _all);

    /// <summary>Write requests, including those for the Lease.</summary>
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
