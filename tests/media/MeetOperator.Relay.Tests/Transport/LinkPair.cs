using MeetOperator.Relay.Transport;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Testing;

namespace MeetOperator.Relay.Tests.Transport;

/// <summary>Both ends of a link, connected by a simulated network.</summary>
internal sealed class LinkPair
{
    internal const uint OpenerTag = 0x0A0A0A0A;
    internal const uint AcceptorTag = 0x0B0B0B0B;

    private static readonly TransportAddress OpenerAddress = new(0x0A000001, 1000);
    private static readonly TransportAddress AcceptorAddress = new(0x0A000002, 2000);

    private readonly int _maximumStreams;
    private int _seed;

    internal LinkPair(int seed = 1, LinkConditions? conditions = null, int maximumStreams = 8192)
    {
        (_seed, _maximumStreams) = (seed * 100, maximumStreams);
        Network = new SimulatedNetwork(seed, conditions ?? LinkConditions.Perfect);
        Opener = Create(LinkRole.Opener);
        Acceptor = Create(LinkRole.Acceptor);
    }

    internal SimulatedNetwork Network { get; }

    internal LinkEnd Opener { get; private set; }

    internal LinkEnd Acceptor { get; private set; }

    internal bool IsUp => Opener.Transport.State == LinkState.Up && Acceptor.Transport.State == LinkState.Up;

    /// <summary>Gives both ends the same secret and runs until the link is up.</summary>
    internal static LinkPair Connect(int seed = 1, LinkConditions? conditions = null, int maximumStreams = 8192)
    {
        var pair = new LinkPair(seed, conditions, maximumStreams);
        pair.Opener.SetSecrets(LinkEnd.Secret(1));
        pair.Acceptor.SetSecrets(LinkEnd.Secret(1));
        Assert.True(pair.RunUntil(() => pair.IsUp), $"seed {seed}: {pair.Opener.Transport.State} and {pair.Acceptor.Transport.State}");
        return pair;
    }

    /// <summary>Replaces an end by one of a new process, which has lost all state.</summary>
    internal void RestartOpener() => Opener = Create(LinkRole.Opener);

    internal void RestartAcceptor() => Acceptor = Create(LinkRole.Acceptor);

    internal void Run(TimeSpan time) => RunUntil(() => false, time);

    internal bool RunUntil(Func<bool> condition, TimeSpan? limit = null)
    {
        var end = Network.NowTicks + (limit ?? TimeSpan.FromSeconds(20)).Ticks;
        while (!condition())
        {
            var next = Math.Min(Network.NextDeliveryTicks, Math.Min(Opener.Transport.NextTimeoutTicks, Acceptor.Transport.NextTimeoutTicks));
            if (next > end)
            {
                Network.AdvanceTo(end);
                return condition();
            }

            Network.AdvanceTo(next);
            Opener.HandleTimeout();
            Acceptor.HandleTimeout();
            Assert.True(Math.Min(Opener.Transport.NextTimeoutTicks, Acceptor.Transport.NextTimeoutTicks) > Network.NowTicks, "A timeout stays due, so that a loop would spin.");
        }

        return true;
    }

    private LinkEnd Create(LinkRole role)
    {
        var isOpener = role == LinkRole.Opener;
        return new LinkEnd(Network, isOpener ? OpenerAddress : AcceptorAddress, isOpener ? AcceptorAddress : OpenerAddress, new LinkOptions
        {
            Role = role,
            LocalTag = isOpener ? OpenerTag : AcceptorTag,
            RemoteTag = isOpener ? AcceptorTag : OpenerTag,
            Random = new Random(_seed++),
            MaximumInboundStreams = _maximumStreams,
            MaximumOutboundStreams = _maximumStreams,
        });
    }
}
