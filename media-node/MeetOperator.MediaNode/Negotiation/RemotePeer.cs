using MeetOperator.MediaNode.Loops;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;

namespace MeetOperator.MediaNode.Negotiation;

/// <summary>The client's transport parameters from its session description.</summary>
internal sealed record RemotePeer(IceCredentials Credentials, IReadOnlyList<Fingerprint> Fingerprints)
{
    /// <summary>Whether an offer restarts ICE, that is, has new credentials (RFC 8839 §4.4.1.1.1).</summary>
    /// <param name="current">The client's credentials until now; null before the first offer.</param>
    public bool RestartsIce(IceCredentials? current) => current is not null && current != Credentials;

    public void ApplyTo(PeerSession session)
    {
        session.Transport.SetRemote(Credentials, Fingerprints);
        session.WakeAt(0);
    }
}
