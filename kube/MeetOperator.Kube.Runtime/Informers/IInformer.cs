namespace MeetOperator.Kube.Runtime;

/// <summary>An informer of any kind, for those who only run it or wait for it.</summary>
public interface IInformer
{
    /// <summary>The kind that it observes.</summary>
    string Kind { get; }

    /// <summary>True once the first list has been taken in.</summary>
    bool HasSynced { get; }

    Task WaitForSyncAsync(CancellationToken ct);

    /// <summary>Lists and watches until <paramref name="ct"/> ends; call it once.</summary>
    Task RunAsync(CancellationToken ct);
}
