using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using MeetOperator.MediaNode.Errors;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>SDP is parsed, built, written and read on the threads of the requests, and not on that of the loop.</summary>
[Collection(ExclusiveCollection.Name)]
public sealed class SdpThreadTests : IAsyncLifetime
{
    private readonly SyntheticPeer _carol = new();
    private TwoRooms _rooms = null!;

    public async Task InitializeAsync() => _rooms = await TwoRooms.StartAsync();

    public async Task DisposeAsync()
    {
        _carol.Dispose();
        await _rooms.DisposeAsync();
    }

    [Theory]
    [InlineData("publish")]
    [InlineData("play")]
    [InlineData("answer")]
    public async Task Sdp_Unusable_IsReadOnOtherThreads(string request)
    {
        var threads = new ConcurrentQueue<string?>();
        void Record(object? sender, FirstChanceExceptionEventArgs e)
        {
            if (e.Exception is ControlProblemException { Code: "invalid-sdp" })
            {
                threads.Enqueue(Thread.CurrentThread.Name);
            }
        }

        AppDomain.CurrentDomain.FirstChanceException += Record;
        try
        {
            var rejection = await Assert.ThrowsAsync<NodeControlException>(() => request switch
            {
                "publish" => PublishAsync(WithUnknownCodecs(TestSdp.Publish(_carol))),
                "play" => PlayAsync(WithUnknownCodecs(TestSdp.Play(_carol))),
                _ => AnswerAsync("bob", TestSdp.Microphones(_carol, 5)),
            });
            Assert.Equal("invalid-sdp", rejection.Code);
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= Record;
        }

        Assert.NotEmpty(threads);
        Assert.DoesNotContain($"media-{_rooms.Loop.Port}", threads);
    }

    [Fact]
    public async Task Publish_ManySections_AllocatesLittleOnTheLoop()
    {
        var offer = Inactive(60);
        await PublishAsync(offer);
        Assert.InRange(await AllocatedByLoopAsync(() => PublishAsync(offer)), 0, 16 * 1024);
    }

    [Fact]
    public async Task Play_ManySections_AllocatesLittleOnTheLoop()
    {
        var offer = Inactive(60);
        var first = offer.IndexOf("a=inactive", StringComparison.Ordinal);
        offer = offer.Remove(first, "a=inactive".Length).Insert(first, "a=recvonly");
        Assert.InRange(await AllocatedByLoopAsync(() => PlayAsync(offer)), 0, 64 * 1024);
    }

    [Fact]
    public async Task Answer_ManySections_AllocatesLittleOnTheLoop()
    {
        for (var i = 0; i < 4; i++)
        {
            await PublishAsync(TestSdp.Microphones(_carol, 16), $"p{i}");
        }

        var offer = await _rooms.Node.Control.SubscribeAsync(TwoRooms.Bad, "dora", new SubscribeRequest { Generation = 1 }, default);
        var answer = new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, _carol).Replace("a=recvonly", "a=inactive", StringComparison.Ordinal) };
        await _rooms.Node.Control.AnswerAsync(TwoRooms.Bad, "dora", answer, default);
        Assert.InRange(await AllocatedByLoopAsync(() => _rooms.Node.Control.AnswerAsync(TwoRooms.Bad, "dora", answer, default)), 0, 24 * 1024);
    }

    private static string WithUnknownCodecs(string sdp) =>
        sdp.Replace("opus/48000/2", "unknown/48000/2", StringComparison.Ordinal).Replace("VP8/90000", "unknown/90000", StringComparison.Ordinal);

    private string Inactive(int sections) => TestSdp.Microphones(_carol, sections).Replace("a=sendonly", "a=inactive", StringComparison.Ordinal);

    private Task<SdpAnswer> PublishAsync(string sdp, string participant = "carol") =>
        _rooms.Node.Control.PublishAsync(TwoRooms.Bad, participant, new SdpOffer { Generation = 1, Sdp = sdp }, default);

    private Task<SdpAnswer> PlayAsync(string sdp) =>
        _rooms.Node.Control.PlayAsync(TwoRooms.Neighbour, "carol", new PlayRequest { Generation = 1, Sdp = sdp }, default);

    private async Task AnswerAsync(string participant, string sdp)
    {
        var offer = await _rooms.Node.Control.SubscribeAsync(TwoRooms.Neighbour, participant, new SubscribeRequest { Generation = 1 }, default);
        await _rooms.Node.Control.AnswerAsync(TwoRooms.Neighbour, participant, new SubscribeAnswer { Revision = offer.Revision, Sdp = sdp }, default);
    }

    /// <summary>The managed bytes that the loop's thread allocates during a request.</summary>
    private async Task<long> AllocatedByLoopAsync(Func<Task> request)
    {
        var before = await _rooms.OnLoopAsync(GC.GetAllocatedBytesForCurrentThread);
        await request();
        return await _rooms.OnLoopAsync(GC.GetAllocatedBytesForCurrentThread) - before;
    }
}
