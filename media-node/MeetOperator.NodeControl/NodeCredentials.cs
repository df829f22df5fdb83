namespace MeetOperator.NodeControl;

/// <summary>New credentials in PEM form that replace the current ones of a media node (<c>PUT /v1/node/credentials</c>).</summary>
public sealed record NodeCredentials
{
    /// <summary>Server certificate for the node's own DNS name.</summary>
    public required string Certificate { get; init; }
    public required string Key { get; init; }

    /// <summary>All certificate authorities whose client certificates the node must trust.</summary>
    public required string Authorities { get; init; }

    /// <summary>Omits the key so that it cannot get into a log.</summary>
    public override string ToString() => nameof(NodeCredentials);
}
