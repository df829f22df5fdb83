using System.Net;
using MeetOperator.Stun;

namespace MeetOperator.KubectlMeet.Reachability;

/// <summary>An address and port at which clients reach a media node or the relays of a pool.</summary>
/// <param name="Pool">The pool, as <c>namespace/name</c>.</param>
/// <param name="Member">Name of the media node; "relays" for a pool of relays.</param>
/// <param name="Server">The address and port.</param>
/// <param name="Transport">How clients reach it.</param>
/// <param name="Host">The name for TLS; null without TLS.</param>
/// <param name="IsSupported">False for a media node of an earlier version, which does not answer.</param>
internal sealed record NetTarget(string Pool, string Member, IPEndPoint Server, StunTransport Transport, string? Host = null, bool IsSupported = true);
