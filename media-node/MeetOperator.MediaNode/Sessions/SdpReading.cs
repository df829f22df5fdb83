using MeetOperator.MediaNode.Control;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>Reads a client's description, or refuses the request with what is wrong in it.</summary>
internal static class SdpReading
{
    public static SessionDescription Parse(string? sdp) =>
        SessionDescription.TryParse(sdp, out var description, out var error) ? description : throw Refusal.InvalidSdp(error.ToString());

    /// <summary>The peer's offer has other credentials than before (RFC 8839 §4.4.1.1.1): its network changed.</summary>
    public static bool RestartsIce(PeerSession session, SessionDescription offer) =>
        session.Transport.RemoteCredentials is { } known
        && RemoteTransport.TryRead(offer, isAnswer: false, out var remote, out _)
        && (remote.Ufrag, remote.Password) != (known.Ufrag, known.Password);

    public static void ApplyRemote(PeerSession session, SessionDescription description, bool isAnswer)
    {
        if (!RemoteTransport.TryRead(description, isAnswer, out var remote, out var error))
        {
            throw Refusal.InvalidSdp(error.ToString());
        }

        if (!SessionFactory.TrySetRemote(session, remote))
        {
            throw Refusal.InvalidSdp($"SDP: no a=fingerprint can be used ({string.Join(", ", remote.Fingerprints.Select(f => f.Split(' ')[0]))}); expected sha-256, sha-384 or sha-512 with a hash of that length.");
        }
    }
}
