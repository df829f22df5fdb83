using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>An offer that passed every check, with the answer to it; the sources stand beside the sections.</summary>
internal sealed record PreparedAnswer(string Sdp, IReadOnlyList<NegotiatedSection> Sections, IReadOnlyList<TrackSource> Sources);
