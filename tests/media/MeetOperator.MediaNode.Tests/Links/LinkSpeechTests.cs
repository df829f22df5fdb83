using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>The other room knows who speaks without the packets of the microphones.</summary>
public sealed class LinkSpeechTests
{
    private const byte Loud = 10;
    private const byte Silent = 127;
    private readonly LinkedRooms _rooms = new();

    [Fact]
    public void Speech_NothingCrosses_IsKnownBeyond()
    {
        var alice = _rooms.Publish(TrackSource.Microphone, "alice");
        var bob = _rooms.Publish(TrackSource.Microphone, "bob");
        (alice.Level, bob.Level) = (Loud, Silent);
        _rooms.Run(2_000);
        Assert.Equal((true, false), (IsSpeaking("alice"), IsSpeaking("bob")));
        Assert.InRange(_rooms.Relayed().Track.SpeechAt(_rooms.Now).Level, 110, 117);

        (alice.Level, bob.Level) = (Silent, Loud);
        _rooms.Run(1_000);
        Assert.Equal((false, true), (IsSpeaking("alice"), IsSpeaking("bob")));
        Assert.Empty(_rooms.ToRight.Rtp);
    }

    /// <summary>All rooms choose those who are heard by these times, so they differ by no more than the interval of the messages.</summary>
    [Fact]
    public void Speech_Times_AgreeOnBothSides()
    {
        var alice = _rooms.Publish(TrackSource.Microphone);
        alice.Level = Silent;
        _rooms.Run(500);
        alice.Level = Loud;
        _rooms.Run(3_000);

        var (local, relayed) = (alice.Track.Track.SpeechAt(_rooms.Now), _rooms.Relayed().Track.SpeechAt(_rooms.Now));
        Assert.InRange(Math.Abs(local.SinceTicks - relayed.SinceTicks), 0, TimeSpan.TicksPerMillisecond);
        Assert.InRange(local.LastTicks - relayed.LastTicks, 0, 80 * TimeSpan.TicksPerMillisecond);
    }

    [Fact]
    public void Speech_TwelveSpeak_LoudestEightAreTold()
    {
        for (var i = 0; i < 12; i++)
        {
            _rooms.Publish(TrackSource.Microphone, $"p{i:00}").Level = (byte)(2 * i);
        }

        _rooms.Run(1_000);

        Assert.Equal(Enumerable.Range(0, 12).Select(i => i < 8), Enumerable.Range(0, 12).Select(i => IsSpeaking($"p{i:00}")));
    }

    [Fact]
    public void Speech_EverybodySilent_SendsNothingMore()
    {
        var alice = _rooms.Publish(TrackSource.Microphone);
        alice.Level = Loud;
        _rooms.Run(1_000);
        alice.Level = Silent;
        _rooms.Run(4_000);
        var messages = _rooms.ToRight.Messages.Count;
        _rooms.Run(10_000);

        Assert.Equal(messages, _rooms.ToRight.Messages.Count);
    }

    [Fact]
    public void Speech_NewChannel_TellsWhoSpokeLast()
    {
        var alice = _rooms.Publish(TrackSource.Microphone);
        alice.Level = Loud;
        _rooms.Run(1_000);
        alice.Level = Silent;
        _rooms.Run(10_000);
        var relayed = _rooms.Relayed();
        _rooms.Incoming.Close();
        _rooms.Open();
        _rooms.Run(200);

        Assert.NotSame(relayed, _rooms.Relayed());
        Assert.InRange(_rooms.Now - _rooms.Relayed().Track.SpeechAt(_rooms.Now).LastTicks, 9 * TimeSpan.TicksPerSecond, 11 * TimeSpan.TicksPerSecond);
    }

    private bool IsSpeaking(string participant) => _rooms.Relayed(participant).Track.SpeechAt(_rooms.Now).IsSpeaking;
}
