using MeetOperator.NodeControl.Links;

namespace MeetOperator.NodeControl.Testing;

/// <summary>
/// One end of a link of a simulated node. It is up while the other end, found by its address, has the same tags and a secret in common. Safe for concurrent use, because
/// the other end reads it without the lock of its node.
/// </summary>
public sealed class SimulatedLink
{
    private readonly SimulatedMediaNode _node;
    private readonly (string Room, string Link) _key;
    private volatile LinkSpec _spec;
    private volatile bool _isCut;
    private ushort? _epoch;

    internal SimulatedLink(SimulatedMediaNode node, (string Room, string Link) key, LinkSpec spec)
    {
        (_node, _key) = (node, key);
        _spec = spec;
    }

    /// <summary>The last spec, with the secrets that the operator left to the node.</summary>
    public LinkSpec Spec
    {
        get => _spec;
        internal set => _spec = value;
    }

    /// <summary>While true, no datagrams pass, so both ends are broken.</summary>
    internal bool IsCut
    {
        get => _isCut;
        set => _isCut = value;
    }

    /// <summary>Whether a spec is for another link, which replaces this one.</summary>
    internal bool IsReplacedBy(LinkSpec spec) => (spec.Role, spec.Peer, spec.Tag, spec.PeerTag) != (Spec.Role, Spec.Peer, Spec.Tag, Spec.PeerTag);

    internal LinkReport Report()
    {
        var session = FindSession();
        _epoch = session ?? _epoch;
        return new LinkReport
        {
            Link = _key.Link,
            Peer = Spec.Peer,
            Tag = Spec.Tag,
            PeerTag = Spec.PeerTag,
            State = session is not null ? LinkEndState.Up : _epoch is null ? LinkEndState.Opening : LinkEndState.Broken,
            Epoch = _epoch,
            RttMs = session is null ? null : 0.5,
            LossPct = session is null ? null : 0,
        };
    }

    /// <summary>The epoch of the newest secret that both ends have; null when the ends do not reach each other.</summary>
    private ushort? FindSession()
    {
        if (IsCut || Spec.Addresses.Select(SimulatedMediaNode.AtMediaAddress).FirstOrDefault(found => found is not null) is not { } peer
            || !peer.LinkTable.TryGetValue(_key, out var other) || other.IsCut)
        {
            return null;
        }

        var (here, there) = (Spec, other.Spec);
        var fit = here.Role != there.Role && here.Tag == there.PeerTag && here.PeerTag == there.Tag && here.Node == there.Peer && here.Peer == there.Node
            && there.Addresses.Contains(_node.MediaAddress);
        return fit ? here.Keys.Intersect(there.Keys).Max(key => (ushort?)key.Epoch) : null;
    }
}
