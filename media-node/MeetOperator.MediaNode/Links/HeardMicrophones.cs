using MeetOperator.Relay.Messages;
using MeetOperator.Sfu.Speakers;

namespace MeetOperator.MediaNode.Links;

/// <summary>Chooses the microphones of a room that the other end of a link is told about, so that all rooms of a meeting agree on who is heard. Used by one loop.</summary>
internal sealed class HeardMicrophones
{
    /// <summary>Silence after which the states of a microphone say nothing new.</summary>
    private const long SilenceTicks = 3 * TimeSpan.TicksPerSecond;
    private readonly List<(uint Track, SpeechState Speech)> _microphones = [];
    private List<uint> _sent = [];

    /// <summary>Forgets what was sent, because a new channel begins.</summary>
    public void Restart() => _sent = [];

    /// <summary>Begins a choice.</summary>
    public void Begin() => _microphones.Clear();

    /// <summary>Adds a microphone that is not muted.</summary>
    public void Add(uint track, SpeechState speech)
    {
        if (speech.LastTicks > 0)
        {
            _microphones.Add((track, speech));
        }
    }

    /// <summary>The message about those who speak, and then those who spoke last; null when there is nothing new.</summary>
    public HeardMessage? Choose(long nowTicks)
    {
        _microphones.Sort(static (one, other) => Rank(other.Speech).CompareTo(Rank(one.Speech)));
        var count = Math.Min(_microphones.Count, HeardMessage.MaximumMicrophones);
        var chosen = _microphones.GetRange(0, count);
        if (!chosen.Exists(microphone => nowTicks - microphone.Speech.LastTicks < SilenceTicks) && _sent.SequenceEqual(chosen.Select(microphone => microphone.Track)))
        {
            return null;
        }

        _sent = chosen.ConvertAll(microphone => microphone.Track);
        return new HeardMessage { Microphones = chosen.ConvertAll(microphone => Describe(nowTicks, microphone.Track, microphone.Speech)) };
    }

    private static (bool, long, int) Rank(in SpeechState speech) => (speech.IsSpeaking, speech.IsSpeaking ? 0 : speech.LastTicks, speech.Level);

    private static RelayedSpeech Describe(long nowTicks, uint track, in SpeechState speech) =>
        new(track, (byte)Math.Clamp(speech.Level, 0, 127), speech.IsSpeaking, Milliseconds(nowTicks - speech.SinceTicks), Milliseconds(nowTicks - speech.LastTicks));

    private static uint Milliseconds(long ticks) => (uint)Math.Clamp(ticks / TimeSpan.TicksPerMillisecond, 0, RelayedSpeech.Never - 1);
}
