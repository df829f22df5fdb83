using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

/// <summary>Which secrets a link has after which reports.</summary>
public sealed class LinkPlanTests
{
    private const string Link = "a1b2";
    private static readonly TimeSpan Now = TimeSpan.FromHours(100);
    private byte _next;

    [Fact]
    public void Advance_NoReportOfALink_OpensIt()
    {
        var opened = Advance(null, Reported(null), Reported(null));

        Assert.Equal([Key(1, 3)], opened.Keys);
        Assert.Equal((0x01010101u, 0x02020202u), (opened.OpenerTag, opened.AcceptorTag));
        Assert.Equal(Now + LinkPlan.RenewalInterval, opened.RenewAt);
    }

    [Fact]
    public void Advance_TagZeroOrTwiceTheSame_DrawsAgain()
    {
        Queue<byte> bytes = new([0, 7, 7, 0, 8, 9]);

        var opened = LinkPlan.Advance(null, Link, Reported(null), Reported(null), Now, count => Bytes(bytes.Dequeue(), count));

        Assert.Equal((0x07070707u, 0x08080808u), (opened.OpenerTag, opened.AcceptorTag));
    }

    /// <summary>The other end may not have the link because the former leader's call was lost.</summary>
    [Fact]
    public void Advance_UnknownLinkOfOneEnd_OpensAnother()
    {
        var opened = Advance(null, Reported(End(8, 9, 4)), Reported(null));

        Assert.Single(opened.Keys);
        Assert.NotEqual(8u, opened.OpenerTag);
    }

    [Fact]
    public void Advance_LinkOfAFormerLeader_IsRenewedWithinTheSpread()
    {
        var (opener, acceptor) = (Reported(End(8, 9, 4)), Reported(End(9, 8, 4)));

        var taken = Advance(null, opener, acceptor);

        Assert.Empty(taken.Keys);
        Assert.Equal((8u, 9u), (taken.OpenerTag, taken.AcceptorTag));
        Assert.InRange(taken.RenewAt, Now, Now + LinkPlan.TakeoverSpread);
        Assert.Same(taken, Advance(taken, opener, acceptor, taken.RenewAt - TimeSpan.FromTicks(1)));

        var renewed = Advance(taken, opener, acceptor, taken.RenewAt);
        Assert.Equal([new LinkKey { Epoch = 4 }, new LinkKey { Epoch = 5 }, Key(6, 2)], renewed.Keys);
        Assert.Equal((8u, 9u), (renewed.OpenerTag, renewed.AcceptorTag));
    }

    [Fact]
    public void Advance_TakenOverLinkWithoutSession_KeepsTheFirstSecret()
    {
        var (opener, acceptor) = (Reported(End(8, 9, null)), Reported(End(9, 8, null)));
        var taken = Advance(null, opener, acceptor);

        Assert.Equal([new LinkKey { Epoch = 1 }, Key(2, 2)], Advance(taken, opener, acceptor, taken.RenewAt).Keys);
    }

    [Fact]
    public void Advance_TakenOverLinkIsGone_OpensAnother()
    {
        var taken = Advance(null, Reported(End(8, 9, 4)), Reported(End(9, 8, 4)));

        var opened = Advance(taken, Reported(End(8, 9, 4)), Reported(null));

        Assert.Equal(1, Assert.Single(opened.Keys).Epoch);
        Assert.NotEqual(8u, opened.OpenerTag);
    }

    [Theory]
    [InlineData(5, 5, 1)]
    [InlineData(5, 4, 2)]
    [InlineData(4, 5, 2)]
    [InlineData(4, 4, 2)]
    [InlineData(null, 5, 2)]
    public void Advance_RenewedSecret_FormerGoesWhenBothUseTheNewOne(int? opener, int? acceptor, int keys)
    {
        var renewed = Kept(Key(4, 1), Key(5, 2));

        var next = Advance(renewed, Reported(End(8, 9, (ushort?)opener)), Reported(End(9, 8, (ushort?)acceptor)));

        Assert.Equal(keys, next.Keys.Count);
        Assert.Equal(Key(5, 2), next.Keys[^1]);
    }

