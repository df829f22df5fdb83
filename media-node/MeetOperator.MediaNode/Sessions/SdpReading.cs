using MeetOperator.MediaNode.Control;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>Reads a client's description, or refuses the request with what is wrong in it.</summary>
internal static class SdpReading
{
    /// <summary>The long part of the work; to be done before the loop is entered.</summary>
    public static SessionDescription Parse(string? sdp)
    {
        if (!SessionDescription.TryParse(sdp, out var description, out var error))
        {
            throw Refusal.InvalidSdp(error.ToString());
        }

        foreach (var section in description.Sections)
        {
            _ = section.Codecs; // read once and kept
        }

        return description;
    }

    /// <summary>The peer's side of the transport; nothing has changed yet.</summary>
    public static RemotePeer ReadRemote(SessionDescription description, bool isAnswer)
    {
        if (!RemoteTransport.TryRead(description, isAnswer, out var remote, out var error))
        {
            throw Refusal.InvalidSdp(error.ToString());
        }

        var fingerprints = new List<Fingerprint>();
        foreach (var value in remote.Fingerprints)
        {
            if (Fingerprint.TryParse(value, out var fingerprint))
            {
                fingerprints.Add(fingerprint);
            }
        }

        return fingerprints.Count > 0
            ? new RemotePeer(new IceCredentials(remote.Ufrag, remote.Password), fingerprints)
            : throw Refusal.InvalidSdp($"SDP: no a=fingerprint can be used ({string.Join(", ", remote.Fingerprints.Select(f => f.Split(' ')[0]))}); expected sha-256, sha-384 or sha-512 with a hash of that length.");
    }
}
