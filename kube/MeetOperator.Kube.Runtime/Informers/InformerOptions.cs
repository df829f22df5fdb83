using MeetOperator.Kube.Runtime.Loops;

namespace MeetOperator.Kube.Runtime.Informers;

/// <summary>Configures an <see cref="Informer{T}"/>.</summary>
public sealed record InformerOptions
{
    /// <summary>The observed namespace; null observes all namespaces.</summary>
    public string? Namespace { get; init; }
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }

    /// <summary>Number of objects per page of a list.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>The server ends a watch after this time plus a random part of up to the same length, so that watches do not end at the same time.</summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Delay after the first failed list or watch; doubles with each further failure.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Maximum delay, and thus the longest time until the informer notices that the server is back.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Receives the heartbeats of the informer; null disables them.</summary>
    public LoopHealth? Health { get; init; }
}
