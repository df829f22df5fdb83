using System.Buffers.Binary;
using MeetOperator.Rtp.Codecs;
using MeetOperator.Sfu.Allocation;

namespace MeetOperator.Sfu.Tests;

/// <summary>Temporal layers of VP8 without a dependency descriptor, as Firefox and other clients send them.</summary>
public sealed class TemporalVp8Tests
{
    /// <summary>What libvpx repeats: the layer of each picture, and whether it has the Y bit.</summary>
    private static readonly (int Layer, bool IsSync)[] Pattern = [(0, false), (2, true), (1, true), (2, false), (0, false), (2, false), (1, false), (2, false)];
    private int _picture;
    private int _sequence;
    private byte _tl0;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    public void Limit_Step_SendsItsLayersWithContinuousNumbers(int step, int highestLayer)
    {
        var call = new Call();
        var (_, down, egress) = call.Join();
        down.SetView(TrackView.Of(640, 360));
        SendPictures(call, 40);
        var before = egress.Rtp.Count;

        down.Limit(call.Now, step);
        SendPictures(call, 32);

        var pictures = egress.Rtp.Skip(before).Select(Parse).ToList();
        Assert.Equal(highestLayer, pictures.Max(p => p.TemporalLayer));
        Assert.Equal(32 >> (2 - highestLayer), pictures.Select(p => p.PictureId).Distinct().Count());
        Assert.Equal(Enumerable.Range(100, egress.Rtp.Count), egress.Sequences.Select(s => (int)s));
        var all = egress.Rtp.Select(Parse).ToList();
        for (var i = 1; i < all.Count; i++)
        {
            Assert.Equal(i % 2 == 0 ? 1 : 0, (all[i].PictureId - all[i - 1].PictureId) & 0x7FFF);
            Assert.InRange((byte)(all[i].Tl0PictureIndex - all[i - 1].Tl0PictureIndex), 0, 1);
        }
    }

    /// <summary>A picture with the Y bit needs the base layer only. The third layer needs the second one, which must be sent first.</summary>
    [Fact]
    public void Limit_Ends_LayersReturnAtTheirSyncPictures()
    {
        var call = new Call();
        var (_, down, egress) = call.Join();
        down.SetView(TrackView.Of(640, 360));
        SendPictures(call, 40);
        down.Limit(call.Now, 0);
        SendPictures(call, 8);
        var before = egress.Rtp.Count;

        down.Limit(call.Now, int.MaxValue);
        SendPictures(call, 16);

        var layers = egress.Rtp.Skip(before).Where((_, i) => i % 2 == 0).Select(p => (int)Parse(p).TemporalLayer).ToList();
        Assert.Equal([0, 1, 0, 1, 0, 2, 1, 2, 0, 2, 1, 2], layers);
    }

    /// <summary>The payload descriptor of VP8 is not read in a room that is encrypted end to end.</summary>
    [Fact]
    public void Limit_EncryptedEndToEnd_LeavesOutNothing()
    {
        var call = new Call(encrypted: true);
        var (_, down, egress) = call.Join();
        down.SetView(TrackView.Of(640, 360));
        SendPictures(call, 120);
        var before = egress.Rtp.Count;

        down.Limit(call.Now, 0);
        SendPictures(call, 8);

        Assert.Equal(16, egress.Rtp.Count - before);
    }

    private static Vp8Descriptor Parse(byte[] packet)
    {
        Assert.True(Vp8Descriptor.TryParse(RecordingEgress.Payload(packet), out var descriptor));
        return descriptor;
    }

    /// <summary>Sends pictures of two packets each.</summary>
    private void SendPictures(Call call, int count)
    {
        for (; count > 0; count--, _picture++)
        {
            var (layer, isSync) = Pattern[_picture % Pattern.Length];
            _tl0 += (byte)(layer == 0 ? 1 : 0);
            for (var part = 0; part < 2; part++)
            {
                var payload = new byte[16];
                payload[0] = (byte)(part == 0 ? 0x90 : 0x80);
                payload[1] = 0xE0;
                BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(2), (ushort)(0x8000 | ((32_750 + _picture) & 0x7FFF)));
                payload[4] = _tl0;
                payload[5] = (byte)((layer << 6) | (isSync ? 0x20 : 0));
                payload[6] = (byte)(_picture == 0 ? 0 : 1);
                call.Send((ushort)(65_500 + _sequence++), (uint)(_picture * 3_000), payload: payload);
            }

            call.Advance(30);
        }
    }
}
