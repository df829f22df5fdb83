using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using MeetOperator.MediaNode.Loops;
using MeetOperator.Relay.Keys;
using MeetOperator.Relay.Transport;
using MeetOperator.Rtc.Datagrams;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Two loops on loopback, a path in each direction between them, and a link. Loop A has the opener.</summary>
internal sealed class LinkedLoops : IDisposable
{
    internal const uint TagOfA = 0xA0A0A0A0;
    internal const uint TagOfB = 0xB0B0B0B0;

    private readonly Socket _stranger = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    internal LinkedLoops()
    {
        (A, B) = (Start(), Start());
        (ToA, ToB) = (new UdpForwarder(A.Port), new UdpForwarder(B.Port));
    }

    internal MediaLoop A { get; }

    internal MediaLoop B { get; }

    internal UdpForwarder ToA { get; }

    internal UdpForwarder ToB { get; }

    internal LinkSession LinkA { get; private set; } = null!;

    internal LinkSession LinkB { get; private set; } = null!;

    internal LinkEndOwner OwnerA { get; private set; } = new();

    internal LinkEndOwner OwnerB { get; private set; } = new();

    internal static async Task<LinkedLoops> ConnectAsync(bool recordsRtp = true)
    {
        var loops = new LinkedLoops();
        await loops.OpenAAsync(recordsRtp);
        await loops.OpenBAsync(recordsRtp);
        await loops.UntilUpAsync();
        return loops;
    }

    internal static LinkSecret Secret(ushort epoch) => new(epoch, [.. Enumerable.Repeat((byte)epoch, LinkSecret.Length)]);

    internal async Task OpenAAsync(bool recordsRtp = true, params TransportAddress[] addresses)
    {
        OwnerA = new LinkEndOwner { RecordsRtp = recordsRtp };
        LinkA = await OnAsync(A, () => A.OpenLink(Options(LinkRole.Opener, TagOfA, TagOfB, addresses is [] ? [ToB.Address] : addresses), OwnerA));
    }

    internal async Task OpenBAsync(bool recordsRtp = true, params TransportAddress[] addresses)
    {
        OwnerB = new LinkEndOwner { RecordsRtp = recordsRtp };
        LinkB = await OnAsync(B, () => B.OpenLink(Options(LinkRole.Acceptor, TagOfB, TagOfA, addresses is [] ? [ToA.Address] : addresses), OwnerB));
    }

    internal static Task<T> OnAsync<T>(MediaLoop loop, Func<T> work) => loop.RunAsync(work, default);

    internal static Task OnAsync(MediaLoop loop, Action work) => loop.RunAsync(
        () =>
        {
            work();
            return true;
        },
        default);

    internal Task UntilUpAsync() => UntilAsync(
        "the link is up",
        async () => await OnAsync(A, () => LinkA.State == LinkState.Up) && await OnAsync(B, () => LinkB.State == LinkState.Up));

    internal static async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"Not reached: {what}.");
            await Task.Delay(1);
        }
    }

    internal static Task UntilAsync(string what, Func<bool> condition) => UntilAsync(what, () => Task.FromResult(condition()));

    /// <summary>Sends a datagram to a loop from a socket of a stranger.</summary>
    internal void SendTo(MediaLoop loop, ReadOnlySpan<byte> datagram) => _stranger.SendTo(datagram, new IPEndPoint(IPAddress.Loopback, loop.Port));

    internal static Task<long> DropsAsync(MediaLoop loop, LinkDropReason reason) => OnAsync(loop, () => loop.Statistics().TransportDrops[$"Link{reason}"]);

    internal static byte[] Header(ushort number, uint ssrc = 7) =>
        [0x80, 96, (byte)(number >> 8), (byte)number, 0, 0, 0, 1, (byte)(ssrc >> 24), (byte)(ssrc >> 16), (byte)(ssrc >> 8), (byte)ssrc];

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
        ToA.Dispose();
        ToB.Dispose();
        _stranger.Dispose();
    }

    private static LinkSessionOptions Options(LinkRole role, uint localTag, uint remoteTag, TransportAddress[] addresses) =>
        new() { Role = role, LocalTag = localTag, RemoteTag = remoteTag, Addresses = addresses, Secrets = [Secret(1)] };

    private static MediaLoop Start()
    {
        var loop = new MediaLoop([IPAddress.Loopback], 0, 1 << 20, NullLogger.Instance);
        loop.Start();
        return loop;
    }
}
