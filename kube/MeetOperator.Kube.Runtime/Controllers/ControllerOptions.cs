namespace MeetOperator.Kube.Runtime;

/// <summary>How many keys a controller works on at once, and how it stops.</summary>
public sealed record ControllerOptions
{
    /// <summary>Label of metrics and logs; the kind in lower case when empty.</summary>
    public string Name { get; init; } = string.Empty;

    public int Concurrency { get; init; } = 4;

    /// <summary>Every object is looked at again this long after its last look, in case a change outside of the cluster was missed. Null: never.</summary>
    public TimeSpan? ResyncPeriod { get; init; }

    /// <summary>Time that running reconciles have to finish when the controller stops; then they are cancelled.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Where the workers say that they go round; null when nobody asks.</summary>
    public LoopHealth? Health { get; init; }
}
