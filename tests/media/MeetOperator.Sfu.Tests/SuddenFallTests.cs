namespace MeetOperator.Sfu.Tests;

/// <summary>Two cameras fill a line, which suddenly takes little more than the smallest pictures of both.</summary>
public sealed class SuddenFallTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 8)];

    /// <summary>
    /// The queue, full of the former pictures, takes half a second. After that, the key frame of a larger picture would fill the line for as long. One course in four has a pause that is due
    /// to such a key frame.
    /// </summary>
    [Fact]
    public void Line_Falls_PicturesStandStillAboutASecondInAll()
    {
        var freezes = new List<long>();
        var settled = 0;
        for (var seed = 0; seed < 12; seed++)
        {
            var call = Fallen(seed, 500_000, out var fallen);
            call.Run(20);
            freezes.Add(call.Receivers.Max(receiver => receiver.FrozenSince(fallen)));
            settled += call.Receivers.All(receiver => receiver.FrozenSince(fallen + (2 * Second)) == 0) ? 1 : 0;
            Assert.DoesNotContain(call.Line.Sent, s => s.Ticks > fallen + (3 * Second / 2) && s.Ticks < fallen + (3 * Second) && s.WaitTicks > 200 * Call.Millisecond);
        }

        Assert.InRange(freezes.Order().ElementAt(6), 0, 1_300 * Call.Millisecond);
        Assert.InRange(settled, 9, 12);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Line_ComesBack_BothPicturesAreLargeWithinTenSeconds(int seed)
    {
        var call = Fallen(seed, 500_000, out _);
        call.Run(20);
        call.Line.BitsPerSecond = TwoCameras.FullBits;
        call.Run(10);

        Assert.All(call.Receivers, receiver => Assert.InRange(receiver.RateOf(call.Now - Second, call.Now), 800_000, 1_500_000));
    }

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
