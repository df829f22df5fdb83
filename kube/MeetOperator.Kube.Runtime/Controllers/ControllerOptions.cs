using MeetOperator.Kube.Runtime.Loops;

namespace MeetOperator.Kube.Runtime.Controllers;

/// <summary>Configures a <see cref="Controller{T}"/>.</summary>
public sealed record ControllerOptions
{
    /// <summary>The name in metrics and logs; if empty, the kind in lower case.</summary>
    public string Name { get; init; } = string.Empty;

    public int Concurrency { get; init; } = 4;

    /// <summary>Time between two reconciles of an unchanged object, in case a change outside the cluster was missed. Null disables the resync.</summary>
    public TimeSpan? ResyncPeriod { get; init; }

    /// <summary>Time for running reconciles to finish when the controller stops, before they are cancelled.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Receives the heartbeats of the workers; null disables them.</summary>
    public LoopHealth? Health { get; init; }
}
