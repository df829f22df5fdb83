namespace MeetOperator.Rtc.Stun;

/// <summary>FINGERPRINT: CRC-32 of the message before the attribute, XORed with "STUN" (RFC 8489 §14.7).</summary>
internal static class StunFingerprint
{
    private static readonly uint[] Table = MakeTable();

    /// <summary>Computes the value. The length in the header must include the attribute, as in a complete message.</summary>
    internal static uint Compute(ReadOnlySpan<byte> covered)
    {
        var crc = uint.MaxValue;
        foreach (var value in covered)
        {
            crc = Table[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return ~crc ^ StunConstants.FingerprintMask;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
            {
                value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
            }

            table[i] = value;
        }

        return table;
    }
}
