using MeetOperator.Kube.Metadata;

namespace MeetOperator.Kube.Runtime.Controllers;

/// <summary>
/// Moves the actual state toward the desired state of one object. It gets only the key, reads the current state, and may be called at any time
/// and any number of times, but never concurrently for one key. After an exception it is retried with backoff.
/// </summary>
public interface IReconciler
{
    Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct);
}
