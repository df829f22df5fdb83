namespace MeetOperator.Kube.Runtime.Controllers;

/// <summary>The result of a reconcile: nothing to do until the next change, or another reconcile after a delay.</summary>
public readonly record struct ReconcileResult(TimeSpan? RequeueAfter)
{
    public static readonly ReconcileResult Done = new(null);

    public static ReconcileResult After(TimeSpan delay) => new(delay);
}
