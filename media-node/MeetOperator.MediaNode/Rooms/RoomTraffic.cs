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

    /// <summary>The packets that the tracks of the last report have forwarded in total.</summary>
    public long Forwarded { get; private set; }

    public void Update(long nowTicks, RoomParticipants participants)
    {
        var received = new Dictionary<UpTrack, long>();
        var sent = new Dictionary<DownTrack, (long Sent, long ReadySince)>();
        Forwarded = 0;
        participants.ForEach((Traffic: this, NowTicks: nowTicks, Received: received, Sent: sent), static (participant, update) =>
            update.Traffic.Add(update.NowTicks, participant, update.Received, update.Sent));
        (_received, _sent) = (received, sent);
    }

    private void Add(long nowTicks, NodeParticipant participant, Dictionary<UpTrack, long> received, Dictionary<DownTrack, (long Sent, long ReadySince)> sent)
    {
        foreach (var track in participant.PublishedTracks.Select(t => t.Track))
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
            Forwarded += track.ForwardedPackets;
        }
    }
}
