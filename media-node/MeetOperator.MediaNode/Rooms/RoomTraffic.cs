using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// Counts the packets that a room was expected to forward and the packets that it sent. It reads the counters of the tracks once per report, so that the packet
/// path has no extra work. Used by the loop's thread.
/// </summary>
internal sealed class RoomTraffic
{
    /// <summary>The longest time that a subscriber may wait for the first key frame.</summary>
    private const long KeyFrameTimeoutTicks = 5 * TimeSpan.TicksPerSecond;
    private Dictionary<UpTrack, long> _received = [];
    private Dictionary<DownTrack, (long Sent, long ReadySince)> _sent = [];

    public long PacketsIn { get; private set; }

    public long PacketsOut { get; private set; }

    public void Update(long nowTicks, IEnumerable<NodeParticipant> participants)
    {
        var received = new Dictionary<UpTrack, long>();
        var sent = new Dictionary<DownTrack, (long Sent, long ReadySince)>();
        foreach (var track in participants.SelectMany(p => p.PublishedTracks).Select(t => t.Track))
        {
            var isWanted = false;
            foreach (var down in track.DownTracks)
            {
                var previous = _sent.GetValueOrDefault(down, (Sent: 0, ReadySince: long.MaxValue));
                isWanted |= nowTicks - KeyFrameTimeoutTicks > previous.ReadySince;
                PacketsOut += down.SentPackets - previous.Sent;
                sent[down] = (down.SentPackets, !down.IsReady || !down.IsShown || track.IsMuted ? long.MaxValue : Math.Min(previous.ReadySince, nowTicks));
            }

            if (isWanted)
            {
                PacketsIn += track.ReceivedPackets - _received.GetValueOrDefault(track);
            }

            received[track] = track.ReceivedPackets;
        }

        (_received, _sent) = (received, sent);
    }
}
