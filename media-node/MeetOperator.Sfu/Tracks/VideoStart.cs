using MeetOperator.Sfu.Pacing;

namespace MeetOperator.Sfu.Tracks;

/// <summary>
/// When the video of one down track starts and goes on: it starts with a key frame for which the egress has room, and without room it waits for the next one. Audio needs neither.
/// Used by one loop.
/// </summary>
internal struct VideoStart(PacedEgress egress)
{
    /// <summary>When no key frame is detected for this time, as with an encrypted payload, video starts without one.</summary>
    private const long KeyFrameWaitTicks = 3 * TimeSpan.TicksPerSecond;
    private long _waitingSinceTicks;

    /// <summary>The source's timestamp of the last key frame that was begun; null before the first one.</summary>
    private uint? _keyFrameTimestamp;

    /// <summary>Whether a key frame is requested when there is room for it.</summary>
    public bool AwaitsRoom { get; private set; }

    /// <summary>Starts the wait for a key frame again.</summary>
    public void Restart() => _waitingSinceTicks = 0;

    /// <summary>Forgets the source.</summary>
    public void Forget() => (_keyFrameTimestamp, AwaitsRoom) = (null, false);

    /// <summary>Whether there is room for a packet of the layer that is forwarded.</summary>
    public readonly bool HasRoom(in ForwardedPacket packet, PacketPriority priority) => priority == PacketPriority.Audio
        || egress.HasRoom(priority, packet.IsKeyFrame, hasBegun: packet.Header.Timestamp == _keyFrameTimestamp, isScreen: packet.Source.Source == TrackSource.Screen);

    /// <summary>Returns true when forwarding can start with this packet.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="packet">A packet of another layer than the one that is forwarded.</param>
    /// <param name="priority">The priority of the track.</param>
    /// <param name="hasPicture">Whether another layer is forwarded.</param>
    public bool TryStart(long nowTicks, in ForwardedPacket packet, PacketPriority priority, bool hasPicture)
    {
        if (packet.Source.Options.Kind == MediaKind.Video && !packet.StartsKeyFrame && !TryGiveUpKeyFrame(nowTicks, hasPicture))
        {
            return false;
        }

        if (priority != PacketPriority.Audio && !egress.HasRoom(priority, isKeyFrame: true, hasBegun: false, isScreen: packet.Source.Source == TrackSource.Screen))
        {
            AwaitRoom();
            return false;
        }

        AwaitsRoom = false;
        return true;
    }

    /// <summary>A packet was sent.</summary>
    public void OnSent(in ForwardedPacket packet) => _keyFrameTimestamp = packet.IsKeyFrame ? packet.Header.Timestamp : _keyFrameTimestamp;

    /// <summary>Waits for the room that a key frame needs. <see cref="TryTakeRoom"/> tells when there is.</summary>
    public void AwaitRoom()
    {
        AwaitsRoom = true;
        egress.AwaitRoom();
    }

    /// <summary>Returns true once when there is room for which the video has waited, so that a key frame must be requested.</summary>
    public bool TryTakeRoom(PacketPriority priority)
    {
        if (!AwaitsRoom)
        {
            return false;
        }

        if (!egress.IsRoomFree(priority))
        {
            egress.AwaitRoom(); // a stream that comes first has filled it again
            return false;
        }

        AwaitsRoom = false;
        return true;
    }

    /// <summary>Returns true when the wait for a key frame is over, so that forwarding may start in the middle of a picture. While another layer is forwarded, its picture is better than a broken one.</summary>
    private bool TryGiveUpKeyFrame(long nowTicks, bool hasPicture)
    {
        if (hasPicture || AwaitsRoom)
        {
            _waitingSinceTicks = 0; // without room, no key frame is requested yet
            return false;
        }

        _waitingSinceTicks = _waitingSinceTicks == 0 ? nowTicks : _waitingSinceTicks;
        return nowTicks - _waitingSinceTicks >= KeyFrameWaitTicks;
    }
}
