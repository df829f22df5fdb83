using System.Net;
using System.Security.Cryptography;
using MeetOperator.MediaNode.Limits;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Negotiation;
using MeetOperator.MediaNode.Paths;
using MeetOperator.MediaNode.Time;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Transport;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Layers;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>Creates and closes the peer sessions of one loop. Used on the loop's thread, except where other threads are named.</summary>
internal sealed class SessionFactory(MediaLoop loop, DtlsCertificate certificate, IReadOnlyList<IPAddress> advertised, TimeSpan silence, int? tcpPort = null)
{
    /// <summary>Enough for 127 connections at a time in as many rooms, and for 64 in one.</summary>
    private const long LongKeyFrameBytes = 64 * 1024 * 1024;
    private readonly IceCandidate[] _udpCandidates = [.. CandidateOrder.Sort(advertised).Select(address => new IceCandidate(address.ToString(), loop.Port))];
    private readonly IceCandidate[] _tcpCandidates =
    [
        .. tcpPort is { } port ? CandidateOrder.Sort(advertised).Select(address => new IceCandidate(address.ToString(), port, IsTcp: true)) : [],
    ];

    /// <summary>The memory for key frames that take their lines more than a second.</summary>
    public MemoryBudget LongKeyFrames { get; } = new(LongKeyFrameBytes);

    /// <summary>Creates a transport for a new session. Not for the thread of a loop, because it takes long; safe for concurrent use.</summary>
    /// <param name="credentials">The node's ICE credentials.</param>
    /// <param name="isTunnel">Whether the client sends and receives on a tunnel, without ICE and DTLS.</param>
    public UnusedTransport CreateTransport(IceCredentials credentials, bool isTunnel = false) => new(new PeerTransport(new PeerTransportOptions
    {
        LocalCredentials = credentials,
        Certificate = certificate,
        IsTunnel = isTunnel,
        Random = SecureRandom.Instance,
        SilenceTimeoutTicks = silence.Ticks,
    }));

    /// <summary>Creates a session that receives nothing before <see cref="Open(PeerSession, UnusedTransport)"/>. Safe for concurrent use.</summary>
    /// <param name="owner">Handles what the session receives.</param>
    /// <param name="ingress">Limits what the participant sends.</param>
    /// <param name="paths">The paths that the session may use.</param>
    /// <param name="transport">The transport, which the caller still owns.</param>
    public PeerSession Create(IPeerSessionOwner owner, IngressLimit ingress, PathGuard paths, UnusedTransport transport) =>
        new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), transport.Value, loop, owner, ingress, paths);

    /// <summary>Takes the transport of a session and begins to receive.</summary>
    public void Open(PeerSession session, UnusedTransport transport)
    {
        transport.Take();
        loop.Peers.Add(session);
        session.WakeAt(0);
        loop.Rest.OnActivity(MonotonicClock.NowTicks); // its first checks must not be late
    }

    /// <summary>Creates a session and begins to receive.</summary>
    public PeerSession Open(IPeerSessionOwner owner, IngressLimit ingress, PathGuard paths, UnusedTransport transport)
    {
        var session = Create(owner, ingress, paths, transport);
        Open(session, transport);
        return session;
    }

    /// <summary>The node's transport parameters for the SDP of <paramref name="session"/>.</summary>
    public LocalTransport Describe(PeerSession session, bool allowsTcp) => Describe(session.Transport.LocalCredentials, allowsTcp);

    /// <summary>The node's transport parameters with the given credentials, which a session may not use yet, with or without candidates for TCP. Safe for concurrent use.</summary>
    public LocalTransport Describe(IceCredentials credentials, bool allowsTcp) => new()
    {
        Ufrag = credentials.Ufrag,
        Password = credentials.Password,
        Fingerprint = certificate.Fingerprint.ToString().Split(' ')[1],
        Candidates = allowsTcp ? [.. _udpCandidates, .. _tcpCandidates] : _udpCandidates,
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
