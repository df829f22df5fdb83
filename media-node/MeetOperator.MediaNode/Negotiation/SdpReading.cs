using MeetOperator.MediaNode.Errors;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.MediaNode.Negotiation;

/// <summary>Parses the session descriptions of clients. An invalid one throws <see cref="ControlProblemException"/>.</summary>
internal static class SdpReading
{
    /// <summary>Parses SDP. This is the expensive part of a request, so it runs before the work on the loop.</summary>
    public static SessionDescription Parse(string? sdp)
    {
        if (!SessionDescription.TryParse(sdp, out var description, out var error))
        {
            throw ControlProblemException.InvalidSdp(error.ToString());
        }

        foreach (var section in description.Sections)
        {
            _ = section.Codecs; // parsed lazily and cached; the loop must not pay for it
        }

        return description;
    }

    /// <summary>Reads the peer's transport parameters without applying them.</summary>
    public static RemotePeer ReadRemote(SessionDescription description, bool isAnswer)
    {
        if (!RemoteTransport.TryRead(description, isAnswer, out var remote, out var error))
        {
            throw ControlProblemException.InvalidSdp(error.ToString());
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
            : throw ControlProblemException.InvalidSdp($"SDP: no usable a=fingerprint ({string.Join(", ", remote.Fingerprints.Select(f => f.Split(' ')[0]))}); expected sha-256, sha-384 or sha-512 with a hash of that length.");
    }
}
