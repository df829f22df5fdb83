namespace MeetOperator.KubectlMeet.Reachability;

/// <summary>What there is to check of one pool of relays.</summary>
/// <param name="Pool">The pool, as <c>namespace/name</c>.</param>
/// <param name="Uid">Its UID.</param>
/// <param name="HasNoRelay">Whether it should have relays, and none takes participants.</param>
/// <param name="Urls">The URLs that participants get.</param>
/// <param name="Peers">Media nodes to relay a packet to, the likeliest first.</param>
internal sealed record RelayTarget(string Pool, string? Uid, bool HasNoRelay, IReadOnlyList<string> Urls, IReadOnlyList<TurnPeerNode> Peers);
