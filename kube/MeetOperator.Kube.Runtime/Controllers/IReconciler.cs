namespace MeetOperator.Kube.Runtime;

/// <summary>
/// Brings the world to what one object asks for. It is told only the key, reads the present state and may be called at any time, any number of times;
/// never twice at once for one key. An exception is retried with backoff.
/// </summary>
public interface IReconciler
{
    Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct);
}