    /// <summary>The reports are of the link that was replaced, whose epochs say nothing about this one.</summary>
    [Fact]
    public void Advance_ReportsOfAnotherLink_KeepTheFormerSecret() =>
        Assert.Equal(2, Advance(Kept(Key(4, 1), Key(5, 2)), Reported(End(18, 19, 5)), Reported(End(19, 18, 5))).Keys.Count);

    [Fact]
    public void Advance_BeforeTheRenewal_ChangesNothing()
    {
        var kept = Kept(Key(4, 1));

        Assert.Same(kept, Advance(kept, Reported(End(8, 9, 4)), Reported(End(9, 8, 4)), kept.RenewAt - TimeSpan.FromTicks(1)));
        Assert.Equal([Key(4, 1), Key(5, 1)], Advance(kept, Reported(End(8, 9, 4)), Reported(End(9, 8, 4)), kept.RenewAt).Keys);
    }

    /// <summary>An unfinished renewal gets no third secret.</summary>
    [Fact]
    public void Advance_RenewalUnfinishedForHours_ChangesNothing()
    {
        var renewed = Kept(Key(4, 1), Key(5, 2));

        Assert.Same(renewed, Advance(renewed, Reported(End(8, 9, 4)), Reported(End(9, 8, 4)), Now + TimeSpan.FromHours(5)));
    }

    [Theory]
    [InlineData("other", "i")]
    [InlineData("i", "other")]
    public void Advance_OtherProcess_OpensAnotherLink(string opener, string acceptor)
    {
        var opened = Advance(Kept(Key(4, 1)), Reported(End(8, 9, 4)) with { InstanceId = opener }, Reported(End(9, 8, 4)) with { InstanceId = acceptor });

        Assert.Equal([Key(1, 3)], opened.Keys);
        Assert.NotEqual(8u, opened.OpenerTag);
        Assert.Equal((opener, acceptor), (opened.OpenerInstance, opened.AcceptorInstance));
    }

    [Fact]
    public void Advance_EpochsUsedUp_OpensAnotherLink()
    {
        var kept = Kept(Key(ushort.MaxValue, 1));

        var opened = Advance(kept, Reported(End(8, 9, ushort.MaxValue)), Reported(End(9, 8, ushort.MaxValue)), kept.RenewAt);

        Assert.Equal(1, Assert.Single(opened.Keys).Epoch);
        Assert.NotEqual(8u, opened.OpenerTag);
    }

    [Fact]
    public void KeptLink_AsText_HasNoSecret() => Assert.DoesNotContain(Key(4, 1).Secret![..8], $"{Kept(Key(4, 1))}", StringComparison.Ordinal);

    private KeptLink Advance(KeptLink? kept, ReportedRoom opener, ReportedRoom acceptor, TimeSpan? now = null) =>
        LinkPlan.Advance(kept, Link, opener, acceptor, now ?? Now, count => Bytes(++_next, count));

    private static KeptLink Kept(params LinkKey[] keys) =>
        new() { OpenerTag = 8, AcceptorTag = 9, OpenerInstance = "i", AcceptorInstance = "i", Keys = keys, RenewAt = Now + TimeSpan.FromMinutes(1) };

    private static ReportedRoom Reported(LinkReport? link) => new()
    {
        Target = new PollTarget(new NamespacedName("meet-a", "n"), "pod", new Uri("http://127.0.0.1:1/"), "host"),
        InstanceId = "i",
        PollStarted = 1,
        IsAnswering = true,
        CanLink = true,
        Addresses = [],
        Room = new RoomReport { Room = "r", Links = link is null ? [] : [link] },
    };

    private static LinkReport End(uint tag, uint peerTag, ushort? epoch) => new() { Link = Link, Peer = "meet-a/p", Tag = tag, PeerTag = peerTag, Epoch = epoch, State = LinkEndState.Up };

    private static LinkKey Key(ushort epoch, byte value) => new() { Epoch = epoch, Secret = Convert.ToBase64String(Bytes(value, LinkKey.SecretBytes)) };

    private static byte[] Bytes(byte value, int count) => [.. Enumerable.Repeat(value, count)];
}
