using MeetOperator.MediaNode.Negotiation;
using MeetOperator.Rtc.Ice;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>A validated offer and its answer, not applied yet.</summary>
/// <param name="Sdp">The SDP of the answer.</param>
/// <param name="Sections">The negotiated sections.</param>
/// <param name="Sources">The sources of the sections, in the same order.</param>
/// <param name="Remote">The client's transport parameters.</param>
/// <param name="Renewed">The node's new ICE credentials when the offer restarts ICE, or null.</param>
internal sealed record PreparedAnswer(
    string Sdp, IReadOnlyList<NegotiatedSection> Sections, IReadOnlyList<TrackSource> Sources, RemotePeer Remote, IceCredentials? Renewed);
