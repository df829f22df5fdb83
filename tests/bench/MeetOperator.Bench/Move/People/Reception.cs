namespace MeetOperator.Bench.Move.People;

/// <summary>
/// What a member notices: the longest time without new sound of somebody who speaks, without a newer complete picture of somebody, and without anything. Times are those at which the
/// kernel got the packets, and a pause of the sender does not count, so that a busy bench does not either.
/// </summary>
internal sealed class Reception(MediaPlan plan)
{
    private readonly Dictionary<ushort, Progress> _sound = [];
    private readonly Dictionary<ushort, Progress> _picture = [];
    private long _any;
    private long _longestSilence;

    /// <summary>Whether sound has arrived.</summary>
    public bool HasSound => _sound.Count > 0;

    /// <summary>The number of participants whose sound and whose picture arrived.</summary>
    public (int Heard, int Seen) Sources => (_sound.Count, _picture.Count);

    public bool Hears(ushort person) => _sound.ContainsKey(person);

    public bool Sees(ushort person) => _picture.ContainsKey(person);

    public void OnSound(Stamp stamp, long ticks)
    {
        OnAny(ticks);
        if (MediaPlan.IsSpeaker(stamp.Person))
        {
            Of(_sound, stamp.Person, plan.SoundInterval).Complete(stamp, ticks);
        }
    }

    public void OnPicture(Stamp stamp, long ticks)
    {
        OnAny(ticks);
        Of(_picture, stamp.Person, plan.PictureInterval).Add(stamp, ticks);
    }

    /// <summary>From now on, the gaps are those of a new observation.</summary>
    public void Begin(long ticks)
    {
        (_any, _longestSilence) = (ticks, 0);
        foreach (var progress in _sound.Values.Concat(_picture.Values))
        {
            progress.Begin(ticks);
        }
    }

    /// <summary>Whether a picture of each source has arrived within a time.</summary>
    public bool IsSteady(long ticks, TimeSpan within) => _picture.Values.All(progress => progress.Since(ticks) < within.Ticks);

    /// <summary>Forgets somebody who has left.</summary>
    public void Forget(ushort person)
    {
        _sound.Remove(person);
        _picture.Remove(person);
    }

    /// <summary>The longest gaps since <see cref="Begin"/>, those that last included.</summary>
    public Gaps Read(long ticks) => new(Longest(_sound, ticks), Longest(_picture, ticks), Milliseconds(Math.Max(_longestSilence, ticks - _any)));

    private void OnAny(long ticks)
    {
        _longestSilence = Math.Max(_longestSilence, _any == 0 ? 0 : ticks - _any);
        _any = Math.Max(_any, ticks);
    }

    private static Progress Of(Dictionary<ushort, Progress> all, ushort person, TimeSpan interval)
    {
        if (!all.TryGetValue(person, out var progress))
        {
            all[person] = progress = new Progress(interval);
        }

        return progress;
    }

    private static double Longest(Dictionary<ushort, Progress> all, long ticks) => all.Values.Select(progress => Milliseconds(progress.Longest(ticks))).DefaultIfEmpty().Max();

    private static double Milliseconds(long ticks) => ticks / (double)TimeSpan.TicksPerMillisecond;

    /// <summary>The frames of one source, of which one is sent each interval.</summary>
    private sealed class Progress(TimeSpan interval)
    {
        private long _sentAt;
        private uint _complete;
        private uint _frame;
        private int _packets;
        private long _at;
        private long _longest;

        public void Add(Stamp stamp, long ticks)
        {
            if (stamp.Frame > _frame)
            {
                (_frame, _packets) = (stamp.Frame, 0);
            }

            if (stamp.Frame == _frame)
            {
                _packets |= 1 << stamp.Packet;
                if (_packets == (1 << stamp.Packets) - 1)
                {
                    Complete(stamp, ticks);
                }
            }
        }

        public void Complete(Stamp stamp, long ticks)
        {
            if (stamp.Frame > _complete)
            {
                var late = _sentAt > 0 ? Math.Max(0, stamp.SentAt - _sentAt - (interval.Ticks * (stamp.Frame - _complete))) : 0;
                _longest = Math.Max(_longest, _at == 0 ? 0 : ticks - _at - late);
                (_complete, _sentAt, _at) = (stamp.Frame, stamp.SentAt, Math.Max(_at, ticks));
            }
        }

        public void Begin(long ticks) => (_at, _longest) = (ticks, 0);

        public long Since(long ticks) => ticks - _at;

        public long Longest(long ticks) => Math.Max(_longest, ticks - _at);
    }
}
