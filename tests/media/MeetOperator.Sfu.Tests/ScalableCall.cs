using System.Buffers.Binary;
using MeetOperator.Rtc.Testing;
using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>A camera with one stream in several layers, over a line that loses and reorders packets but sends lost ones again, and one receiver.</summary>
internal sealed class ScalableCall
{
    private const int FrameTicks = 3_000; // 30 pictures per second at 90 kHz
    private readonly Random _random;
    private readonly ScalableEncoder _encoder;
    private readonly List<(int Due, byte[] Packet)> _late = [];
    private readonly List<long> _requested = [];
    private ExtendedSequenceNumber _received;
    private ushort _sequence;
    private int _picture;

    public ScalableCall(int seed, ScalableEncoder encoder, bool encrypted = false)
    {
        (_random, _encoder) = (new Random(seed), encoder);
        _sequence = (ushort)_random.Next(65_536);
        Call = new Call(encrypted: encrypted);
        Call.Publisher.Renegotiate(Call.Track, Call.Track.Options with
        {
            Codec = VideoCodec.Vp9,
            Extensions = Call.PublisherMap.With(HeaderExtensionKind.DependencyDescriptor, 12),
        });
        (Subscriber, Down, Egress) = Call.Join();
        Down.Renegotiate(Down.Options with { Extensions = HeaderExtensionMap.Empty.With(HeaderExtensionKind.DependencyDescriptor, 3) });
    }

    public Call Call { get; }

    public Subscriber Subscriber { get; }

    public DownTrack Down { get; }

    public RecordingEgress Egress { get; }

    /// <summary>Whether packets get lost and overtake each other, except those of the first picture.</summary>
    public bool HasTrouble { get; init; }

    /// <summary>Packets that arrived with a frame, in the order of their numbers.</summary>
    public List<Seen> Received { get; } = [];

    /// <summary>The numbers of packets without a payload.</summary>
    public List<long> Empty { get; } = [];

    /// <summary>All frames that the camera has sent, by their original number.</summary>
    public Dictionary<int, ScalableFrame> Sent { get; } = [];

    public int KeyPictures { get; private set; }

    /// <summary>Limits the quality as a narrow line does.</summary>
    public void Limit(int step) => Down.Limit(Call.Now, step);

    public int Steps => Call.Track.DescribeSteps(Down.View, new long[Call.Track.MaxSteps], out _, out _);

    public void Send(int pictures)
    {
        for (var i = 0; i < pictures; i++, _picture++)
        {
            var isKey = _picture == 0 || TakeKeyFrameRequest();
            KeyPictures += isKey ? 1 : 0;
            foreach (var frame in _encoder.Encode(isKey))
            {
                Sent.Add(Sent.Count, frame);
                for (var part = 0; part < 2; part++)
                {
                    SendPacket(Packet(frame, part));
                }
            }

            foreach (var (_, packet) in _late.Where(p => p.Due <= _picture).ToList())
            {
                Deliver(packet);
            }

            _late.RemoveAll(p => p.Due <= _picture);
            Call.Advance(30);
            Call.Now += 3 * Call.Millisecond;
        }
    }

    /// <summary>Delivers what is still on its way.</summary>
    public void Finish()
    {
        _late.ForEach(p => Deliver(p.Packet));
        _late.Clear();
        Received.Sort((left, right) => left.Sequence.CompareTo(right.Sequence));
    }

    private void SendPacket(byte[] packet)
    {
        if (HasTrouble && _picture > 0 && _random.Next(12) == 0)
        {
            _late.Add((_picture + _random.Next(5), packet)); // reordered, or lost and sent again
        }
        else
        {
            Deliver(packet);
        }
    }

    private byte[] Packet(ScalableFrame frame, int part)
    {
        // VP9: a picture ID of 15 bits, then whether the picture needs others and whether a frame starts or ends here. A layer index is not needed.
        var payload = new byte[16];
        payload[0] = (byte)(0x80 | (frame.IsKey ? 0 : 0x40) | (part == 0 ? 0x08 : 0x04));
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(1), (ushort)(0x8000 | _picture));
        BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(4), _picture);
        BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(8), Sent.Count - 1);
        payload[12] = (byte)part;
        var packet = Call.Packet(_sequence++, (uint)(_picture * FrameTicks), false, Call.Ssrc, 96, null, null, null, payload, descriptor: frame.Describe(part == 0, part == 1));
        packet[1] |= (byte)(part == 1 && frame.EndsPicture ? 0x80 : 0);
        return packet;
    }

    private void Deliver(byte[] packet)
    {
        var before = Egress.Rtp.Count;
        Assert.Equal(ReceivedMedia.Active, Call.Publisher.OnRtp(Call.Now, packet.ToArray()));
        foreach (var sent in Egress.Rtp.Skip(before))
        {
            var header = RecordingEgress.Header(sent);
            var sequence = _received.Unwrap(header.SequenceNumber);
            if (header.HasPadding)
            {
                Empty.Add(sequence);
                continue;
            }

            Received.Add(Read(sent, sequence));
        }
    }

    public Seen Read(byte[] sent, long sequence)
    {
        Assert.True(RtpPacket.TryParse(sent, out var parsed));
        ushort number = 0;
        foreach (var element in parsed.Extensions)
        {
            number = element.Id == 3 && DependencyDescriptor.TryParse(sent.AsSpan(element.Offset, element.Length), out var descriptor) ? descriptor.FrameNumber : number;
        }

        var payload = RecordingEgress.Payload(sent);
        var id = BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(8));
        var pictureId = PictureNumbers.Read(VideoCodec.Vp9, payload).PictureId;
        return new Seen(sequence, parsed.Header.Timestamp, parsed.Header.Marker, number, pictureId, id, payload[12], BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(4)), Sent[id]);
    }

    private bool TakeKeyFrameRequest()
    {
        var isRequested = false;
        foreach (var compound in Call.Upstream.Rtcp)
        {
            foreach (var packet in new RtcpReader(compound))
            {
                isRequested |= FeedbackMessage.TryParse(packet, out var feedback) && feedback.IsPictureLoss;
            }
        }

        Call.Upstream.Rtcp.Clear();
        return isRequested;
    }

    /// <summary>A received packet.</summary>
    /// <param name="Sequence">Its number for the receiver.</param>
    /// <param name="Timestamp">Its timestamp for the receiver.</param>
    /// <param name="Marker">Whether it ends a picture for the receiver.</param>
    /// <param name="FrameNumber">The number of its frame for the receiver.</param>
    /// <param name="PictureId">The VP9 picture ID for the receiver.</param>
    /// <param name="Id">The original number of the frame.</param>
    /// <param name="Part">Which packet of the frame it is.</param>
    /// <param name="Picture">The original number of the picture.</param>
    /// <param name="Frame">The frame.</param>
    public sealed record Seen(long Sequence, uint Timestamp, bool Marker, ushort FrameNumber, int PictureId, int Id, int Part, int Picture, ScalableFrame Frame);
}
