namespace MeetOperator.Sfu.Speakers;

/// <summary>Follows the audio levels in a microphone's packets (RFC 6464).</summary>
internal struct SpeechMeter
{
    /// <summary>About -50 dBov, which is quiet speech above background noise.</summary>
    public const int Threshold = 77;

    /// <summary>A shorter sound is a click and no speech.</summary>
    private const long ClickTicks = 35 * TimeSpan.TicksPerMillisecond;

    /// <summary>Pause within speech.</summary>
    private const long PauseTicks = 150 * TimeSpan.TicksPerMillisecond;

    /// <summary>The share of the level that is left after <see cref="FallTicks"/> of silence.</summary>
    private const double Fall = 0.95;
    private const long FallTicks = 20 * TimeSpan.TicksPerMillisecond;

    /// <summary>Time without packets after which the level is unknown. A client that saves packets in silence (DTX) sends one every 400 ms.</summary>
    private const long SilenceTicks = 500 * TimeSpan.TicksPerMillisecond;
    private double _level;
    private bool _usesVoiceFlag;
    private long _lastTicks;
    private long _sinceTicks;
    private long _lastSpeechTicks;

    /// <summary>Records the byte of the header extension: the voice flag and the level in -dBov. Called for every packet.</summary>
    public void OnPacket(long nowTicks, byte value)
    {
        var level = 127 - (value & 0x7F);
        var isVoice = (value & 0x80) != 0;

        // The flag is optional, so its absence means something only for a client that sets it at times: loud noise is no speech.
        _usesVoiceFlag |= isVoice;
        level = _usesVoiceFlag && !isVoice ? Math.Min(level, Threshold - 1) : level;
        var elapsed = nowTicks - _lastTicks;
        _level = elapsed > SilenceTicks ? 0 : _level;

        // The level rises fast and falls slowly, because speech has pauses. It falls with time and not with packets, of which there are few in silence.
        _level += (level - _level) * (level > _level ? 0.5 : 1 - Math.Pow(Fall, (double)elapsed / FallTicks));
        _lastTicks = nowTicks;
        if (level >= Threshold)
        {
            _sinceTicks = _lastSpeechTicks == 0 || nowTicks - _lastSpeechTicks > PauseTicks ? nowTicks : _sinceTicks;
            _lastSpeechTicks = nowTicks;
        }
    }

    /// <summary>Continues with what another media node has measured until <paramref name="nowTicks"/>.</summary>
    public void Set(long nowTicks, SpeechState state) => (_level, _lastTicks, _sinceTicks, _lastSpeechTicks) = (state.Level, nowTicks, state.SinceTicks, state.LastTicks);

    public readonly SpeechState StateAt(long nowTicks)
    {
        var isSpeaking = _lastSpeechTicks > 0 && nowTicks - _lastSpeechTicks <= PauseTicks && _lastSpeechTicks - _sinceTicks >= ClickTicks;
        return new SpeechState(nowTicks - _lastTicks > SilenceTicks ? 0 : (int)_level, isSpeaking, _sinceTicks, _lastSpeechTicks);
    }
}
