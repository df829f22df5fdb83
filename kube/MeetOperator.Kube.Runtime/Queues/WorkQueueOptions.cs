namespace MeetOperator.Kube.Runtime.Queues;

/// <summary>Configures the backoff and the metrics of a <see cref="WorkQueue{TKey}"/>.</summary>
internal sealed record WorkQueueOptions
{
    /// <summary>The name of the queue in metrics.</summary>
    public string Name { get; init; } = "default";

    /// <summary>
    /// Delay after the first failure of a key; doubles with each further failure. Short, because most failures are conflicts that a new read resolves.
    /// </summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromMinutes(1);
}
