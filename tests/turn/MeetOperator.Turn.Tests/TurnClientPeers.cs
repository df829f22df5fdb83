using System.Net;
using MeetOperator.Stun;

namespace MeetOperator.Turn.Tests;

/// <summary>What a client does with peers once it has an allocation. The probe of the agent needs none of it.</summary>
internal static class TurnClientPeers
{
    public static Task<int> BindAsync(this TurnClient client, IPEndPoint peer, CancellationToken ct) =>
        client.SendAsync(StunMessage.Request(StunMethod.ChannelBind).Add(StunAttribute.ChannelNumber, [0x40, 0x00, 0, 0]).WithPeer(peer), isSigned: true, ct);

    /// <summary>Asks the relay to open a TCP connection to a peer (RFC 6062).</summary>
    public static Task<int> ConnectPeerAsync(this TurnClient client, IPEndPoint peer, CancellationToken ct) => client.SendAsync(StunMessage.Request(StunMethod.Connect).WithPeer(peer), isSigned: true, ct);
}
