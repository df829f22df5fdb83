namespace MeetOperator.NodeControl;

/// <summary>New credentials for a media node, in place of those that it holds (<c>PUT /v1/node/credentials</c>). PEM.</summary>
public sealed record NodeCredentials
{
    /// <summary>Server certificate under the node's own name.</summary>
    public required string Certificate { get; init; }
    public required string Key { get; init; }

    /// <summary>Every authority whose client certificates the node is to trust.</summary>
    public required string Authorities { get; init; }

    /// <summary>Without the key, so that no log can hold it.</summary>
    public override string ToString() => nameof(NodeCredentials);
}
