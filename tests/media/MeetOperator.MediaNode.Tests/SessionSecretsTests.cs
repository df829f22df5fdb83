using System.Text.RegularExpressions;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The credentials and transaction IDs of the node's sessions are unpredictable.</summary>
public sealed partial class SessionSecretsTests : IAsyncLifetime
{
    private static readonly byte[] KeyFrame = [0x10, 0x00, 1, 2, 3, 4];
    private TestNode _node = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync();
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    /// <summary>
    /// RFC 8445 §5.3: at least 24 random bits in the username fragment and 128 in the password. Each of the 64 possible characters carries 6 bits, and no position
    /// is constant.
    /// </summary>
    [Fact]
    public async Task Credentials_ManySessions_AreLongAndRandom()
    {
        const int Sessions = 60;
        var (ufrags, passwords) = (new List<string>(), new List<string>());
        for (var i = 0; i < Sessions; i++)
        {
            using var peer = new SyntheticPeer();
            var sdp = (await _node.Control.PublishAsync("r", $"p{i}", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer) }, default)).Sdp;
            ufrags.Add(Assert.Single(Ufrags().Matches(sdp).Select(m => m.Groups[1].Value).Distinct()));
            passwords.Add(Assert.Single(Passwords().Matches(sdp).Select(m => m.Groups[1].Value).Distinct()));
        }

        AssertRandom(ufrags, leastBits: 24);
        AssertRandom(passwords, leastBits: 128);
    }

    /// <summary>An attacker that can predict the transaction ID of a check can answer it without receiving it.</summary>
    [Fact]
    public async Task TransactionIds_OfNodeChecks_AreRandom()
    {
        using var alice = await PublishAsync("alice");
        using var bob = await PublishAsync("bob");
        bool Send()
        {
            // The node needs one stream of each client to recognize it at another address.
            alice.SendRtp(TestSdp.VideoSsrc, 96, 0, KeyFrame, marker: true);
            bob.SendRtp(TestSdp.AudioSsrc, 111, 0, KeyFrame);
            return true;
        }

        await SyntheticPeer.UntilAsync("the node has both streams", () => Send() && alice.Rtcp.Count > 0 && bob.Rtcp.Count > 0, alice, bob);
        for (var move = 1; move <= 3; move++)
        {
            // Media from another address makes the node send a check there at once.
            var (ofAlice, ofBob) = (alice.Checks.Distinct().Count(), bob.Checks.Distinct().Count());
            alice.Rebind();
            bob.Rebind();
            await SyntheticPeer.UntilAsync(
                "the node's checks of the new addresses",
                () => Send() && alice.Checks.Distinct().Count() > ofAlice && bob.Checks.Distinct().Count() > ofBob,
                alice,
                bob);
        }

        var ids = alice.Checks.Distinct().Concat(bob.Checks.Distinct()).ToList();
        Assert.True(ids.Count >= 6);
        Assert.Distinct(ids);
        Assert.All(ids, id => Assert.Equal(24, id.Length));
        Assert.Distinct(ids.SelectMany(id => new[] { id[..8], id[8..16], id[16..] })); // 32 bits each
    }

    private static void AssertRandom(List<string> secrets, int leastBits)
    {
        Assert.Distinct(secrets);
        Assert.All(secrets, secret => Assert.Matches("^[A-Za-z0-9+/]+$", secret));
        Assert.All(secrets, secret => Assert.True(6 * secret.Length >= leastBits));
        for (var place = 0; place < secrets[0].Length; place++)
        {
            Assert.InRange(secrets.Select(secret => secret[place]).Distinct().Count(), 15, 64);
        }
    }

    private async Task<SyntheticPeer> PublishAsync(string name)
    {
        var peer = new SyntheticPeer();
        peer.Connect((await _node.Control.PublishAsync("r", name, new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer) }, default)).Sdp);
        await SyntheticPeer.UntilAsync($"{name} connected", () => peer.IsConnected, peer);
        return peer;
    }

    [GeneratedRegex(@"^a=ice-ufrag:(\S+)", RegexOptions.Multiline)]
    private static partial Regex Ufrags();

    [GeneratedRegex(@"^a=ice-pwd:(\S+)", RegexOptions.Multiline)]
    private static partial Regex Passwords();
}
