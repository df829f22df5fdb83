namespace MeetOperator.NodeControl.Security;

/// <summary>DNS names in the certificates of NodeControl. They exist only in certificates and are never resolved.</summary>
public static class ControlNames
{
    private const string Domain = "meetoperator.io";

    /// <summary>
    /// The name in the server certificate of a media node. It is unique to the node, so that no other node can use the certificate. A namespace cannot contain a
    /// dot, which makes the name unambiguous.
    /// </summary>
    public static string OfNode(string nodeNamespace, string nodeName) => $"{nodeName}.{nodeNamespace}.sfunode.{Domain}";

    /// <summary>The name in the client certificate of a role.</summary>
    public static string Of(ControlRole role) => role switch
    {
        ControlRole.Operator => $"operator.control.{Domain}",
        ControlRole.Signaling => $"signaling.control.{Domain}",
        ControlRole.Metrics => $"metrics.control.{Domain}",
        _ => throw new ArgumentOutOfRangeException(nameof(role)),
    };
}
