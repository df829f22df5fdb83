using MeetOperator.MediaNode.Negotiation;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>A validated offer for playback and its answer, not applied yet.</summary>
/// <param name="Basis">What the answer depends on.</param>
/// <param name="Sdp">The SDP of the answer.</param>
/// <param name="Sections">The tracks of the active sections.</param>
/// <param name="Played">Describes <paramref name="Sections"/>, in the same order.</param>
/// <param name="Remote">The client's transport parameters.</param>
/// <param name="Transport">The transport of the session.</param>
internal sealed record PreparedPlay(
    PlayBasis Basis,
    string Sdp,
    IReadOnlyList<(PublishedTrack Track, DownTrackOptions Options)> Sections,
    IReadOnlyList<TrackDescription> Played,
    RemotePeer Remote,
    UnusedTransport Transport) : IDisposable
{
    public void Dispose() => Transport.Dispose();
}
