using System.Net;
using System.Security.Cryptography;
using MeetOperator.MediaNode.Limits;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Negotiation;
using MeetOperator.MediaNode.Time;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Layers;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>Creates and closes the peer sessions of one loop. Used on the loop's thread, except where other threads are named.</summary>
internal sealed class SessionFactory(MediaLoop loop, DtlsCertificate certificate, IReadOnlyList<IPAddress> advertised, TimeSpan silence)
{
    /// <summary>Enough for 128 connections at a time.</summary>
    private const long LongKeyFrameBytes = 64 * 1024 * 1024;
    private readonly IceCandidate[] _candidates = [.. CandidateOrder.Sort(advertised).Select(address => new IceCandidate(address.ToString(), loop.Port))];

    /// <summary>The memory for key frames that take their lines more than a second.</summary>
    public MemoryBudget LongKeyFrames { get; } = new(LongKeyFrameBytes);

    /// <param name="owner">Handles what the session receives.</param>
    /// <param name="ingress">Limits what the participant sends.</param>
    /// <param name="credentials">The node's ICE credentials; null for new ones.</param>
    public PeerSession Open(IPeerSessionOwner owner, IngressLimit ingress, IceCredentials? credentials = null)
    {
        var transport = new PeerTransport(new PeerTransportOptions
        {
            LocalCredentials = credentials ?? IceCredentials.Generate(),
            Certificate = certificate,
            Random = SecureRandom.Instance,
            SilenceTimeoutTicks = silence.Ticks,
        });
        var session = new PeerSession(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), transport, loop, owner, ingress);
        loop.Peers.Add(session);
        session.WakeAt(0);
        return session;
    }

    /// <summary>The node's transport parameters for the SDP of <paramref name="session"/>.</summary>
    public LocalTransport Describe(PeerSession session) => Describe(session.Transport.LocalCredentials);

    /// <summary>The node's transport parameters with the given credentials, which a session may not use yet. Safe for concurrent use.</summary>
    public LocalTransport Describe(IceCredentials credentials) => new()
    {
        Ufrag = credentials.Ufrag,
        Password = credentials.Password,
        Fingerprint = certificate.Fingerprint.ToString().Split(' ')[1],
        Candidates = _candidates,
    };

    /// <summary>Restarts ICE on the node's side after the peer restarted it (RFC 8839 §4.4.1.1.1).</summary>
    public void RestartIce(PeerSession session, IceCredentials local)
    {
        var formerUfrag = session.Transport.LocalCredentials.Ufrag;
        session.Transport.RestartIce(local);
        loop.Peers.UpdateCredentials(session, formerUfrag);
        session.WakeAt(0);
    }

    public void Close(PeerSession session)
    {
        try
        {
            session.SendClose(MonotonicClock.NowTicks);
            loop.Egress.Flush();
        }
        finally
        {
            loop.RemoveSession(session);
        }
    }
}
