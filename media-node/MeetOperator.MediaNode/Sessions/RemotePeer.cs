using MeetOperator.Rtc;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>What a client's description says of its side of the transport, and the node can use.</summary>
internal sealed record RemotePeer(IceCredentials Credentials, IReadOnlyList<Fingerprint> Fingerprints)
{
    /// <summary>An offer has other credentials than before (RFC 8839 §4.4.1.1.1): the peer's network changed.</summary>
    public bool RestartsIce(PeerTransport transport) => transport.RemoteCredentials is { } known && known != Credentials;

    public void ApplyTo(PeerTransport transport) => transport.SetRemote(Credentials, Fingerprints);
}
