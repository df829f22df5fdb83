namespace MeetOperator.NodeControl.Links;

/// <summary>
/// One end of a link to the room of the same meeting on another media node (<c>docs/relay.md</c>). <c>PUT</c> opens the link or changes it: other addresses, keys and
/// limits change the link as it is; another role, peer or tag closes it and opens a new one. <see cref="LinkSpecRules"/> checks it.
/// </summary>
public sealed record LinkSpec
{
    /// <summary>Generation of the meeting's assignment to this node, as in <see cref="RoomSpec.Generation"/>.</summary>
    public required long Generation { get; init; }
    public required LinkEndRole Role { get; init; }

    /// <summary>The media node that gets this spec, as <c>namespace/name</c>. It is the origin that the node announces with its tracks.</summary>
    public required string Node { get; init; }

    /// <summary>The media node at the other end, as <c>namespace/name</c>.</summary>
    public required string Peer { get; init; }

    /// <summary>Generation of the meeting's assignment to the other node.</summary>
    public required long PeerGeneration { get; init; }

    /// <summary>Addresses of the other end, each an IP address and a UDP port, for example <c>10.1.2.3:43000</c> or <c>[fd00::7]:43000</c>. At least 1, at most 4, the preferred one first.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>Identifies the link in datagrams to this end. Not 0, and different for each link of a node.</summary>
    public required uint Tag { get; init; }

    /// <summary>Identifies the link in datagrams to the other end.</summary>
    public required uint PeerTag { get; init; }

    /// <summary>The valid secrets, at least 1, at most 3, in ascending order of their epochs. A secret that is not in the list is removed.</summary>
    public required IReadOnlyList<LinkKey> Keys { get; init; }

    /// <summary>Limit of what this end sends, in kilobits per second. Null for no limit.</summary>
    public int? MaxKbps { get; init; }

    /// <summary>
    /// Replaces each key without a secret by the node's key of the same epoch, or removes it when the node has none. Secrets of the spec come before those of the node.
    /// </summary>
    /// <param name="former">The keys that the link has on this node; none for a new link.</param>
    public LinkSpec WithKept(IReadOnlyList<LinkKey> former)
    {
        ArgumentNullException.ThrowIfNull(former);
        return this with { Keys = [.. Keys.Select(key => key.Secret is null ? former.FirstOrDefault(held => held.Epoch == key.Epoch) : key).OfType<LinkKey>()] };
    }

    /// <summary>Compares lists by their contents.</summary>
    public bool Equals(LinkSpec? other) =>
        other is not null
        && (Generation, Role, Node, Peer, PeerGeneration, Tag, PeerTag, MaxKbps)
            == (other.Generation, other.Role, other.Node, other.Peer, other.PeerGeneration, other.Tag, other.PeerTag, other.MaxKbps)
        && Addresses.SequenceEqual(other.Addresses)
        && Keys.SequenceEqual(other.Keys);

    public override int GetHashCode() => HashCode.Combine(Generation, Role, Node, Peer, PeerGeneration, Tag, PeerTag, Keys.Count);
}
