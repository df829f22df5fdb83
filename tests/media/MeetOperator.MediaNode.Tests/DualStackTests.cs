using System.Net;
using System.Text.RegularExpressions;
using MeetOperator.NodeControl;
using MeetOperator.Testing;

namespace MeetOperator.MediaNode.Tests;

/// <summary>One node, one loop and one port serve IPv4 and IPv6 clients of one room at once. Real sockets on 127.0.0.1 and ::1.</summary>
public sealed partial class DualStackTests : IAsyncLifetime
{
    private static readonly byte[] KeyFrame = [0x10, 0x00, 1, 2, 3, 4];
    private TestNode _node = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync(o => o with { AdvertisedAddresses = [IPAddress.Loopback, IPAddress.IPv6Loopback], BindAddresses = [IPAddress.Loopback, IPAddress.IPv6Loopback] });
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Call_FamiliesOfBothClients_MediaArrives(bool publisherIPv6, bool subscriberIPv6)
    {
        using var alice = new SyntheticPeer(publisherIPv6);
        using var bob = new SyntheticPeer(subscriberIPv6);
        var sdp = await ConnectAsync(alice, bob);

        Assert.Equal(["::1", "127.0.0.1"], Candidates(sdp).OrderByDescending(c => c.Priority).Select(c => c.Address));
        Assert.Single(Candidates(sdp).Select(c => c.Port).Distinct());
        alice.Rtcp.Clear();
        await SyntheticPeer.UntilAsync("the node's reports to the publisher", () => alice.Rtcp.Count > 0, alice, bob);
        Assert.Equal(publisherIPv6, alice.LocalEndPoint.Address.Equals(IPAddress.IPv6Loopback));
    }

    /// <summary>The client leaves a network with IPv4 for one with IPv6, and returns.</summary>
    [Fact]
    public async Task Publish_NetworkOfOtherFamily_ContinuesInTheSameSession()
    {
        using var alice = new SyntheticPeer();
        using var bob = new SyntheticPeer(isIPv6: true);
        await ConnectAsync(alice, bob);
        foreach (var toIPv6 in new[] { true, false })
        {
            alice.Move(toIPv6);
            var answer = await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default);
            alice.Connect(answer.Sdp);
            var before = bob.Rtp.Count;
            await SyntheticPeer.UntilAsync("media after the move", () => Send(alice) && bob.Rtp.Count > before + 5, alice, bob);
        }
    }

    [Fact]
    public async Task SubscriberAddress_ChangedByNatOverIPv6_MediaContinues()
    {
        using var alice = new SyntheticPeer();
        using var bob = new SyntheticPeer(isIPv6: true);
        await ConnectAsync(alice, bob);
        bob.Rebind();
        var before = bob.Rtp.Count;

        await SyntheticPeer.UntilAsync("media at the new address", () => Send(alice) && bob.Rtp.Count > before + 5, alice, bob);
    }

    /// <summary>A packet of the maximum size fits an Ethernet frame with the headers of IPv6.</summary>
    [Fact]
    public async Task Publish_LargestPacket_FitsAnIPv6FrameOnTheWayOut()
    {
        using var alice = new SyntheticPeer();
        using var bob = new SyntheticPeer(isIPv6: true);
        await ConnectAsync(alice, bob);
        var before = bob.LargestDatagramBytes;
        await SyntheticPeer.UntilAsync(
            "a packet of 1,400 bytes",
            () =>
            {
                alice.SendRtp(TestSdp.VideoSsrc, 96, 0, [.. KeyFrame, .. new byte[1400 - 12 - KeyFrame.Length]], marker: true);
                return bob.LargestDatagramBytes > before;
            },
            alice,
            bob);

        Assert.InRange(bob.LargestDatagramBytes, 1400, 1500 - 40 - 8);
    }

    [Fact]
    public async Task Report_BothFamilies_ProbesEverySocketAndAddress()
    {
        await Eventually.TrueAsync(
            async () => (await _node.Control.GetNodeAsync(default)).LoopReports.Single() is { ProbeAgeMs: 0 } loop
                && loop.Paths.Count == 2 && loop.Paths.All(path => path.ProbeAgeMs == 0),
            "all probes are answered");

        Assert.Equal(["127.0.0.1", "::1"], (await _node.Control.GetNodeAsync(default)).LoopReports.Single().Paths.Select(path => path.Address));
    }

    [Fact]
    public async Task WarmUp_OnlyIPv6_ReceivesMedia()
    {
        await using var node = await TestNode.StartAsync(o => o with { AdvertisedAddresses = [IPAddress.IPv6Loopback], BindAddresses = [IPAddress.IPv6Any] });

        Assert.Equal((true, true), await Hosting.SelfCall.RunAsync(node.Host, CancellationToken.None));
    }

    private static bool Send(SyntheticPeer publisher)
    {
        publisher.SendRtp(TestSdp.VideoSsrc, 96, 0, KeyFrame, marker: true);
        return true;
    }

    private static IEnumerable<(uint Priority, string Address, int Port)> Candidates(string sdp) => CandidateLine().Matches(sdp)
        .Select(m => (uint.Parse(m.Groups[1].Value, null), m.Groups[2].Value, int.Parse(m.Groups[3].Value, null)));

    private async Task<string> ConnectAsync(SyntheticPeer alice, SyntheticPeer bob)
    {
        var answer = await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default);
        alice.Connect(answer.Sdp);
        var offer = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default);
        await _node.Control.AnswerAsync("r", "bob", new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, bob) }, default);
        bob.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync("media", () => Send(alice) && bob.Rtp.Count > 0, alice, bob);
        return answer.Sdp;
    }

    [GeneratedRegex(@"^a=candidate:\d+ 1 udp (\d+) (\S+) (\d+) typ host", RegexOptions.Multiline)]
    private static partial Regex CandidateLine();
}
