using MeetOperator.MediaNode.Tunnels;
using MeetOperator.Testing;

namespace MeetOperator.MediaNode.Tests;

public sealed class TunnelReceiptsTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private readonly TunnelReceipts _receipts;

    public TunnelReceiptsTests() => _receipts = new TunnelReceipts(_time);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _receipts.DisposeAsync();

    [Fact]
    public async Task Next_SmallPieces_ToldTogetherAfterAMoment()
    {
        var next = _receipts.NextAsync(default);
        _receipts.Add(100);
        _time.Advance(TunnelReceipts.MaxDelay / 2);
        _receipts.Add(200);
        Assert.False(next.IsCompleted);

        _time.Advance(TunnelReceipts.MaxDelay / 2);

        Assert.Equal(300, await next);
        next = _receipts.NextAsync(default);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(next.IsCompleted); // nothing new

        _receipts.Add(1);
        _time.Advance(TunnelReceipts.MaxDelay);
        Assert.Equal(301, await next);
    }

    [Fact]
    public async Task Next_MuchHasArrived_ToldAtOnce()
    {
        _receipts.Add(TunnelReceipts.MaxBytes - 1);
        _receipts.Add(1);

        Assert.Equal(TunnelReceipts.MaxBytes, await _receipts.NextAsync(default));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("00", 0)]
    [InlineData("0000", 2)]
    [InlineData("0002AABB", 4)]
    [InlineData("0002AABB0001", 4)]
    [InlineData("0002AABB0001CC00", 7)]
    [InlineData("0002AABB0801", 6)] // too long, as the loop is to see
    public void WholeFrames_WhatHasArrived_EndsWithTheLastWholeOne(string hex, int expected) =>
        Assert.Equal(expected, TunnelPump.WholeFrames(Convert.FromHexString(hex)));
}
