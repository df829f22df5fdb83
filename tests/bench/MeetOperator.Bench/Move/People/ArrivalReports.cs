using System.Buffers.Binary;
using MeetOperator.Bench.Media;
using MeetOperator.Rtp.Congestion;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sdp;

namespace MeetOperator.Bench.Move.People;

/// <summary>Reports to the media node which packets arrived and when, every 60 ms, as browsers do (transport-wide congestion control). Without reports, the node holds pictures back for two seconds.</summary>
internal sealed class ArrivalReports(BenchPeer peer)
{
    private const uint OwnSsrc = 1;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(60);
    private readonly TransportArrivals _arrivals = new();
    private byte _extension;
    private uint _media;
    private TimeSpan _next;

    /// <summary>Reads the ID of the header extension with the numbers of the packets.</summary>
    /// <param name="offer">The node's offer.</param>
    public void OnOffer(string offer)
    {
        if (SessionDescription.TryParse(offer, out var description, out _))
        {
            var value = description.Sections.SelectMany(section => section.Attributes).FirstOrDefault(a => a.Name == "extmap" && a.Value?.Contains(HeaderExtensionUris.TransportSequenceNumber, StringComparison.Ordinal) == true).Value;
            _ = byte.TryParse(value?.Split(' ', '/')[0], out _extension);
        }
    }

    /// <param name="data">A received packet.</param>
    /// <param name="ticks">When it arrived, in 100 ns ticks.</param>
    public void OnRtp(ReadOnlySpan<byte> data, long ticks)
    {
        if (_extension == 0 || !RtpPacket.TryParse(data, out var packet))
        {
            return;
        }

        _media = packet.Header.Ssrc;
        foreach (var element in packet.Extensions)
        {
            if (element.Id == _extension && element.Length == sizeof(ushort))
            {
                _arrivals.OnPacket(ticks, BinaryPrimitives.ReadUInt16BigEndian(packet.Data[element.Offset..]));
            }
        }
    }

    /// <summary>Sends what is due.</summary>
    public void Tick(TimeSpan now)
    {
        if (now < _next || !peer.IsConnected || !_arrivals.HasUnreportedPackets)
        {
            return;
        }

        _next = now + Interval;
        Span<byte> buffer = stackalloc byte[1200];
        while (_arrivals.WriteFeedback(OwnSsrc, _media, buffer) is > 0 and var length)
        {
            peer.SendRtcp(buffer[..length]);
        }
    }
}
