using MeetOperator.Sdp;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>One section of an answer to a publisher. Immutable.</summary>
/// <param name="Mid">The section.</param>
/// <param name="Track">The track that it carries; null when it is inactive or rejected.</param>
internal sealed record PreparedSection(string Mid, PreparedTrack? Track);

/// <summary>A track as it was negotiated.</summary>
/// <param name="Source">What it shows or plays.</param>
/// <param name="Codec">The negotiated codec with the client's payload type.</param>
/// <param name="Options">How its packets are read.</param>
internal sealed record PreparedTrack(TrackSource Source, RtpCodec Codec, UpTrackOptions Options);
