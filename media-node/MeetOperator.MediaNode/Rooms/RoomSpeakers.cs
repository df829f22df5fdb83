using MeetOperator.MediaNode.Slots;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sfu.Speakers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>Who is heard in a room, and who speaks. Reports each change of the dominant speaker, and repeats it once a second while that participant speaks.</summary>
/// <param name="fail">Ends whoever carries a track, after an error that concerns only this track.</param>
internal sealed class RoomSpeakers(Action<PublishedTrack, Exception> fail)
{
    /// <summary>The duration of a packet, so that whoever begins to speak is heard with one of the next packets.</summary>
    private const long IntervalTicks = 20 * TimeSpan.TicksPerMillisecond;
    private const long RepeatTicks = TimeSpan.TicksPerSecond;
    private readonly SpeakerSelection _selection = new(HeardParticipants.Count);
    private readonly List<(string Id, SpeechState Speech)> _microphones = [];
    private readonly List<string> _unmeasured = [];
    private long _nextTicks;
    private long _lastEventTicks;
    private string? _last;

    /// <summary>Who is heard. A change is a new object.</summary>
    public HeardParticipants Heard { get; private set; } = HeardParticipants.None;

    /// <summary>Returns true when an event is due. <paramref name="level"/> is 0 (silent) to 127.</summary>
    public bool TryUpdate(long nowTicks, RoomTracks tracks, out string speaker, out int level)
    {
        (speaker, level) = ("", 0);
        if (nowTicks < _nextTicks)
        {
            return false;
        }

        _nextTicks = nowTicks + IntervalTicks;
        _microphones.Clear();
        _unmeasured.Clear();
        foreach (var microphone in tracks.OpenMicrophones)
        {
            try
            {
                Read(nowTicks, microphone.Track);
            }
            catch (Exception e)
            {
                fail(microphone, e);
            }
        }

        if (_selection.Update(nowTicks, _microphones) | !_unmeasured.SequenceEqual(Heard.Unmeasured))
        {
            Heard = new HeardParticipants(_selection.Loudest, [.. _unmeasured]);
        }

        var speech = _selection.DominantSpeech;
        if (!speech.IsSpeaking || (_selection.Dominant == _last && nowTicks - _lastEventTicks < RepeatTicks))
        {
            return false;
        }

        (speaker, level) = (_selection.Dominant!, speech.Level);
        (_last, _lastEventTicks) = (speaker, nowTicks);
        return true;
    }

    private void Read(long nowTicks, UpTrack microphone)
    {
        if (microphone.Options.Extensions.IdOf(HeaderExtensionKind.AudioLevel) > 0)
        {
            _microphones.Add((microphone.ParticipantId, microphone.SpeechAt(nowTicks)));
        }
        else if (_unmeasured.Count < HeardParticipants.MaxUnmeasured)
        {
            _unmeasured.Add(microphone.ParticipantId);
        }
    }
}
