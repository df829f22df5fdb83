namespace MeetOperator.NodeControl.Security;

/// <summary>The role of a NodeControl client, as named in its client certificate.</summary>
public enum ControlRole
{
    Operator,
    Signaling,

    /// <summary>Prometheus or another metrics collector.</summary>
    Metrics,
}
