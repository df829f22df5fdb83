using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>The codecs that every slot of a session offers. Those of browsers from the start; others from the first track with them, which needs one more offer.</summary>
internal sealed class SlotCodecs
{
    private static readonly RtpCodec[] Usual =
    [
        new() { PayloadType = 96, Name = "VP8", ClockRate = 90000 },
        new() { PayloadType = 98, Name = "VP9", ClockRate = 90000 },
        new() { PayloadType = 102, Name = "H264", ClockRate = 90000, Parameters = "packetization-mode=1;profile-level-id=42e01f" },
        new() { PayloadType = 45, Name = "AV1", ClockRate = 90000 },
        new() { PayloadType = 111, Name = "opus", ClockRate = 48000, Channels = 2 },
        new() { PayloadType = 111, Name = "opus", ClockRate = 48000, Channels = 2, Parameters = "stereo=1;sprop-stereo=1" },
    ];

    private readonly PayloadTypeAllocator _payloadTypes = new();
    private RtpCodec[] _audio = [];
    private RtpCodec[] _video = [];

    public SlotCodecs()
    {
        foreach (var codec in Usual)
        {
            IndexOf(codec, out _);
        }
    }

    /// <summary>The codecs to offer in a section of a kind. The list does not change; a new codec makes a new one.</summary>
    public IReadOnlyList<RtpCodec> Of(string kind) => kind == "audio" ? _audio : _video;

    /// <summary>The index of a published codec in the offers, or -1 when it cannot be offered.</summary>
    /// <param name="published">The codec of a track.</param>
    /// <param name="isNew">Whether offers up to now do not contain it.</param>
    public int IndexOf(RtpCodec published, out bool isNew)
    {
        isNew = false;
        if (_payloadTypes.Allocate(published) is not { } codec)
        {
            return -1;
        }

        ref var list = ref codec.Is("opus") ? ref _audio : ref _video;
        var index = Array.IndexOf(list, codec);
        if (index < 0)
        {
            isNew = true;
            index = list.Length;
            list = [.. list, codec];
        }

        return index;
    }
}
