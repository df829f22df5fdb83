using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Calls;

/// <summary>A link of a meeting in the leader's memory. Used by one reconcile at a time.</summary>
internal sealed class LinkCalls
{
    /// <summary>Null until both nodes have reported.</summary>
    public KeptLink? Kept { get; set; }

    /// <summary>The link as it was last needed.</summary>
    public required MeetingLink Link { get; set; }
    public LinkEnd Opener { get; private set; } = new();
    public LinkEnd Acceptor { get; private set; } = new();

    /// <summary>Begins again without pauses, because a node runs another process now.</summary>
    public void ForgetCalls() => (Opener, Acceptor) = (new LinkEnd(), new LinkEnd());

    /// <summary>The problem of the end on a node, or null.</summary>
    public string? FindProblem(NamespacedName node) => node == Link.Opener.Node ? Opener.Problem : node == Link.Acceptor.Node ? Acceptor.Problem : null;
}
