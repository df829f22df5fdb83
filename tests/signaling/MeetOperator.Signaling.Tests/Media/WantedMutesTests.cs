using MeetOperator.NodeControl;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.Tests.Media;

public sealed class WantedMutesTests
{
    private readonly WantedMutes _mutes = new();

    [Fact]
    public void TryEnqueue_EarlierOneIsQueued_ReplacesIt()
    {
        Assert.True(_mutes.TryEnqueue(MediaType.Audio, true));
        Assert.False(_mutes.TryEnqueue(MediaType.Audio, false));
        Assert.True(_mutes.TryEnqueue(MediaType.Video, true));

        _mutes.Dequeue(MediaType.Audio);

        Assert.False(_mutes.Find(MediaType.Audio).Microphone);
        Assert.True(_mutes.TryEnqueue(MediaType.Audio, true));
        Assert.True(_mutes.Find(MediaType.Audio).Microphone);
        Assert.True(_mutes.Find(MediaType.Video).Camera);
    }

    [Fact]
    public void Combine_NothingWasMuted_IsNull()
    {
        Assert.Null(_mutes.Combine(null));
        Assert.Null(_mutes.Combine(Entry(audio: true)));
    }

    [Fact]
    public void Combine_ClientOrHostHasMuted_HasBothStates()
    {
        Assert.Equal<(bool?, bool?)>((true, null), States(_mutes.Combine(Entry(audio: false))));

        _mutes.TryEnqueue(MediaType.Audio, false);
        _mutes.TryEnqueue(MediaType.Video, true);

        Assert.Equal<(bool?, bool?)>((false, true), States(_mutes.Combine(Entry(audio: true))));
        Assert.Equal<(bool?, bool?)>((true, true), States(_mutes.Combine(Entry(audio: false))));
    }

    private static (bool? Microphone, bool? Camera) States(MuteState? state) => (state?.Microphone, state?.Camera);

    private static PresenceEntry Entry(bool audio) =>
        new() { ParticipantId = "ann", DisplayName = "Ann", Role = "participant", Instance = "none", Connection = "one", Connected = true, Audio = audio, Video = true };
}
