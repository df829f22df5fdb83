using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>
/// Sends random and mutated datagrams to the media port during a call: 50,000 by default, or the number in <c>MEET_SPRAY_DATAGRAMS</c>.
/// </summary>
[Collection(ExclusiveCollection.Name)]
public sealed class SprayTests
{
    private static readonly byte[] KeyFrame = [0x10, 0x00, 1, 2, 3, 4];

    [Fact]
    public async Task Spray_DuringACall_DoesNotDisturbTheCallOrGrowMemory()
    {
        var total = int.Parse(Environment.GetEnvironmentVariable("MEET_SPRAY_DATAGRAMS") ?? "50000", CultureInfo.InvariantCulture);
        await using var node = await TestNode.StartAsync();
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        await using var events = await RoomEvents.OpenAsync(node.Control, "r");
        using var alice = new SyntheticPeer();
        var publish = await node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default);
        alice.Connect(publish.Sdp);
        using var bob = new SyntheticPeer();
        var offer = await node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default);
        await node.Control.AnswerAsync("r", "bob", new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, bob) }, default);
        bob.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync("both connected", () => alice.IsConnected && bob.IsConnected, alice, bob);

        var port = node.Host.Loops[0].Port;
        using var attacker = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        attacker.Connect(IPAddress.Loopback, port);
        var samples = Samples(publish.Sdp);
        var random = new Random(20261120);
        var buffer = new byte[1500];
        ushort sent = 0;
        var memory = 0L;
        for (var i = 0; i < total; i++)
        {
            var length = Mutate(random, samples, buffer);
            if (i % 3 == 0)
            {
                // Also from the client's own address, where only authentication distinguishes valid packets.
                alice.SendRaw(buffer.AsSpan(0, length));
            }
            else
            {
                attacker.Send(buffer, 0, length, SocketFlags.None);
            }

            if (i % 100 == 0)
            {
                alice.SendRtp(sent++, TestSdp.VideoSsrc, 96, (uint)(sent * 3000), KeyFrame, marker: true);
                await SyntheticPeer.UntilAsync($"packet {sent} of the call", () => bob.Rtp.Count >= sent, alice, bob);
            }

            if (i == total / 5)
            {
                memory = GC.GetTotalMemory(forceFullCollection: true);
            }
        }

        Assert.Equal(sent, bob.Rtp.Count);
        Assert.All(bob.Rtp, p => Assert.Equal(KeyFrame, p[^KeyFrame.Length..]));
        Assert.True(alice.IsConnected && bob.IsConnected);
        Assert.DoesNotContain(events.All, e => e.State is "failed" or "closed");
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, 8 * 1024 * 1024);
        var metrics = await node.Http.GetStringAsync(new Uri(node.Address, "metrics"));
        foreach (var cause in new[] { "UnknownPeer", "SrtpAuthentication", "UnknownKind", "Stun(Malformed|Username|Integrity)" })
        {
            Assert.Matches($"cause=\"{cause}\"}} [1-9]", metrics);
        }
    }

    /// <summary>Plausible datagrams to mutate: a check for the call's session, DTLS, SRTP and SRTCP.</summary>
    private static List<byte[]> Samples(string answer)
    {
        var ufrag = System.Text.RegularExpressions.Regex.Match(answer, @"a=ice-ufrag:(\S+)").Groups[1].Value;
        var user = System.Text.Encoding.ASCII.GetBytes(ufrag + ":peer");
        var padded = (user.Length + 3) & ~3;
        byte[] stun = [0, 1, 0, (byte)(4 + padded + 24), 0x21, 0x12, 0xA4, 0x42, .. new byte[12], 0, 6, 0, (byte)user.Length, .. user, .. new byte[padded - user.Length], 0, 8, 0, 20, .. new byte[20]];
        byte[] dtls = [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1, 0, 40, .. new byte[40]];
        byte[] rtp = [0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, (byte)TestSdp.VideoSsrc, .. new byte[200]];
        byte[] rtcp = [0x81, 201, 0, 7, 0, 0, 0, 1, .. new byte[60]];
        return [stun, dtls, rtp, rtcp];
    }

    private static int Mutate(Random random, List<byte[]> samples, byte[] buffer)
    {
        if (random.Next(4) == 0)
        {
            var noise = random.Next(0, buffer.Length);
            random.NextBytes(buffer.AsSpan(0, noise));
            return noise;
        }

        var sample = samples[random.Next(samples.Count)];
        sample.CopyTo(buffer, 0);
        for (var flips = random.Next(0, 6); flips > 0; flips--)
        {
            buffer[random.Next(sample.Length)] = (byte)random.Next(256);
        }

        return random.Next(8) == 0 ? random.Next(sample.Length) : sample.Length;
    }
}
