using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Transport;

namespace MeetOperator.Rtc.Testing;

/// <summary>The transports of a media node and a client, connected by a simulated network.</summary>
public sealed class TransportPair : IDisposable
{
    public static readonly TransportAddress ServerAddress = new(0x0A000001, 3478);
    public static readonly TransportAddress ClientAddress = new(0x0A000002, 50000);

    private static readonly Lazy<DtlsCertificate> SharedServerCertificate = new(() => DtlsCertificate.Generate());
    private static readonly Lazy<DtlsCertificate> SharedClientCertificate = new(() => DtlsCertificate.Generate());

    public TransportPair(
        int seed,
        LinkConditions? conditions = null,
        DtlsCertificate? serverCertificate = null,
        DtlsCertificate? clientCertificate = null,
        int handshakeMtuBytes = 1200)
    {
        ServerCertificate = serverCertificate ?? SharedServerCertificate.Value;
        ClientCertificate = clientCertificate ?? SharedClientCertificate.Value;
        Network = new SimulatedNetwork(seed, conditions ?? LinkConditions.Perfect);
        var random = new Random(seed);
        Server = new SimulatedPeer(Network, ServerAddress, new PeerTransport(new PeerTransportOptions
        {
            LocalCredentials = new IceCredentials("server00", "server-password-0000000"),
            Certificate = ServerCertificate,
            Random = random,
            HandshakeMtuBytes = handshakeMtuBytes,
        }));
        Client = new SimulatedPeer(Network, ClientAddress, new PeerTransport(new PeerTransportOptions
        {
            LocalCredentials = new IceCredentials("client00", "client-password-0000000"),
            Certificate = ClientCertificate,
            IceRole = IceRole.Controlling,
            DtlsRole = DtlsRole.Client,
            Random = random,
            HandshakeMtuBytes = handshakeMtuBytes,
        }));
    }

    public SimulatedNetwork Network { get; }

    public SimulatedPeer Server { get; }

    public SimulatedPeer Client { get; }

    public DtlsCertificate ServerCertificate { get; }

    public DtlsCertificate ClientCertificate { get; }

    /// <summary>Exchanges credentials and fingerprints, as signaling would.</summary>
    public void ExchangeDescriptions()
    {
        Server.Transport.SetRemote(Client.Transport.LocalCredentials, ClientCertificate.Fingerprint);
        Client.Transport.SetRemote(Server.Transport.LocalCredentials, ServerCertificate.Fingerprint, ServerAddress);
    }

    /// <summary>Exchanges descriptions and runs until both sides are connected. False when that takes longer than the limit.</summary>
    public bool Connect(TimeSpan? limit = null)
    {
        ExchangeDescriptions();
        return RunUntil(
            () => Server.Transport.State == PeerTransportState.Connected && Client.Transport.State == PeerTransportState.Connected,
            limit ?? TimeSpan.FromSeconds(15));
    }

    /// <summary>Advances simulated time event by event until the condition is true. False when that takes longer than the limit.</summary>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        var end = Network.NowTicks + limit.Ticks;
        while (!condition())
        {
            var next = Math.Min(Network.NextDeliveryTicks, Math.Min(Server.NextTimeoutTicks, Client.NextTimeoutTicks));
            if (next > end)
            {
                Network.AdvanceTo(end);
                return condition();
            }

            Network.AdvanceTo(Math.Max(next, Network.NowTicks));
            Fire(Server);
            Fire(Client);
        }

        return true;
    }

    /// <summary>Advances simulated time.</summary>
    public void Run(TimeSpan time) => RunUntil(() => false, time);

    public void Dispose()
    {
        Server.Dispose();
        Client.Dispose();
    }

    private void Fire(SimulatedPeer peer)
    {
        if (peer.NextTimeoutTicks <= Network.NowTicks)
        {
            peer.HandleTimeout(Network.NowTicks);
        }
    }
}
