using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>Detects the loudest participant of a room. Reports each change, and repeats once a second while the participant speaks.</summary>
internal sealed class SpeakerDetector
{
    /// <summary>About -50 dBov, which is quiet speech above background noise.</summary>
    public const int Threshold = 77;
    private const long IntervalTicks = 250 * TimeSpan.TicksPerMillisecond;
    private const long RepeatTicks = TimeSpan.TicksPerSecond;
    private long _nextTicks;
    private long _lastEventTicks;
    private string? _last;

    /// <summary>Returns true when an event is due. <paramref name="level"/> is 0 (silent) to 127.</summary>
    public bool TryUpdate(long nowTicks, Dictionary<string, NodeParticipant>.ValueCollection participants, out string speaker, out int level)
    {
        (speaker, level) = ("", 0);
        if (nowTicks < _nextTicks)
        {
            return false;
        }

        _nextTicks = nowTicks + IntervalTicks;
        foreach (var participant in participants)
        {
            foreach (var track in participant.PublishedTracks)
            {
                if (track.Track.Source != TrackSource.Microphone)
                {
                    continue;
                }

                track.Track.UpdateAudioLevel();
                if (!track.Track.IsMuted && track.Track.AudioLevel > level)
                {
                    (speaker, level) = (participant.Id, track.Track.AudioLevel);
                }
            }
        }

        if (level < Threshold || (speaker == _last && nowTicks - _lastEventTicks < RepeatTicks))
        {
            return false;
        }

        (_last, _lastEventTicks) = (speaker, nowTicks);
        return true;
    }
}
