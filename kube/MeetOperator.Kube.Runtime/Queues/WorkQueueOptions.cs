namespace MeetOperator.Kube.Runtime;

/// <summary>How a <see cref="WorkQueue{TKey}"/> retries, and what its metrics are called.</summary>
public sealed record WorkQueueOptions
{
    /// <summary>Label of the queue's metrics.</summary>
    public string Name { get; init; } = "default";

    /// <summary>Wait after the first failure of a key; doubles with each further one. Short, because most failures are conflicts that a fresh read mends.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromMinutes(1);
}
