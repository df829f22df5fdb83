namespace MeetOperator.NodeControl;

/// <summary>DNS names in the certificates of NodeControl. They stand in certificates only: nobody looks them up.</summary>
public static class ControlNames
{
    private const string Domain = "meetoperator.io";

    /// <summary>In the server certificate of a media node: one node's certificate does not pass for another's. A namespace has no dot, so that the name is unambiguous.</summary>
    public static string OfNode(string nodeNamespace, string nodeName) => $"{nodeName}.{nodeNamespace}.sfunode.{Domain}";

    /// <summary>In the client certificate of a caller.</summary>
    public static string Of(ControlRole role) => role switch
    {
        ControlRole.Operator => $"operator.control.{Domain}",
        ControlRole.Signaling => $"signaling.control.{Domain}",
        ControlRole.Metrics => $"metrics.control.{Domain}",
        _ => throw new ArgumentOutOfRangeException(nameof(role)),
    };
}
