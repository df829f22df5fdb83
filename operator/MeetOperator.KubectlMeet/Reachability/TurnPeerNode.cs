using System.Net;

namespace MeetOperator.KubectlMeet.Reachability;

/// <summary>A media node to relay a packet to.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Endpoint">An address and UDP port of it.</param>
internal sealed record TurnPeerNode(string Name, IPEndPoint Endpoint);
