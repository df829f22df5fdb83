using System.Buffers.Binary;
using System.Net;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Stun;
using MeetOperator.Rtc.Testing;
using MeetOperator.Rtc.Transport;

namespace MeetOperator.Rtc.Tests.Transport;

/// <summary>ICE restart and change of network during a call, on a simulated network with loss. DTLS and SRTP continue with the same keys.</summary>
public sealed class NetworkChangeTests : IDisposable
{
    private static readonly TransportAddress Victim = new(0x0A0000FE, 777);
    private static readonly LinkConditions Lossy = new() { LossRate = 0.05 };
    private readonly TransportPair _pair = new(seed: 3, Lossy);
    private readonly List<byte[]> _checks = [];
    private ushort _clientSequence;
    private ushort _serverSequence;
    private long _bytesToVictim;

    public NetworkChangeTests()
    {
        _pair.Network.Attach(Victim, (_, _, datagram) => _bytesToVictim += datagram.Length);
        Assert.True(_pair.Connect());
        Exchange(TimeSpan.FromSeconds(1));
    }

    public void Dispose() => _pair.Dispose();

    /// <summary>The client restarts ICE because it suspects its path, which still works.</summary>
    [Fact]
    public void RestartIce_SameNetwork_LosesNoMoreThanTheNetwork()
    {
        var (toServer, toClient) = Received();
        Restart(generation: 1);
        Exchange(TimeSpan.FromSeconds(10));

        Assert.InRange(_pair.Server.Received.Count - toServer, 440, 500);
        Assert.InRange(_pair.Client.Received.Count - toClient, 440, 500);
        AssertNeverInterrupted();
    }

    /// <summary>The second network has IPv6, or another IPv4 address.</summary>
    [Theory]
    [InlineData("10.0.0.99:40000")]
    [InlineData("[2001:db8::99]:40000")]
    public void RestartIce_OtherNetwork_ContinuesWithinOneSecond(string address)
    {
        var next = TransportAddress.FromIPEndPoint(IPEndPoint.Parse(address));
        var (toServer, toClient) = Received();
        _pair.Client.MoveTo(next);
        Restart(generation: 1);
        Exchange(TimeSpan.FromSeconds(1));

        Assert.Equal(next, _pair.Server.Transport.SelectedAddress);
        Exchange(TimeSpan.FromSeconds(9));
        Assert.InRange(_pair.Server.Received.Count - toServer, 440, 500);
        Assert.InRange(_pair.Client.Received.Count - toClient, 420, 500);
        AssertNeverInterrupted();
    }

    /// <summary>A phone on a train: a new network and an ICE restart every ten seconds.</summary>
    [Fact]
    public void RestartIce_TenNetworks_KeepsTheCall()
    {
        for (var i = 1; i <= 10; i++)
        {
            _pair.Client.MoveTo(new TransportAddress((uint)(0x0A000100 + i), (ushort)(40000 + i)));
            Restart(i);
            var (toServer, toClient) = Received();
            Exchange(TimeSpan.FromSeconds(10));

            Assert.InRange(_pair.Server.Received.Count - toServer, 430, 500);
            Assert.InRange(_pair.Client.Received.Count - toClient, 420, 500);
        }

        AssertNeverInterrupted();
    }

    /// <summary>Another host may have the former address now. It gets nothing once the client has moved, and nothing after its consent has expired.</summary>
    [Fact]
    public void RestartIce_FormerAddress_GetsNoMediaAfterTheMove()
    {
        long received = 0;
        _pair.Client.MoveTo(new TransportAddress(0x0A000063, 40000));
        _pair.Network.Attach(TransportPair.ClientAddress, (_, _, datagram) => received += datagram.Length);
        Restart(generation: 1);
        Exchange(TimeSpan.FromSeconds(1));
        var afterMove = received;
        Exchange(TimeSpan.FromSeconds(60));

        Assert.Equal(afterMove, received);
    }

    [Fact]
    public void Silence_ConsentExpired_SendsNothing()
    {
        _pair.Client.Disconnect();
        _pair.Run(TimeSpan.FromSeconds(31));
        long received = 0;
        _pair.Network.Attach(TransportPair.ClientAddress, (_, _, datagram) => received += datagram.Length);

        for (var i = 0; i < 200; i++)
        {
            _pair.Server.SendRtp(Header(ref _serverSequence), new byte[1000]);
            _pair.Server.SendRtcp([0x80, 201, 0, 1, 0, 0, 0, 7]);
            _pair.Run(TimeSpan.FromMilliseconds(50));
        }

        Assert.Equal(0, received);
    }

    /// <summary>
    /// An attacker off the path has copies of all checks of the call, from before and after an ICE restart. Replayed from elsewhere, they move no media, and the
    /// media node sends nothing there.
    /// </summary>
    [Fact]
    public void ReplayedChecks_OfBothGenerations_MoveNoMedia()
    {
        Record();
        Exchange(TimeSpan.FromSeconds(10));
        Restart(generation: 1);
        Record();
        Exchange(TimeSpan.FromSeconds(10));
        Assert.True(_checks.Count >= 4, $"{_checks.Count} checks");
        var (toServer, toClient) = Received();

        for (var i = 0; i < 10; i++)
        {
            foreach (var check in _checks)
            {
                _pair.Network.Send(Victim, TransportPair.ServerAddress, check);
            }

            Exchange(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(0, _bytesToVictim);
        Assert.Equal(TransportPair.ClientAddress, _pair.Server.Transport.SelectedAddress);
        Assert.InRange(_pair.Server.Received.Count - toServer, 440, 500);
        Assert.InRange(_pair.Client.Received.Count - toClient, 440, 500);
    }

    private (int ToServer, int ToClient) Received() => (_pair.Server.Received.Count, _pair.Client.Received.Count);

    private void AssertNeverInterrupted() => Assert.Equal([PeerTransportState.Connecting, PeerTransportState.Connected], _pair.Server.States);

    private void Restart(int generation)
    {
        _pair.Server.Transport.RestartIce(new IceCredentials($"server{generation:d2}", $"server-password-{generation:d7}"));
        _pair.Client.Transport.RestartIce(new IceCredentials($"client{generation:d2}", $"client-password-{generation:d7}"));
        _pair.ExchangeDescriptions();
    }

    private void Record() => _pair.Network.Attach(TransportPair.ServerAddress, (now, from, datagram) =>
    {
        if (from == TransportPair.ClientAddress && StunMessage.TryParse(datagram, out var message) && message.Type == StunMessageType.BindingRequest)
        {
            _checks.Add([.. datagram]);
        }

        if (_pair.Server.Transport.HandleDatagram(now, from, datagram).Kind == DatagramKind.Rtp)
        {
            _pair.Server.Received.Add(datagram);
        }

        _pair.Server.Poll();
    });

    /// <summary>Both sides send 50 packets per second.</summary>
    private void Exchange(TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromMilliseconds(20))
        {
            _pair.Client.SendRtp(Header(ref _clientSequence), [1]);
            _pair.Server.SendRtp(Header(ref _serverSequence), [2]);
            _pair.Run(TimeSpan.FromMilliseconds(20));
        }
    }

    private static byte[] Header(ref ushort sequence)
    {
        byte[] header = [0x80, 96, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), ++sequence);
        return header;
    }
}
