using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>Says who is the loudest in a room: when that changes, and once a second while somebody speaks.</summary>
internal sealed class SpeakerDetector
{
    /// <summary>About -50 dBov: quiet speech, louder than a room's noise.</summary>
    public const int Threshold = 77;
    private const long IntervalTicks = 250 * TimeSpan.TicksPerMillisecond;
    private const long RepeatTicks = TimeSpan.TicksPerSecond;
    private long _nextTicks;
    private long _lastEventTicks;
    private string? _last;

    /// <summary>True when an event is due.</summary>
    public bool TryUpdate(long nowTicks, Dictionary<string, NodeParticipant> participants, out string speaker, out int level)
    {
        (speaker, level) = ("", 0);
        if (nowTicks < _nextTicks)
        {
            return false;
        }

        _nextTicks = nowTicks + IntervalTicks;
        foreach (var participant in participants.Values)
        {
            foreach (var track in participant.PublishedTracks)
            {
                if (track.Track.Options.Source != TrackSource.Microphone)
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
