namespace MeetOperator.Sfu.Speakers;

/// <summary>
/// Chooses who is heard in a room, and who is the dominant speaker. Without clock and I/O; not thread-safe.
/// <list type="bullet">
/// <item>Places that are free go to whoever spoke last, so that in a small room everybody is heard.</item>
/// <item>Whoever begins to speak takes the place of the one who has been silent longest, at once.</item>
/// <item>When all who have a place speak, somebody else needs to be clearly louder than the quietest of them, for a while.</item>
/// <item>Sound without a pause, as of music or of a client that always reports speech, gives its place to somebody who begins to speak at least <see cref="LastingTicks"/> later.</item>
/// </list>
/// </summary>
/// <param name="places">The number of participants that are heard. One more is kept in order, for those who are heard themselves.</param>
public sealed class SpeakerSelection(int places)
{
    /// <summary>Silence after which a place can be given away.</summary>
    public const long ReplaceableTicks = 300 * TimeSpan.TicksPerMillisecond;

    /// <summary>How much louder somebody must be than those who have a place and speak, in dB, and for how long.</summary>
    public const int LouderBy = 6;
    public const long LouderTicks = 500 * TimeSpan.TicksPerMillisecond;

    /// <summary>How long a place is kept at least against a louder speaker.</summary>
    public const long KeepTicks = TimeSpan.TicksPerSecond;

    /// <summary>Speech that has lasted so long without a pause of <see cref="ReplaceableTicks"/> gives its place to whoever begins to speak then. People breathe more often.</summary>
    public const long LastingTicks = 10 * TimeSpan.TicksPerSecond;

    /// <summary>Silence after which the dominant speaker can be another one.</summary>
    public const long DominantTicks = 600 * TimeSpan.TicksPerMillisecond;
    private readonly List<Place> _members = [];
    private string? _challenger;
    private long _challengerSinceTicks;

    /// <summary>The participants with a place, then the next one. The order has no other meaning.</summary>
    public IReadOnlyList<string> Loudest { get; private set; } = [];

    /// <summary>The participant who speaks, or who spoke last; null before anybody spoke.</summary>
    public string? Dominant { get; private set; }

    /// <summary>The speech of <see cref="Dominant"/> at the last update; the default for none.</summary>
    public SpeechState DominantSpeech { get; private set; }

    /// <summary>Returns true when <see cref="Loudest"/> is new. Call this about every 20 ms.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="microphones">The unmuted microphones by participant, in the order in which they were opened.</param>
    public bool Update(long nowTicks, IReadOnlyList<(string Id, SpeechState Speech)> microphones)
    {
        var changed = RemoveMissing(nowTicks, microphones) | Fill(nowTicks, microphones);
        for (var i = 0; i < microphones.Count; i++)
        {
            var (id, speech) = microphones[i];
            var place = PlaceOf(id);
            var candidate = place < 0 ? Place.Of(id, nowTicks, speech) : _members[place];
            if (speech.IsSpeaking && (place < 0 || place >= places) && VictimOf(nowTicks, candidate) is >= 0 and var victim)
            {
                Swap(candidate with { SinceTicks = nowTicks }, victim);
                changed = true;
            }
        }

        UpdateDominant(nowTicks);
        DominantSpeech = Dominant is { } dominant && StateOf(dominant, microphones) is { } dominantSpeech ? dominantSpeech : default;
        Loudest = changed ? [.. _members.Select(m => m.Id)] : Loudest;
        return changed;
    }

    private bool RemoveMissing(long nowTicks, IReadOnlyList<(string Id, SpeechState Speech)> microphones)
    {
        var removed = 0;
        for (var i = _members.Count - 1; i >= 0; i--)
        {
            if (StateOf(_members[i].Id, microphones) is { } speech)
            {
                _members[i] = _members[i].Continue(nowTicks, speech);
            }
            else
            {
                removed++;
                Dominant = Dominant == _members[i].Id ? null : Dominant;
                _members.RemoveAt(i);
            }
        }

        return removed > 0;
    }

    private bool Fill(long nowTicks, IReadOnlyList<(string Id, SpeechState Speech)> microphones)
    {
        var before = _members.Count;
        while (_members.Count < Math.Min(places + 1, microphones.Count))
        {
            var best = -1;
            for (var i = 0; i < microphones.Count; i++)
            {
                if (PlaceOf(microphones[i].Id) < 0 && (best < 0 || IsAhead(microphones[i].Speech, microphones[best].Speech)))
                {
                    best = i;
                }
            }

            if (best < 0)
            {
                break;
            }

            _members.Add(Place.Of(microphones[best].Id, nowTicks, microphones[best].Speech));
        }

        return _members.Count > before;
    }

