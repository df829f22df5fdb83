namespace MeetOperator.Rtp.Codecs;

/// <summary>The picture ID field that VP8 and VP9 share: 7 bits, or 15 bits when the first bit is set.</summary>
internal static class PictureId
{
    /// <summary>Reads the field and advances the position past it.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> payload, ref int position, out ushort pictureId, out bool isLong)
    {
        pictureId = 0;
        isLong = false;
        if (position >= payload.Length)
        {
            return false;
        }

        isLong = (payload[position] & 0x80) != 0;
        pictureId = (ushort)(payload[position++] & 0x7F);
        if (!isLong)
        {
            return true;
        }

        if (position >= payload.Length)
        {
            return false;
        }

        pictureId = (ushort)((pictureId << 8) | payload[position++]);
        return true;
    }
}
