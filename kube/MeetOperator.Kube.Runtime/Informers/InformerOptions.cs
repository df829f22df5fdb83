namespace MeetOperator.Kube.Runtime;

/// <summary>What an informer keeps, and how it behaves when the server does not.</summary>
public sealed record InformerOptions
{
    /// <summary>Null observes all namespaces.</summary>
    public string? Namespace { get; init; }
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }

    /// <summary>Objects in one page of a list.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>A watch is ended by the server after this time, plus up to as much again so that watches do not end together.</summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>First wait after a failed list or watch; doubles with every further failure.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest wait, so the time after an outage of the server until it is asked again.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where the informer says that it goes round; null when nobody asks.</summary>
    public LoopHealth? Health { get; init; }
}
