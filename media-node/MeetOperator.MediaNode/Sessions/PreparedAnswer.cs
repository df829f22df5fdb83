using MeetOperator.MediaNode.Negotiation;
using MeetOperator.Rtc.Ice;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>A validated offer for publishing and its answer, not applied yet.</summary>
/// <param name="Basis">What the answer depends on.</param>
/// <param name="Sdp">The SDP of the answer.</param>
/// <param name="SessionNumber">The number of the session in the origin line.</param>
/// <param name="Sections">The sections in the order of the offer.</param>
/// <param name="Remote">The client's transport parameters.</param>
/// <param name="Local">The node's new ICE credentials when the session is new or the offer restarts ICE, or null.</param>
/// <param name="Transport">The transport of a new session, or null.</param>
internal sealed record PreparedAnswer(
    PublishBasis Basis, string Sdp, long SessionNumber, IReadOnlyList<PreparedSection> Sections, RemotePeer Remote, IceCredentials? Local, UnusedTransport? Transport) : IDisposable
{
    public void Dispose() => Transport?.Dispose();
}
