using MeetOperator.Rtc.Ice;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>An offer that passed every check, with the answer to it; the sources stand beside the sections.</summary>
/// <param name="Sdp">The answer's text.</param>
/// <param name="Sections">What was negotiated, section by section.</param>
/// <param name="Sources">Of the sections.</param>
/// <param name="Remote">The client's side of the transport.</param>
/// <param name="Renewed">The node's credentials from now on when the offer restarts ICE; else null.</param>
internal sealed record PreparedAnswer(
    string Sdp, IReadOnlyList<NegotiatedSection> Sections, IReadOnlyList<TrackSource> Sources, RemotePeer Remote, IceCredentials? Renewed);
