namespace MeetOperator.Sfu.Tests;

/// <summary>Two cameras fill a line, which suddenly takes little more than the smallest pictures of both.</summary>
public sealed class SuddenFallTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 8)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Line_DipsForAMoment_BothPicturesAreLargeSoonAfter(int seed)
    {
        var call = Fallen(seed, 500_000, out _);
        call.Run(0.3);
        call.Line.BitsPerSecond = TwoCameras.FullBits;
        call.Run(10);

        Assert.All(call.Receivers, receiver => Assert.InRange(receiver.RateOf(call.Now - Second, call.Now), 800_000, 1_500_000));
    }

    /// <summary>Where the key frames of larger pictures fit well, they do not wait.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Line_FallsToHalf_PicturesOfTheMiddleSizeFollowSoon(int seed)
    {
        var call = Fallen(seed, 1_500_000, out _);
        call.Run(6);

        Assert.All(call.Receivers, receiver => Assert.InRange(receiver.RateOf(call.Now - Second, call.Now), 200_000, 1_500_000));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Line_IsSteady_NothingChanges(int seed)
    {
        var call = Fallen(seed, TwoCameras.FullBits, out var settled);
        call.Run(60);

        Assert.All(call.Senders, sender => Assert.DoesNotContain(sender.KeyFrames, key => key.Ticks > settled));
        Assert.All(call.Receivers, receiver => Assert.Equal(0, receiver.FrozenSince(settled)));
    }

    private static TwoCameras Fallen(int seed, long bits, out long fallen)
    {
        var call = new TwoCameras(seed);
        call.Run(25);
        (fallen, call.Line.BitsPerSecond) = (call.Now, bits);
        return call;
    }
}
