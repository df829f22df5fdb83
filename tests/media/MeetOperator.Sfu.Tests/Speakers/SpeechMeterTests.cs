using MeetOperator.Sfu.Speakers;

namespace MeetOperator.Sfu.Tests.Speakers;

public sealed class SpeechMeterTests
{
    private SpeechMeter _meter;
    private long _now = TimeSpan.TicksPerSecond;

    [Fact]
    public void StateAt_Speech_IsRecognizedWithin60Milliseconds()
    {
        Send(packets: 50, decibels: 127, voice: false);
        var began = _now;

        while (!_meter.StateAt(_now).IsSpeaking)
        {
            Send(packets: 1, decibels: 30, voice: true);
        }

        Assert.InRange((_now - began) / TimeSpan.TicksPerMillisecond, 20, 60);
    }

    [Fact]
    public void StateAt_OneLoudPacket_IsNoSpeech()
    {
        Send(packets: 50, decibels: 127, voice: false);
        Send(packets: 1, decibels: 0, voice: true);

        Assert.False(_meter.StateAt(_now).IsSpeaking);
    }

    [Theory]
    [InlineData(true, false)] // the client sets the flag at times, so its absence means noise
    [InlineData(false, true)] // the client never sets it
    public void StateAt_LoudWithoutVoiceFlag_DependsOnUseOfFlag(bool usesFlag, bool speaking)
    {
        Send(packets: 1, decibels: 60, voice: usesFlag);
        Send(packets: 50, decibels: 127, voice: false);

        Send(packets: 20, decibels: 10, voice: false);

        Assert.Equal(speaking, _meter.StateAt(_now).IsSpeaking);
    }

    [Fact]
    public void StateAt_PacketsEnd_IsSilent()
    {
        Send(packets: 50, decibels: 20, voice: true);

        Assert.False(_meter.StateAt(_now + (200 * TimeSpan.TicksPerMillisecond)).IsSpeaking);
        Assert.Equal(0, _meter.StateAt(_now + TimeSpan.TicksPerSecond).Level);
    }

    /// <summary>With DTX, a packet every 400 ms tells that there is silence.</summary>
    [Theory]
    [InlineData(20)]
    [InlineData(400)]
    public void StateAt_TwoSecondsOfSilence_LevelIsLowWithFewPacketsToo(int everyMilliseconds)
    {
        Send(packets: 50, decibels: 20, voice: true);

        Send(packets: 2000 / everyMilliseconds, decibels: 127, voice: false, everyMilliseconds);

        Assert.InRange(_meter.StateAt(_now).Level, 0, 2);
    }

    private void Send(int packets, byte decibels, bool voice, int everyMilliseconds = 20)
    {
        for (var i = 0; i < packets; i++)
        {
            _now += everyMilliseconds * TimeSpan.TicksPerMillisecond;
            _meter.OnPacket(_now, (byte)(decibels | (voice ? 0x80 : 0)));
        }
    }
}
