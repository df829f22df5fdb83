using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// What came into a room and ought to have gone out, and what went out. It looks at the tracks' own counters when somebody asks for a report, so
/// that forwarding pays nothing for it.
/// </summary>
internal sealed class RoomTraffic
{
    /// <summary>A subscriber may wait so long for the first key frame.</summary>
    private const long PatienceTicks = 5 * TimeSpan.TicksPerSecond;
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
                var known = _sent.GetValueOrDefault(down, (Sent: 0, ReadySince: long.MaxValue));
                isWanted |= nowTicks - PatienceTicks > known.ReadySince;
                PacketsOut += down.SentPackets - known.Sent;
                sent[down] = (down.SentPackets, !down.IsReady || track.IsMuted ? long.MaxValue : Math.Min(known.ReadySince, nowTicks));
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
