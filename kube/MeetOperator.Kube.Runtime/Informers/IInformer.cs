namespace MeetOperator.Kube.Runtime.Informers;

/// <summary>An informer of any kind, for callers that only run it or wait for it.</summary>
public interface IInformer
{
    /// <summary>The observed kind.</summary>
    string Kind { get; }

    /// <summary>True once the first list is in the store.</summary>
    bool HasSynced { get; }

    Task WaitForSyncAsync(CancellationToken ct);

    /// <summary>Lists and watches until <paramref name="ct"/> is cancelled. Call it once.</summary>
    Task RunAsync(CancellationToken ct);
}
