namespace MeetOperator.Kube.Runtime;

/// <summary>What a reconcile asks for: nothing more until something changes, or another look after a time.</summary>
public readonly record struct ReconcileResult(TimeSpan? RequeueAfter)
{
    public static readonly ReconcileResult Done = new(null);

    public static ReconcileResult After(TimeSpan delay) => new(delay);
}
