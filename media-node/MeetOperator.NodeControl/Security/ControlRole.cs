namespace MeetOperator.NodeControl;

/// <summary>Who calls a media node; its client certificate says so.</summary>
public enum ControlRole
{
    Operator,
    Signaling,

    /// <summary>Prometheus, or whoever else collects metrics.</summary>
    Metrics,
}