    private static bool IsAhead(in SpeechState one, in SpeechState other) =>
        (one.LastTicks, one.Level).CompareTo((other.LastTicks, other.Level)) > 0;

    /// <summary>The place that somebody who speaks gets now, or -1.</summary>
    private int VictimOf(long nowTicks, in Place candidate)
    {
        var (silent, lasting, quietest) = (-1, -1, -1);
        for (var i = 0; i < Math.Min(places, _members.Count); i++)
        {
            var member = _members[i].Speech;
            if (_members[i].IsSilent(nowTicks) && (silent < 0 || member.LastTicks < _members[silent].Speech.LastTicks))
            {
                silent = i;
            }

            lasting = lasting < 0 || _members[i].SpeaksSinceTicks < _members[lasting].SpeaksSinceTicks ? i : lasting;
            quietest = quietest < 0 || member.Level < _members[quietest].Speech.Level ? i : quietest;
        }

        if (silent >= 0 || quietest < 0)
        {
            return silent;
        }

        // The level counts only among those who began at about the same time. Two who never pause cannot replace each other in turn.
        if (candidate.SpeaksSinceTicks - _members[lasting].SpeaksSinceTicks >= LastingTicks)
        {
            return lasting;
        }

        var isLouder = candidate.Speech.Level >= _members[quietest].Speech.Level + LouderBy && nowTicks - candidate.Speech.SinceTicks >= LouderTicks;
        var isLasting = _members[quietest].SpeaksSinceTicks - candidate.SpeaksSinceTicks >= LastingTicks;
        return isLouder && !isLasting && nowTicks - _members[quietest].SinceTicks >= KeepTicks ? quietest : -1;
    }

    /// <summary>Gives a place to somebody. The one who loses it becomes the next one.</summary>
    private void Swap(in Place winner, int victim)
    {
        var loser = _members[victim];
        _members[victim] = winner;
        if (_members.Count > places)
        {
            _members[places] = loser;
        }
        else
        {
            _members.Add(loser);
        }
    }

    private void UpdateDominant(long nowTicks)
    {
        var loudest = -1;
        for (var i = 0; i < Math.Min(places, _members.Count); i++)
        {
            if (_members[i].Speech.IsSpeaking && (loudest < 0 || _members[i].Speech.Level > _members[loudest].Speech.Level))
            {
                loudest = i;
            }
        }

        var present = Dominant is null ? -1 : PlaceOf(Dominant);
        if (loudest < 0 || loudest == present)
        {
            _challenger = null;
            return;
        }

        var candidate = _members[loudest];
        var speech = present < 0 ? default : _members[present].Speech;
        var isSilent = present < 0 || (!speech.IsSpeaking && nowTicks - speech.LastTicks >= DominantTicks);
        if (!isSilent && candidate.Speech.Level < speech.Level + LouderBy)
        {
            _challenger = null;
            return;
        }

        _challengerSinceTicks = _challenger == candidate.Id ? _challengerSinceTicks : nowTicks;
        _challenger = candidate.Id;
        if (isSilent || nowTicks - _challengerSinceTicks >= LouderTicks)
        {
            (Dominant, _challenger) = (candidate.Id, null);
        }
    }

    private int PlaceOf(string id)
    {
        for (var i = 0; i < _members.Count; i++)
        {
            if (_members[i].Id == id)
            {
                return i;
            }
        }

        return -1;
    }

    private static SpeechState? StateOf(string id, IReadOnlyList<(string Id, SpeechState Speech)> microphones)
    {
        for (var i = 0; i < microphones.Count; i++)
        {
            if (microphones[i].Id == id)
            {
                return microphones[i].Speech;
            }
        }

        return null;
    }

    /// <summary>A participant with a place, or the next one.</summary>
    /// <param name="Id">The participant.</param>
    /// <param name="SinceTicks">When the participant got the place.</param>
    /// <param name="SpeaksSinceTicks">When the speech began that has had no pause of <see cref="ReplaceableTicks"/> since; shorter pauses do not end it. The present in silence.</param>
    /// <param name="Speech">The speech at the last update.</param>
    private readonly record struct Place(string Id, long SinceTicks, long SpeaksSinceTicks, SpeechState Speech)
    {
        public static Place Of(string id, long nowTicks, in SpeechState speech) => new Place(id, nowTicks, speech.SinceTicks, speech).Continue(nowTicks, speech);

        public Place Continue(long nowTicks, in SpeechState speech)
        {
            var place = this with { Speech = speech };
            return place.IsSilent(nowTicks) ? place with { SpeaksSinceTicks = nowTicks } : place;
        }

        public bool IsSilent(long nowTicks) => nowTicks - Speech.LastTicks >= ReplaceableTicks && !Speech.IsSpeaking;
    }
}
